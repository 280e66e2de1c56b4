import type { JobProgress, ParentKeys } from '../model/job-record';
import type { JobsOptions } from './job-options';

/** A job as plain fields, with data, result and stack traces as JSON texts. */
export interface JobJson {
  id: string;
  name: string;
  data: string;
  opts: JobsOptions;
  progress: JobProgress;
  attemptsMade: number;
  attemptsStarted: number;
  stalledCounter: number;
  timestamp: number;
  stacktrace?: string;
  returnvalue: string;
  delay?: number;
  priority?: number;
  failedReason: string;
  deferredFailure?: string;
  finishedOn?: number;
  processedOn?: number;
  processedBy?: string;
  parent?: ParentKeys;
  parentKey?: string;
  /** The id of the scheduler that made it. */
  repeatJobKey?: string;
  /** `opts.deduplication.id`. */
  deduplicationId?: string;
}

/** A job for a process of its own, which knows no queue: with what names its queue. */
export interface JobJsonSandbox extends JobJson {
  /** Milliseconds. */
  delay: number;
  priority: number;
  queueName: string;
  queueQualifiedName: string;
  prefix: string;
}
