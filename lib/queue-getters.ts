import { readDependencies } from './engine/read-dependencies';
import type { Job } from './job';
import type { QueueListener } from './model/events';
import type { JobRecord } from './model/job-record';
import { type JobState, type JobType, jobStates, toJobState } from './model/job-state';
import { KEPT_EVENTS, type QueueMeta } from './model/queue-meta';
import type { StepRecord } from './model/step';
import type { JobJson } from './options/job-json';
import type { QueueOptions } from './options/queue-options';
import { QueueBase } from './queue-base';
import { libraryVersion } from './store/migrator';
import type { QueueRecord } from './store/store';

/** A page of the children of a job: their keys, the jobs that still exist, how many there are in all. */
export interface DependenciesPage {
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped values of children
  items: { id: string; v?: any; err?: string }[];
  jobs: JobJson[];
  total: number;
}

/** What can be read of a queue. */
export class QueueGetters<JobBase extends Job = Job> extends QueueBase<QueueListener<JobBase>> {
  declare opts: QueueOptions;

  /** The job of this id, or undefined. */
  async getJob(jobId: string): Promise<JobBase | undefined> {
    if (!jobId) return undefined;
    const [record] = await this.store.getJobs(await this.queueId(), [jobId]);
    return record ? this.jobOf(record) : undefined;
  }

  private jobOf(record: JobRecord): JobBase {
    return this.Job.fromJSON(this, record) as JobBase;
  }

  async getJobState(jobId: string): Promise<JobState | 'unknown'> {
    const [record] = await this.store.getJobs(await this.queueId(), [jobId]);
    return record?.state ?? 'unknown';
  }

  /**
   * Jobs in these states (none: in all), state by state, each from `start` to `end` inclusive (-1: to
   * the end).
   * @param asc finished jobs oldest first; others are by default last-to-run first
   */
  async getJobs(types?: JobType | JobType[], start = 0, end = -1, asc = false): Promise<JobBase[]> {
    const asked = [types ?? []].flat();
    const ids = await this.getRanges(asked.length > 0 ? asked : [...jobStates], start, end, asc);
    const records = await this.store.getJobs(await this.queueId(), ids);
    return records.flatMap((record) => (record ? [this.jobOf(record)] : []));
  }

  /** Ids of jobs, as `getJobs`, but by default two of each state. There are none in a state that does not exist. */
  async getRanges(types: JobType | JobType[], start = 0, end = 1, asc = false): Promise<string[]> {
    const queueId = await this.queueId();
    const states = new Set([types].flat().flatMap((type) => toJobState(type) ?? []));
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
    const countOf = (type: JobType) => counts[toJobState(type) as JobState] ?? 0;
    return Object.fromEntries(asked.map((type) => [type, countOf(type)]));
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

  /**
   * @param before only jobs that are due before this time, in milliseconds since 1970
   * @throws Error for a time that is no safe integer
   */
  async getDelayedCount(before?: number): Promise<number> {
    if (before === undefined) return this.getJobCountByTypes('delayed');
    if (!Number.isSafeInteger(before)) {
      throw new Error('timestamp must be a safe integer in milliseconds');
    }
    return this.store.countDelayed(await this.queueId(), before);
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

  /**
   * Rows of the log of a job, from `start` to `end` inclusive (-1: to the end), and how many there
   * are.
   */
  async getJobLogs(
    jobId: string,
    start = 0,
    end = -1,
    asc = true,
  ): Promise<{ logs: string[]; count: number }> {
    return this.store.getLogs(await this.queueId(), jobId, start, end, asc);
  }

  /**
   * Children of a job that are completed or pending, from `start` to `end` inclusive (-1: to the end): their
   * keys, the jobs as far as they still exist, and how many there are in all.
   */
  async getDependencies(
    parentId: string,
    type: 'processed' | 'pending',
    start: number,
    end: number,
  ): Promise<DependenciesPage> {
    const queueId = await this.queueId();
    const { records, ...page } = await readDependencies(
      this.store,
      queueId,
      parentId,
      type,
      start,
      end,
    );
    const jobs = records.map((record) => {
      const job = this.Job.fromJSON(this, record);
      return { ...job.asJSON(), delay: job.delay, priority: job.priority };
    });
    return { ...page, jobs };
  }

  /** The steps of a job, as `job.getSteps`. */
  async getJobSteps(jobId: string): Promise<StepRecord[]> {
    return this.store.getSteps(await this.queueId(), jobId);
  }

  /** How many waiting jobs have each of these priorities; 0 stands for none. */
  async getCountsPerPriority(priorities: number[]): Promise<{ [priority: string]: number }> {
    return this.store.countPriorities(await this.queueId(), [...new Set(priorities)]);
  }

  /** The id of the job that stands for a deduplication id, or null. */
  async getDeduplicationJobId(id: string): Promise<string | null> {
    return this.store.getDeduplicationJob(await this.queueId(), id);
  }

  /** The same as `getDeduplicationJobId`; BullMQ's earlier name for it. */
  getDebounceJobId(id: string): Promise<string | null> {
    return this.getDeduplicationJobId(id);
  }

  /** Whether `pause` holds, on whatever instance it was called. */
  async isPaused(): Promise<boolean> {
    return (await this.settings()).paused;
  }

  /**
   * What BullMQ stores of each queue: the library with its version, and about how many events are kept. The version names
   * BullMQ first: by that dashboards such as bull-board know a queue that they can show.
   */
  get metaValues(): { 'opts.maxLenEvents': number; version: string } {
    return {
      'opts.maxLenEvents': this.opts.streams?.events?.maxLen ?? KEPT_EVENTS,
      version: `bullmq:tuskmq:${libraryVersion()}`,
    };
  }

  /** Settings that hold for all instances of this queue. */
  async getMeta(): Promise<QueueMeta> {
    const version = await this.getVersion();
    const { paused, concurrency, rateMax, rateMs, maxEvents } = await this.settings();
    return {
      version,
      maxLenEvents: maxEvents ?? KEPT_EVENTS,
      paused,
      ...(concurrency !== null && { concurrency }),
      ...(rateMax !== null && { max: rateMax }),
      ...(rateMs !== null && { duration: rateMs }),
    };
  }

  /** The library with its version, such as `tuskmq:1.0.0`. */
  async getVersion(): Promise<string> {
    return `tuskmq:${libraryVersion()}`;
  }

  protected async settings(): Promise<QueueRecord> {
    return this.store.getQueue(await this.queueId());
  }

  /** The workers of this queue, in all processes. All values are strings; `age` and `idle` seconds. */
  async getWorkers(): Promise<{ [field: string]: string }[]> {
    const workers = await this.store.listWorkers(await this.queueId());
    const base = `${this.prefix}:${Buffer.from(this.name).toString('base64')}`;
    return workers.map(({ id, name, hostname, pid, age, idle }) => ({
      id: `${id}`,
      addr: `${hostname}:${pid}`,
      age: `${age}`,
      idle: `${idle}`,
      name: this.name,
      rawname: name ? `${base}:w:${name}` : base,
    }));
  }

  /** The QueueEvents of this queue, in all processes; in the form of `getWorkers`. */
  async getQueueEvents(): Promise<{ [field: string]: string }[]> {
    const base = `${this.prefix}:${Buffer.from(this.name).toString('base64')}`;
    const listeners = await this.store.listListeners(await this.queueId());
    return listeners.map(({ id, hostname, pid, age, idle }) => ({
      id: `${id}`,
      addr: `${hostname}:${pid}`,
      age: `${age}`,
      idle: `${idle}`,
      name: this.name,
      rawname: `${base}:qe`,
    }));
  }

  async getWorkersCount(): Promise<number> {
    return (await this.store.listWorkers(await this.queueId())).length;
  }
}
