export { randomUUID } from 'node:crypto';
export type {
  BaseJobOptions,
  BulkJobOptions,
  CompressableJobOptions,
  DependenciesOpts,
  DependencyOpts,
  ExceptionType,
  FlowJobBase,
  FlowJobNode,
  FlowNestedLeafJob,
  FlowOpts,
  FlowParentJob,
  FlowQueuesOpts,
  FlowRootLeafJob,
  FlowRootParentJob,
  GetNextJobOptions,
  IConnection,
  JobSchedulerTemplateJson,
  KeyPrefixOptions,
  MoveToDelayedOpts,
  MoveToWaitingChildrenOpts,
  NodeOpts,
  ObliterateOpts,
  Parent,
  ParentKeyOpts,
  QueueBaseOptions,
  QueueEventsProducerOptions,
  QueueListener,
  RedisOptions,
  RepeatBaseOptions,
  RetryJobOpts,
  RetryOptions,
  SandboxedJobProcessor,
  SandboxedOptions,
  WorkerListener,
} from './bullmq-types';
export {
  array2obj,
  DELAY_TIME_1,
  DELAY_TIME_5,
  delay,
  errorToJSON,
  getParentKey,
  increaseMaxListeners,
  isEmpty,
  isNotConnectionError,
  isRedisInstance,
  isRedisVersionLowerThan,
  lengthInUtf8Bytes,
  objectToFlatArray,
  optsDecodeMap,
  parseObjectValues,
  QUEUE_EVENT_SUFFIX,
  removeUndefinedFields,
  tryCatch,
} from './bullmq-values';
export type { TransactionClient } from './db/transaction';
export type { Backend } from './engine/backend';
export {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  getDefaultBackendFactory,
  setDefaultBackendFactory,
} from './engine/backend-factory';
export type { JobTransaction, QueryAnswer } from './engine/job-transaction';
export { FlowProducer, type JobNode } from './flow-producer';
export { Job, type NextJob } from './job';
export type { DependenciesOptions, JobDependencies } from './job-family';
export type { MinimalQueue } from './job-fields';
export { JobScheduler } from './job-scheduler';
export type { StepContext } from './job-steps';
export { migrate, migrate as runMigrations } from './migrate';
export { ClientType } from './model/client-type';
export {
  CONNECTION_CLOSED_ERROR_MSG,
  ConnectionClosedError,
  DELAYED_ERROR,
  DelayedError,
  ErrorCode,
  InvalidConnectionError,
  InvalidPayloadError,
  LockLostError,
  RATE_LIMIT_ERROR,
  RateLimitError,
  SchemaVersionError,
  StepTimeoutError,
  UNRECOVERABLE_ERROR,
  UnrecoverableError,
  WAITING_CHILDREN_ERROR,
  WAITING_ERROR,
  WaitingChildrenError,
  WaitingError,
} from './model/errors';
export type {
  FlowProducerListener,
  IoredisListener,
  QueueEventsListener,
} from './model/events';
export type { JobProgress, ParentKeys } from './model/job-record';
export type { FinishedStatus, JobState, JobType } from './model/job-state';
export type { Metrics } from './model/metrics';
export { type KeysMap, QueueKeys } from './model/queue-keys';
export type { QueueMeta } from './model/queue-meta';
export type { StepRecord } from './model/step';
export { MetricNames, SpanKind, TelemetryAttributes } from './model/telemetry';
export { type BackoffOptions, type BackoffStrategy, Backoffs } from './options/backoff';
export type {
  BaseOptions,
  ConnectionOptions,
  Logger,
  PostgresPool,
} from './options/connection-options';
export { getDefaultConnection, setDefaultConnection } from './options/default-connection';
export type { RedisClient } from './options/foreign-connection';
export type { JobJson, JobJsonSandbox } from './options/job-json';
export {
  type DeduplicationOptions,
  type DefaultJobOptions,
  type JobSchedulerJobOptions,
  type JobsOptions,
  type ParentOptions,
  PRIORITY_LIMIT,
} from './options/job-options';
export { type MetricsOptions, MetricsTime } from './options/metrics-options';
export type { MinimalJob } from './options/minimal-job';
export type {
  FlowJob,
  FlowOptions,
  FlowProducerOptions,
  GetFlowOptions,
  QueueEventsOptions,
  QueueOptions,
} from './options/queue-options';
export type {
  AdvancedRepeatOptions,
  JobSchedulerTemplate,
  JobSchedulerTemplateOptions,
  RepeatOptions,
  RepeatStrategy,
} from './options/repeat-options';
export { defaultRepeatStrategy, getNextMillis } from './options/repeat-strategy';
export type { KeepJobs, RemoveOn } from './options/retention';
export type { SandboxOptions } from './options/sandbox-options';
export type { JobSchedulerJson } from './options/scheduler-json';
export type { SignalOptions, StepOptions, TransactionOptions } from './options/step-options';
export type {
  Attributes,
  AttributeValue,
  ContextManager,
  Counter,
  Exception,
  Gauge,
  Histogram,
  JobTelemetry,
  Meter,
  MetricOptions,
  Span,
  SpanOptions,
  Telemetry,
  Time,
  Tracer,
} from './options/telemetry-options';
export type {
  AdvancedOptions,
  RateLimiterOptions,
  ResolvedWorkerOptions,
  WorkerOptions,
} from './options/worker-options';
export type { AnyProcessor, Processor } from './processor';
export { Queue } from './queue';
export { QueueBase } from './queue-base';
export { QueueEvents } from './queue-events';
export { QueueEventsProducer } from './queue-events-producer';
export { type DependenciesPage, QueueGetters } from './queue-getters';
export { removeAllQueueData } from './remove-all-queue-data';
export type { SandboxedJob } from './sandboxed-job';
export { type BackendClasses, withBackend } from './with-backend';
export { Worker } from './worker';
