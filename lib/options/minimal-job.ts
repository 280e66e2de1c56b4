import type { JobProgress, ParentKeys } from '../model/job-record';
import type { JobJson, JobJsonSandbox } from './job-json';
import type { JobsOptions } from './job-options';

/** What a job is to code that does not work on it, such as a backoff strategy. */
export interface MinimalJob<
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
  DataType = any,
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
  ReturnType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> {
  name: NameType;
  data: DataType;
  opts: JobsOptions;
  id?: string;
  progress: ProgressType;
  returnvalue: ReturnType;
  stacktrace: string[] | null;
  /** Milliseconds. */
  delay: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  attemptsMade: number;
  failedReason: string;
  /** Milliseconds since 1970. */
  finishedOn?: number;
  /** Milliseconds since 1970. */
  processedOn?: number;
  parentKey?: string;
  parent?: ParentKeys;
  repeatJobKey?: string;
  readonly queueName: string;
  readonly prefix: string;
  readonly queueQualifiedName: string;
  asJSON(): JobJson;
  asJSONSandbox(): JobJsonSandbox;
  updateData(data: DataType): Promise<void>;
  updateProgress(progress: ProgressType): Promise<void>;
  log(row: string): Promise<number>;
}
