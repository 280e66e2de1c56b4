import { Job } from './job';
import { type JobState, type JobType, jobStates, toJobState } from './model/job-state';
import type { StepRecord } from './model/step';
import { QueueBase } from './queue-base';

/** What can be read of a queue. */
export class QueueGetters<DataType, ResultType, NameType extends string> extends QueueBase {
  /** The job of this id, or undefined. */
  async getJob(jobId: string): Promise<Job<DataType, ResultType, NameType> | undefined> {
    if (!jobId) return undefined;
    const [record] = await this.store.getJobs(await this.queueId(), [jobId]);
    return record ? Job.fromJSON<DataType, ResultType, NameType>(this, record) : undefined;
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

  /** The steps of a job, as `job.getSteps`. */
  async getJobSteps(jobId: string): Promise<StepRecord[]> {
    return this.store.getSteps(await this.queueId(), jobId);
  }

  /** How many waiting jobs have each of these priorities; 0 stands for none. */
  async getCountsPerPriority(priorities: number[]): Promise<{ [priority: string]: number }> {
    return this.store.countPriorities(await this.queueId(), [...new Set(priorities)]);
  }

  async isPaused(): Promise<boolean> {
    return (await this.store.getQueue(await this.queueId())).paused;
  }

  /** Milliseconds until the rate limit ends, or -2 when there is none. */
  async getRateLimitTtl(): Promise<number> {
    return (await this.store.getQueue(await this.queueId())).rateLimitTtl ?? -2;
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

  async getWorkersCount(): Promise<number> {
    return (await this.store.listWorkers(await this.queueId())).length;
  }
}
