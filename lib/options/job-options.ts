import type { FailurePolicy } from '../model/job-record';
import { checkText } from '../model/json';
import { MOST_MS } from '../model/whole-number';
import type { BackoffOptions } from './backoff';
import type { RepeatOptions } from './repeat-options';
import type { RemoveOn } from './retention';
import type { JobTelemetry } from './telemetry-options';

/** Options that a queue may set for all of its jobs. */
export interface DefaultJobOptions {
  /** When the job was made, in milliseconds since 1970. Default: now, by the database. */
  timestamp?: number;
  /** 0 (the default) runs before 1, 1 before 2, …; at most 2,097,151. */
  priority?: number;
  /**
   * Milliseconds until the job may run. Default 0. A parent's delay begins when its children are
   * done.
   */
  delay?: number;
  /** How often the job is tried in all. Default 1. */
  attempts?: number;
  /** The wait before the next try; a number is a fixed delay in milliseconds. Default: none. */
  backoff?: number | BackoffOptions;
  /** Put the job at the head of the queue; without effect for one with a priority. Default false. */
  lifo?: boolean;
  /** What to remove when the job completes. Default: nothing. */
  removeOnComplete?: RemoveOn;
  /** What to remove when the job fails for good. Default: nothing. */
  removeOnFail?: RemoveOn;
  /** Log rows to keep. Default: all. */
  keepLogs?: number;
  /** Stack traces to keep, the last ones. Default: all. */
  stackTraceLimit?: number;
  /** The data's largest size as JSON, in bytes of UTF-8. Default: no limit. */
  sizeLimit?: number;
}

/** Names the parent of a job: `{ id: job.id, queue: job.queueQualifiedName }`. */
export interface ParentOptions {
  id: string;
  /** `<prefix>:<queue>`. */
  queue: string;
}

/** Lets one job of a queue stand for all that are added with the same id. */
export interface DeduplicationOptions {
  /** What the jobs have in common. */
  id: string;
  /** Milliseconds for which the id stays taken. Default: until its job has ended or is removed. */
  ttl?: number;
  /** Each job that is dropped begins the ttl anew. Default false. */
  extend?: boolean;
  /** A job that is still delayed gives way to the new one. Default false. */
  replace?: boolean;
  /** A job that is still delayed takes over the delay of the new one. Default false; not with `replace`. */
  reschedule?: boolean;
  /**
   * While the job is active the last one dropped is kept, and added when it has ended. The ttl is
   * ignored. Default false.
   */
  keepLastIfActive?: boolean;
}

/** Options of one job. Unknown keys are kept with the job. */
export interface JobsOptions extends DefaultJobOptions {
  /**
   * An id of your own. A job whose id is taken is not added again. Default: the queue's next
   * number.
   */
  jobId?: string;
  /** The job becomes a pending child of this one. */
  parent?: ParentOptions;
  /** The job is not added while another stands for it. Not together with `parent`. */
  deduplication?: DeduplicationOptions;
  /** When this child fails for good, its parent fails. */
  failParentOnFailure?: boolean;
  /** When this child fails for good, its parent goes on at once. */
  continueParentOnFailure?: boolean;
  /** When this child fails for good, its parent no longer waits for it. */
  ignoreDependencyOnFailure?: boolean;
  /** When this child fails for good, its parent forgets it. */
  removeDependencyOnFailure?: boolean;
  /** The trace in which the job is added, for the worker's span to go on from. */
  telemetry?: JobTelemetry;
  /** Set on the jobs of a scheduler with a pattern: its slot, in milliseconds since 1970. */
  prevMillis?: number;
  /** BullMQ's, which sets it: without effect. `job.repeatJobKey` is the id of the scheduler. */
  repeatJobKey?: string;
}

/** Options that a job of a scheduler has: also what is repeated; `count` numbers its jobs from 1. */
export interface JobSchedulerJobOptions extends JobsOptions {
  repeat?: RepeatOptions;
}

/** Whether the job goes to the head. With a priority it does not, as in BullMQ: it waits among its equals. */
export function isLifo(opts: JobsOptions): boolean {
  return (opts.lifo ?? false) && !opts.priority;
}

/** The longest id, in bytes of UTF-8: two of them are an entry of an index, which holds 2,704. */
export const ID_LIMIT = 1_000;

/** The longest id of a scheduler: its jobs have it in theirs. */
export const SCHEDULER_ID_LIMIT = ID_LIMIT - 50;

/** The largest priority. */
export const PRIORITY_LIMIT = 2 ** 21 - 1;

const failurePolicies = [
  ['removeDependencyOnFailure', 'remove'],
  ['failParentOnFailure', 'fail-parent'],
  ['continueParentOnFailure', 'continue-parent'],
  ['ignoreDependencyOnFailure', 'ignore'],
] as const;

/** What the failure of a job with these options does to its parent. */
export function failurePolicy(opts: JobsOptions): FailurePolicy | undefined {
  return failurePolicies.find(([option]) => opts[option])?.[1];
}

/**
 * Refuses options that no job can have, with BullMQ's messages and in its order.
 * @param dataText the job's data as JSON
 */
export function checkJobOptions(name: string, dataText: string, opts: JobsOptions): void {
  if (typeof name !== 'string') throw new TypeError('The name of a job must be a string');
  checkText('The name of a job', name);
  if (opts.sizeLimit && Buffer.byteLength(dataText) > opts.sizeLimit) {
    throw new Error(`The size of job ${name} exceeds the limit ${opts.sizeLimit} bytes`);
  }
  if (opts.delay != null && !Number.isFinite(opts.delay)) {
    throw new Error(`The delay of job ${name} must be a finite number of milliseconds`);
  }
  if (opts.delay != null && opts.delay > MOST_MS) {
    throw new Error(`The delay of job ${name} exceeds the limit ${MOST_MS} milliseconds`);
  }
  const { timestamp } = opts;
  if (timestamp != null && !(Math.abs(timestamp) <= MOST_MS)) {
    throw new Error(`The timestamp of job ${name} must be a number of milliseconds since 1970`);
  }
  const policies = failurePolicies.filter(([option]) => opts[option]).map(([option]) => option);
  if (policies.length > 1) {
    throw new Error(`The following options cannot be used together: ${policies.join(', ')}`);
  }
  if (opts.jobId != null) checkJobId(opts.jobId);
  if (opts.priority != null) checkPriority(opts.priority);
  if (opts.deduplication) {
    if (!opts.deduplication.id) throw new Error('Deduplication id must be provided');
    checkText('The deduplication id', opts.deduplication.id, ID_LIMIT);
    const { ttl } = opts.deduplication;
    if (ttl != null && !(Math.abs(ttl) <= MOST_MS)) {
      throw new Error(`The deduplication ttl of job ${name} must be a number of milliseconds`);
    }
    if (opts.parent) {
      throw new Error('Deduplication and parent options cannot be used together');
    }
  }
  if ('debounce' in opts) {
    throw new Error('Debounce option has been removed. Use deduplication option instead');
  }
  if (typeof opts.backoff === 'object' && opts.backoff?.jitter !== undefined) {
    const { jitter } = opts.backoff;
    if (Number.isNaN(jitter) || jitter < 0 || jitter > 1) {
      throw new Error('Jitter should be between 0 and 1');
    }
  }
  if (opts.parent) {
    if (!opts.parent.id || !opts.parent.queue || typeof opts.parent.queue !== 'string') {
      throw new Error(`The parent of job ${name} needs both an id and a queue`);
    }
    checkText('The id of a parent', opts.parent.id, ID_LIMIT);
  }
  checkNumbers(name, opts);
}

/** JSON has no number for these: they would be stored as none. */
function checkNumbers(job: string, opts: object, path = ''): void {
  for (const key in opts) {
    const value = opts[key as keyof typeof opts] as unknown;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Error(`The option ${path}${key} of job ${job} must be a finite number`);
    }
    if (path === '' && typeof value === 'object' && value !== null) {
      checkNumbers(job, value, `${key}.`);
    }
  }
}

/** @throws Error with BullMQ's messages */
export function checkPriority(priority: number): void {
  if (Math.trunc(priority) !== priority) throw new Error('Priority should not be float');
  if (priority < 0 || priority > PRIORITY_LIMIT) {
    throw new Error(`Priority should be between 0 and ${PRIORITY_LIMIT}`);
  }
}

function checkJobId(jobId: string): void {
  if (`${Number.parseInt(jobId, 10)}` === jobId) throw new Error('Custom Id cannot be integers');
  // Three segments are the form of a scheduler's iteration.
  if (jobId.includes(':') && jobId.split(':').length !== 3) {
    throw new Error('Custom Id cannot contain :');
  }
  checkText('Custom Id', jobId, ID_LIMIT);
}
