/**
 * Types by the names under which BullMQ's users import them, where this library has another name for
 * them, or none.
 */

import type { Job } from './job';
import type { DependenciesOptions, Page } from './job-family';
import type { WorkerListener as ListenerOfJobs } from './model/events';
import type { BackoffStrategy } from './options/backoff';
import type { BaseOptions } from './options/connection-options';
import type { DefaultJobOptions, JobsOptions } from './options/job-options';
import type { FlowOptions, GetFlowOptions } from './options/queue-options';

export type QueueBaseOptions = BaseOptions;
export type QueueEventsProducerOptions = BaseOptions;
export type KeyPrefixOptions = Pick<BaseOptions, 'prefix'>;
export type FlowOpts = FlowOptions;
export type NodeOpts = GetFlowOptions;
export type BaseJobOptions = DefaultJobOptions & Pick<JobsOptions, 'jobId' | 'parent'>;
export type BulkJobOptions = JobsOptions;
export type DependenciesOpts = DependenciesOptions;
export type DependencyOpts = Page;

/** What `job.updateProgress` takes; anything else that JSON can hold is taken too. */
export type JobProgress = string | boolean | number | object;

// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, untyped data and results
/** What a worker tells its own listeners. */
export type WorkerListener<
  DataType = any,
  ResultType = any,
  NameType extends string = string,
> = ListenerOfJobs<Job<DataType, ResultType, NameType>, ResultType>;
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

/** What a worker's `settings` are. */
export interface AdvancedOptions {
  backoffStrategy?: BackoffStrategy;
}

/** The parent of a job, as the job has it. */
export interface ParentKeys {
  id: string;
  queueKey: string;
}
