import type { JobsOptions } from './job-options';

/** When a scheduler makes its jobs: `every` so often, or by a `pattern`. */
export interface RepeatOptions {
  /** Milliseconds from slot to slot. */
  every?: number;
  /** A cron expression of five fields, or six with seconds first; or what `repeatStrategy` knows. */
  pattern?: string;
  /** The time zone of the pattern, such as `Europe/Berlin`. Default: that of the process. */
  tz?: string;
  /** No job before this. Default: now. */
  startDate?: Date | string | number;
  /** No job after this. Default: no end. */
  endDate?: Date | string | number;
  /** Make so many jobs, counted from the last upsert. Default: no limit. */
  limit?: number;
  /** With a pattern: the first job at once. With `every` it is, unless there is a start or an offset. */
  immediately?: boolean;
  /** With `every`: milliseconds between whole multiples of it and the slots. Default: by the first slot. */
  offset?: number;
  /** Jobs that count as made already; on a job, its number. Default 0. */
  count?: number;
  /** For `repeatStrategy`: the slot before, in milliseconds since 1970, where the application gives it. */
  prevMillis?: number;
  /** BullMQ's, of the repeatable jobs of its earlier versions: without effect. */
  key?: string;
  /** BullMQ's, of the repeatable jobs of its earlier versions: without effect. */
  jobId?: string;
}

/**
 * Computes the next slot of a pattern in milliseconds since 1970; undefined when there is none.
 * @param millis the slot before or the time now, whichever is later, by the database's clock
 * @param opts the options of the scheduler
 * @param name the name of its jobs
 */
export type RepeatStrategy = (
  millis: number,
  opts: RepeatOptions,
  name?: string,
) => number | undefined | Promise<number | undefined>;

/** Strategies of the application's. */
export interface AdvancedRepeatOptions {
  /** For patterns. Default: they are cron expressions. */
  repeatStrategy?: RepeatStrategy;
  /** BullMQ's, of names of keys in Redis: without effect. */
  repeatKeyHashAlgorithm?: string;
}

/** Options of the jobs of a scheduler. */
export type JobSchedulerTemplateOptions = Omit<
  JobsOptions,
  'jobId' | 'repeat' | 'delay' | 'deduplication'
>;

/** What the jobs of a scheduler are made of. */
export interface JobSchedulerTemplate<DataType = unknown, NameType extends string = string> {
  /** Default: the id of the scheduler. */
  name?: NameType;
  /** Default `{}`. */
  data?: DataType;
  opts?: JobSchedulerTemplateOptions;
}

/** Options that were checked; dates in milliseconds since 1970. */
export type ResolvedRepeatOptions = Omit<RepeatOptions, 'startDate' | 'endDate'> & {
  startDate?: number;
  endDate?: number;
};

/**
 * Refuses what no scheduler can repeat, with BullMQ's messages where it has one.
 * @throws Error
 */
export function resolveRepeatOptions(opts: RepeatOptions): ResolvedRepeatOptions {
  const { every, pattern, immediately, startDate, endDate, ...others } = opts;
  if (pattern && every) {
    throw new Error('Both .pattern and .every options are defined for this repeatable job');
  }
  if (!pattern && !every) {
    throw new Error('Either .pattern or .every options must be defined for this repeatable job');
  }
  if (immediately && startDate) {
    throw new Error('Both .immediately and .startDate options are defined for this repeatable job');
  }
  return {
    ...others,
    ...(pattern ? { pattern } : { every: checkNumber('every', every!, 1) }),
    ...(immediately && { immediately }),
    ...(startDate !== undefined && { startDate: toMillis('startDate', startDate) }),
    ...(endDate !== undefined && { endDate: toMillis('endDate', endDate) }),
    ...(opts.limit != null && { limit: checkNumber('limit', opts.limit, 0) }),
    ...(opts.offset != null && { offset: checkNumber('offset', opts.offset, 0) }),
    ...(opts.count != null && { count: checkNumber('count', opts.count, 0) }),
  };
}

/** Whole, since the database counts so. */
function checkNumber(option: string, value: number, least: number): number {
  const whole = Math.ceil(value);
  if (!(whole >= least && whole <= Number.MAX_SAFE_INTEGER)) {
    throw new Error(`The .${option} option of a job scheduler must be a number from ${least} up`);
  }
  return whole;
}

function toMillis(option: string, date: Date | string | number): number {
  const millis = new Date(date).getTime();
  if (Number.isNaN(millis)) {
    throw new Error(`The .${option} option of a job scheduler is not a date`);
  }
  return millis;
}
