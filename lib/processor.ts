import type { ValueStream } from './engine/value-stream';
import type { Job } from './job';
import type { JobProgress } from './model/job-record';

/**
 * Does the work of a job; what it resolves to is the job's return value, what it throws fails the
 * job.
 * @param token proves that this run holds the job: for `job.moveToDelayed` and its kin
 * @param signal is aborted by `worker.cancelJob`; made only for processors that declare it
 */
export type Processor<
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
  DataType = any,
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
  ResultType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> = (
  job: Job<DataType, ResultType, NameType, ProgressType>,
  token?: string,
  signal?: AbortSignal,
) => Promise<ResultType>;

/**
 * What a worker takes: a Processor, a function that returns its value at once, a generator, or a function
 * that returns an Observable. Of the last two each value is saved as progress, and the last one, or what
 * the generator returns, is the return value.
 */
export type AnyProcessor<
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
  DataType = any,
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
  ResultType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> = (
  ...args: Parameters<Processor<DataType, ResultType, NameType, ProgressType>>
) => Promise<ResultType> | ResultType | ValueStream<ResultType>;
