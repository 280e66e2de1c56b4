/**
 * Types by the names under which BullMQ's users import them, where this library has another name for
 * them, or none.
 */

import type { EventEmitter } from 'node:events';
import type { Job } from './job';
import type { DependenciesOptions, Page } from './job-family';
import type {
  WorkerListener as ListenerOfJobs,
  QueueListener as ListenerOfQueue,
} from './model/events';
import type { JobProgress } from './model/job-record';
import type { BaseOptions } from './options/connection-options';
import type { RedisClient, RedisSettings } from './options/foreign-connection';
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
  Pick<JobsOptions, 'jobId' | 'parent' | 'prevMillis' | 'repeatJobKey'>;
export type BulkJobOptions = JobsOptions;
export type CompressableJobOptions = Omit<JobsOptions, keyof BaseJobOptions>;
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

/**
 * What a file exports whose path is given for a processor. The form with a callback is in BullMQ's type alone:
 * neither library calls one.
 */
export type SandboxedJobProcessor<DataType = any, ResultType = any> =
  | ((
      job: SandboxedJob<DataType, ResultType>,
      token?: string,
      signal?: AbortSignal,
    ) => ResultType | PromiseLike<ResultType>)
  | ((
      job: SandboxedJob<DataType, ResultType>,
      callback: (error: unknown, result: ResultType) => void,
    ) => void);
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

/** Settings of a Redis client, as BullMQ takes them. */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ
export type RedisOptions = RedisSettings & { [setting: string]: any };

/** A connection of BullMQ's: there is none here. */
export interface IConnection extends EventEmitter {
  waitUntilReady(): Promise<boolean>;
  client: Promise<RedisClient>;
}

/** What `job.addJob` takes in BullMQ; not here. */
export interface ParentKeyOpts {
  addToWaitingChildren?: boolean;
  deferParentRelease?: boolean;
  parentDependenciesKey?: string;
  parentKey?: string;
}

/** A parent as some of BullMQ's users describe it; nothing takes it. */
export interface Parent<DataType> {
  name: string;
  prefix?: string;
  queue?: string;
  data?: DataType;
  opts?: JobsOptions;
}

/** What BullMQ's inner moves of jobs take; nothing does here. */
export interface RetryJobOpts {
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ
  fieldsToUpdate?: Record<string, any>;
}

/** What BullMQ's inner moves of jobs take; nothing does here. */
export interface MoveToDelayedOpts extends RetryJobOpts {
  skipAttempt?: boolean;
  fetchNext?: boolean;
}
