export type { TransactionClient } from './db/database';
export type { JobTransaction, QueryAnswer } from './engine/job-transaction';
export { FlowProducer, type JobNode } from './flow-producer';
export { Job } from './job';
export type { DependenciesOptions, JobDependencies } from './job-family';
export type { MinimalQueue } from './job-fields';
export { JobScheduler } from './job-scheduler';
export type { StepContext } from './job-steps';
export { migrate } from './migrate';
export {
  ConnectionClosedError,
  DelayedError,
  ErrorCode,
  InvalidConnectionError,
  InvalidPayloadError,
  LockLostError,
  RateLimitError,
  SchemaVersionError,
  StepTimeoutError,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
} from './model/errors';
export type { QueueEventsListener, QueueListener, WorkerListener } from './model/events';
export type { FinishedStatus, JobState, JobType } from './model/job-state';
export type { JobSchedulerJson } from './model/scheduler';
export type { StepRecord } from './model/step';
export type { BackoffOptions, BackoffStrategy } from './options/backoff';
export type { BaseOptions, ConnectionOptions, Logger } from './options/connection-options';
export {
  type DefaultJobOptions,
  type JobsOptions,
  type ParentOptions,
  PRIORITY_LIMIT,
} from './options/job-options';
export type {
  FlowJob,
  FlowOptions,
  FlowProducerOptions,
  GetFlowOptions,
  QueueEventsOptions,
  QueueOptions,
} from './options/queue-options';
export type {
  JobSchedulerTemplate,
  JobSchedulerTemplateOptions,
  RepeatOptions,
  RepeatStrategy,
} from './options/repeat-options';
export { defaultRepeatStrategy, getNextMillis } from './options/repeat-strategy';
export type { KeepJobs, RemoveOn } from './options/retention';
export type { SandboxOptions } from './options/sandbox-options';
export type { SignalOptions, StepOptions, TransactionOptions } from './options/step-options';
export type { WorkerOptions } from './options/worker-options';
export { Queue } from './queue';
export { QueueBase } from './queue-base';
export { QueueEvents } from './queue-events';
export { QueueEventsProducer } from './queue-events-producer';
export type { SandboxedJob } from './sandboxed-job';
export { type Processor, Worker } from './worker';
