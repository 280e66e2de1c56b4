import type { TransactionClient } from './db/database';
import { Job } from './job';
import { refusalError } from './model/errors';
import { type JobState, type JobType, jobStates, toJobState } from './model/job-state';
import { toJsonText } from './model/json';
import type { DefaultJobOptions, JobsOptions } from './options/job-options';
import type { QueueOptions } from './options/queue-options';
import { QueueBase } from './queue-base';

/** Jobs removed in one transaction, so that no lock is held for long. */
const REMOVE_BATCH = 1_000;

// biome-ignore-start lint/suspicious/noExplicitAny: the type parameters are BullMQ's, whose first may be a Job
type DataOf<T> = T extends Job<infer Data, any, any> ? Data : T;
type ResultOf<T, Result> = T extends Job<any, infer Return, any> ? Return : Result;
type NameOf<T, Name extends string> = T extends Job<any, any, infer JobName> ? JobName : Name;

/**
 * A queue of jobs: adds them, finds them, and looks after them. `Queue<Data, Result, Name>` or `Queue<Job<Data, Result, Name>>`.
 *
 * Events, of what is done through this instance: `waiting`, `paused`, `resumed`, `progress`, `removed`, `cleaned`, `error`.
 */
export class Queue<
  DataTypeOrJob = any,
  DefaultResultType = any,
  DefaultNameType extends string = string,
  DataType = DataOf<DataTypeOrJob>,
  ResultType = ResultOf<DataTypeOrJob, DefaultResultType>,
  NameType extends string = NameOf<DataTypeOrJob, DefaultNameType>,
> extends QueueBase {
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  declare readonly opts: QueueOptions;
  jobsOpts: DefaultJobOptions;

  /**
   * @param name not empty, without colons
   * @throws Error for such a name; InvalidConnectionError for a connection that cannot be
   */
  constructor(name: string, opts: QueueOptions = {}) {
    super(name, opts);
    this.jobsOpts = opts.defaultJobOptions ?? {};
  }

  get defaultJobOptions(): DefaultJobOptions {
    return { ...this.jobsOpts };
  }

  /**
   * This queue, bound to an open transaction of the application's: jobs that it adds, and whatever else it changes, exist when that
   * transaction commits, and leave no trace when it rolls back. Check input before: an error in SQL spoils the transaction.
   * @param tx a `pg` client on which BEGIN has been run
   */
  withTransaction(tx: TransactionClient): this {
    return this.bind(tx);
  }

  /**
   * Adds a job. One whose id is taken is not added again: the job returned then has that id.
   * @throws Error with BullMQ's message for invalid options or an unknown parent; InvalidPayloadError for data JSON cannot hold
   */
  async add(
    name: NameType,
    data: DataType,
    opts: JobsOptions = {},
  ): Promise<Job<DataType, ResultType, NameType>> {
    const { jobId } = opts;
    if (jobId !== undefined && (jobId === '0' || jobId.startsWith('0:'))) {
      throw new Error("JobId cannot be '0' or start with '0:'");
    }
    const [job] = await this.create([{ name, data, opts }]);
    this.emit('waiting', job);
    return job!;
  }

  /** Adds many jobs in one round trip and one commit: all of them, or on an error none. In the order given. */
  async addBulk(
    jobs: { name: NameType; data: DataType; opts?: JobsOptions }[],
  ): Promise<Job<DataType, ResultType, NameType>[]> {
    return this.create(jobs);
  }

  private create(jobs: { name: NameType; data: DataType; opts?: JobsOptions }[]) {
    const withDefaults = jobs.map((job) => ({ ...job, opts: { ...this.jobsOpts, ...job.opts } }));
    return Job.createBulk<DataType, ResultType, NameType>(this, withDefaults, this.boundStore);
  }

  /** The job of this id, or undefined. */
  async getJob(jobId: string): Promise<Job<DataType, ResultType, NameType> | undefined> {
    return jobId ? Job.fromId<DataType, ResultType, NameType>(this, jobId) : undefined;
  }

  async getJobState(jobId: string): Promise<JobState | 'unknown'> {
    const [record] = await this.store.getJobs(await this.queueId(), [jobId]);
    return record?.state ?? 'unknown';
  }

  /**
   * Jobs in these states, state by state, each from `start` to `end` inclusive (-1: to the end).
   * @param asc finished jobs oldest first; others are by default last-to-run first
   */
  async getJobs(
    types: JobType | JobType[] = [...jobStates],
    start = 0,
    end = -1,
    asc = false,
  ): Promise<Job<DataType, ResultType, NameType>[]> {
    const ids = await this.getRanges(types, start, end, asc);
    const records = await this.store.getJobs(await this.queueId(), ids);
    return records.flatMap((record) =>
      record ? [Job.fromJSON<DataType, ResultType, NameType>(this, record)] : [],
    );
  }

  /** Ids of jobs, as `getJobs`. */
  async getRanges(types: JobType | JobType[], start = 0, end = -1, asc = false): Promise<string[]> {
    const queueId = await this.queueId();
    const states = new Set([types].flat().map(toJobState));
    const ranges = await Promise.all(
      [...states].map((state) => this.store.listJobs(queueId, state, start, end, asc)),
    );
    return [...new Set(ranges.flat())];
  }

  getWaiting(start = 0, end = -1) {
    return this.getJobs(['waiting'], start, end, true);
  }

  getActive(start = 0, end = -1) {
    return this.getJobs(['active'], start, end, true);
  }

  getDelayed(start = 0, end = -1) {
    return this.getJobs(['delayed'], start, end, true);
  }

  getPrioritized(start = 0, end = -1) {
    return this.getJobs(['prioritized'], start, end, true);
  }

  getWaitingChildren(start = 0, end = -1) {
    return this.getJobs(['waiting-children'], start, end, true);
  }

  /** Newest first. */
  getCompleted(start = 0, end = -1) {
    return this.getJobs(['completed'], start, end, false);
  }

  /** Newest first. */
  getFailed(start = 0, end = -1) {
    return this.getJobs(['failed'], start, end, false);
  }

  /** How many jobs are in each of these states (default: all), by the names given. */
  async getJobCounts(...types: JobType[]): Promise<{ [type: string]: number }> {
    const counts = await this.store.countJobs(await this.queueId());
    const asked = types.length > 0 ? types : [...jobStates];
    return Object.fromEntries(asked.map((type) => [type, counts[toJobState(type)] ?? 0]));
  }

  /** How many jobs are in these states together. */
  async getJobCountByTypes(...types: JobType[]): Promise<number> {
    const counts = await this.getJobCounts(...types);
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /** Jobs that are still to run: waiting, prioritized, delayed, waiting for children. */
  async count(): Promise<number> {
    return this.getJobCountByTypes('waiting', 'prioritized', 'delayed', 'waiting-children');
  }

  getWaitingCount() {
    return this.getJobCountByTypes('waiting');
  }

  getActiveCount() {
    return this.getJobCountByTypes('active');
  }

  getDelayedCount() {
    return this.getJobCountByTypes('delayed');
  }

  getPrioritizedCount() {
    return this.getJobCountByTypes('prioritized');
  }

  getWaitingChildrenCount() {
    return this.getJobCountByTypes('waiting-children');
  }

  getCompletedCount() {
    return this.getJobCountByTypes('completed');
  }

  getFailedCount() {
    return this.getJobCountByTypes('failed');
  }

  /** Rows of the log of a job, from `start` to `end` inclusive (-1: to the end), and how many there are. */
  async getJobLogs(
    jobId: string,
    start = 0,
    end = -1,
    asc = true,
  ): Promise<{ logs: string[]; count: number }> {
    return this.store.getLogs(await this.queueId(), jobId, start, end, asc);
  }

  /** Appends a row to the log of a job; resolves to the number of rows. */
  addJobLog(jobId: string, logRow: string, keepLogs?: number): Promise<number> {
    return Job.addJobLog(this, jobId, logRow, keepLogs, this.store);
  }

  /** Sets the progress of a job and emits `progress` with its id. */
  async updateJobProgress(jobId: string, progress: unknown): Promise<void> {
    const text = toJsonText(progress, `The progress of job ${jobId}`);
    const update = { queue_id: await this.queueId(), id: jobId, progress: text };
    const missing = await this.store.updateJobs([update]);
    if (missing.length > 0) throw refusalError('missing', jobId, 'updateProgress');
    this.emit('progress', jobId, progress);
  }

  /** No worker claims anything from now on; active jobs go on. Holds for all workers and survives restarts. */
  async pause(): Promise<void> {
    await this.store.pauseQueue(await this.queueId());
    this.emit('paused');
  }

  async resume(): Promise<void> {
    await this.store.resumeQueue(await this.queueId());
    this.emit('resumed');
  }

  async isPaused(): Promise<boolean> {
    return (await this.store.getQueue(await this.queueId())).paused;
  }

  /** Lets no worker claim anything for so many milliseconds. In a processor, throw a `RateLimitError` then. */
  async rateLimit(expireTimeMs: number): Promise<void> {
    await this.store.rateLimitQueue(await this.queueId(), expireTimeMs);
  }

  /** Milliseconds until the rate limit ends, or -2 when there is none. */
  async getRateLimitTtl(): Promise<number> {
    return (await this.store.getQueue(await this.queueId())).rateLimitTtl ?? -2;
  }

  /**
   * Removes a job, and unless told otherwise its children. 1, or 0 when one of them is active and nothing was removed.
   * As in BullMQ, also 1 for a job that is not there.
   */
  async remove(jobId: string, { removeChildren = true } = {}): Promise<number> {
    const outcome = await this.store.removeJob(await this.queueId(), jobId, removeChildren);
    if (outcome === 'locked') return 0;
    this.emit('removed', jobId);
    return 1;
  }

  /** Removes all jobs that wait to run, with `delayed` also those that are delayed. */
  async drain(delayed = false): Promise<void> {
    const queueId = await this.queueId();
    while ((await this.store.drainQueue(queueId, delayed, REMOVE_BATCH)) > 0);
  }

  /**
   * Removes jobs of one state that are older than `grace` milliseconds, at most `limit` (0: all). Resolves to their ids.
   * Active jobs are left alone.
   */
  async clean(grace: number, limit: number, type: JobType = 'completed'): Promise<string[]> {
    const queueId = await this.queueId();
    const removed: string[] = [];
    const most = limit > 0 ? limit : Number.POSITIVE_INFINITY;
    while (removed.length < most) {
      const batch = Math.min(REMOVE_BATCH, most - removed.length);
      const ids = await this.store.cleanJobs(queueId, toJobState(type), grace, batch);
      if (ids.length === 0) break;
      removed.push(...ids);
    }
    this.emit('cleaned', removed, type === 'waiting' ? 'wait' : type);
    return removed;
  }

  /**
   * Pauses the queue, then removes all of its jobs, events and settings.
   * @param opts.force also when jobs are active. Default false.
   * @param opts.count jobs to remove in one transaction. Default 1,000.
   * @throws Error when jobs are active and that is not forced; the queue is paused then
   */
  async obliterate({ force = false, count = REMOVE_BATCH } = {}): Promise<void> {
    await this.pause();
    const queueId = await this.queueId();
    while (true) {
      const removed = await this.store.obliterateQueue(queueId, force, count);
      if (removed === null) throw new Error('Cannot obliterate queue with active jobs');
      if (removed === 0) return;
    }
  }

  /** Keeps about the last `maxLength` events of this queue. Resolves to how many were removed. */
  async trimEvents(maxLength: number): Promise<number> {
    return this.store.trimEvents(await this.queueId(), maxLength);
  }
}
