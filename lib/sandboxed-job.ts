import type { JobCall } from './engine/sandbox/job-calls';
import type { Job } from './job';
import type { JobJsonSandbox } from './options/job-json';
import type { JobsOptions } from './options/job-options';

/**
 * The job of a processor that runs in a process or thread of its own. Its methods are done by the
 * worker, and reject with `TimeoutError: …` when that takes more than 5 s.
 */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data and an untyped result
export interface SandboxedJob<DataType = any, ResultType = any>
  extends Omit<JobJsonSandbox, 'data' | 'opts' | 'returnvalue'>,
    Pick<Job<DataType, ResultType>, JobCall> {
  data: DataType;
  opts: JobsOptions;
  /** What an earlier run returned. */
  returnValue: ResultType;
}
