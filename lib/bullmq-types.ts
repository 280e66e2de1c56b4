/**
 * Types by the names under which BullMQ's users import them, where this library has another name for
 * them, or none.
 */

import type { Job } from './job';
import type { DependenciesOptions, Page } from './job-family';
import type {
  WorkerListener as ListenerOfJobs,
  QueueListener as ListenerOfQueue,
} from './model/events';
import type { JobProgress } from './model/job-record';
import type { BaseOptions } from './options/connection-options';
import type { DefaultJobOptions, JobsOptions } from './options/job-options';
import type { FlowJob, FlowOptions, GetFlowOptions, QueueOptions } from './options/queue-options';
import type { SandboxOptions } from './options/sandbox-options';
import type { JobSchedulerJson } from './options/scheduler-json';
import type { Exception } from './options/telemetry-options';
import type { SandboxedJob } from './sandboxed-job';

export type QueueBaseOptions = BaseOptions;
export type QueueEventsProducerOptions = BaseOptions;
export type KeyPrefixOptions = Pick<BaseOptions, 'prefix'>;
export type FlowOpts = FlowOptions;
export type NodeOpts = GetFlowOptions;
export type BaseJobOptions = DefaultJobOptions &
  Pick<JobsOptions, 'jobId' | 'parent' | 'prevMillis'>;
export type BulkJobOptions = JobsOptions;
export type CompressableJobOptions = Omit<JobsOptions, keyof BaseJobOptions | 'repeat'>;
export type JobSchedulerJobOptions = JobsOptions;
export type JobSchedulerTemplateJson<DataType = unknown> = NonNullable<
  JobSchedulerJson<DataType>['template']
>;
export type RepeatBaseOptions = QueueOptions;
export type SandboxedOptions = SandboxOptions;
export type ExceptionType = Exclude<Exception, string>;
export type FlowQueuesOpts = NonNullable<FlowOptions['queuesOptions']>;
export type FlowJobBase<Opts> = Omit<FlowJob, 'opts' | 'children'> & { opts?: Opts };
export type FlowJobNode = FlowJob;
export type FlowNestedLeafJob = FlowJob & { children?: never };
export type FlowParentJob = FlowJob & { children: FlowJob[] };
export type FlowRootLeafJob = FlowNestedLeafJob;
export type FlowRootParentJob = FlowParentJob;
export type DependenciesOpts = DependenciesOptions;
export type DependencyOpts = Page;

// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, untyped data and results
/** What a queue tells its own listeners. */
export type QueueListener<JobBase extends Job = Job> = ListenerOfQueue<JobBase>;

/** What a worker tells its own listeners. */
export type WorkerListener<
  DataType = any,
  ResultType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> = ListenerOfJobs<Job<DataType, ResultType, NameType, ProgressType>, ResultType, ProgressType>;

/** What a file exports whose path is given for a processor. */
export type SandboxedJobProcessor<DataType = any, ResultType = any> = (
  job: SandboxedJob<DataType, ResultType>,
  token?: string,
  signal?: AbortSignal,
) => ResultType | PromiseLike<ResultType>;

/** What a job is to code that does not work on it. */
export type MinimalJob<
  DataType = any,
  ReturnType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> = Pick<
  Job<DataType, ReturnType, NameType, ProgressType>,
  | 'name'
  | 'data'
  | 'opts'
  | 'id'
  | 'progress'
  | 'returnvalue'
  | 'stacktrace'
  | 'delay'
  | 'timestamp'
  | 'attemptsMade'
  | 'failedReason'
  | 'finishedOn'
  | 'processedOn'
  | 'parentKey'
  | 'parent'
  | 'repeatJobKey'
  | 'asJSON'
  | 'asJSONSandbox'
  | 'updateData'
  | 'updateProgress'
  | 'log'
  | 'queueName'
  | 'prefix'
  | 'queueQualifiedName'
>;
// biome-ignore-end lint/suspicious/noExplicitAny: see above

/** What `job.retry` takes. Defaults: false. */
export interface RetryOptions {
  resetAttemptsMade?: boolean;
  resetAttemptsStarted?: boolean;
}

/** What `job.moveToWaitingChildren` takes. */
export interface MoveToWaitingChildrenOpts {
  child?: { id: string; queue: string };
}

/** What `queue.obliterate` takes. Defaults: false, 1,000. */
export interface ObliterateOpts {
  force?: boolean;
  count?: number;
}

/** What `worker.getNextJob` takes. Default: true. */
export interface GetNextJobOptions {
  block?: boolean;
}

/** The parent of a job, as the job has it. */
export interface ParentKeys {
  id: string;
  queueKey: string;
}
