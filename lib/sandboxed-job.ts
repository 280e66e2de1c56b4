import type { JobCall } from './engine/sandbox/job-calls';
import type { Job } from './job';

/** The fields of a job that a sandbox has as they are. */
type SandboxedField =
  | 'attemptsMade'
  | 'attemptsStarted'
  | 'data'
  | 'deduplicationId'
  | 'deferredFailure'
  | 'delay'
  | 'failedReason'
  | 'finishedOn'
  | 'id'
  | 'name'
  | 'opts'
  | 'parent'
  | 'parentKey'
  | 'prefix'
  | 'priority'
  | 'processedBy'
  | 'processedOn'
  | 'progress'
  | 'queueName'
  | 'queueQualifiedName'
  | 'repeatJobKey'
  | 'stalledCounter'
  | 'timestamp';

/**
 * The job of a processor that runs in a process or thread of its own. Its methods are done by the
 * worker, and reject with `TimeoutError: …` when that takes more than 5 s.
 */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data and an untyped result
export interface SandboxedJob<DataType = any, ResultType = any>
  extends Pick<Job<DataType, ResultType>, SandboxedField | JobCall> {
  /** JSON text. */
  stacktrace: string;
  /** What an earlier run returned. */
  returnValue: ResultType;
}
