import type { BackendFactory } from './engine/backend-factory';
import { upsertSchedule } from './engine/schedule';
import { carrying } from './engine/telemetry';
import type { Job } from './job';
import { SpanKind, TelemetryAttributes } from './model/telemetry';
import type { JobsOptions } from './options/job-options';
import type { QueueOptions } from './options/queue-options';
import type { JobSchedulerTemplateOptions, RepeatOptions } from './options/repeat-options';
import { type JobSchedulerJson, toSchedulerJson } from './options/scheduler-json';
import { QueueBase } from './queue-base';
import type { Store } from './store/store';

/**
 * The schedulers of a queue: each makes a job for one slot after the other, the next one when a
 * worker picks the current one up. What `queue.upsertJobScheduler` and its kin do.
 */
export class JobScheduler extends QueueBase {
  declare readonly opts: QueueOptions;

  constructor(name: string, opts: QueueOptions = {}, backendFactory?: BackendFactory) {
    super(name, opts, backendFactory);
  }

  /** The same schedulers, in the transaction that a store is bound to. */
  within(store: Store | undefined): this {
    if (!store) return this;
    const bound = Object.create(this) as this;
    bound.boundStore = store;
    return bound;
  }

  /**
   * Makes a scheduler, or replaces its settings and its pending job.
   * @param opts of its jobs; the queue's defaults do not apply here
   * @param _mode BullMQ's; here every upsert overrides, and workers make the next jobs otherwise
   * @returns the next job, or undefined when nothing is left to do within `limit` and `endDate`
   * @throws Error with BullMQ's message for options that cannot be, or with a `code` when jobs are
   * in the way
   */
  async upsertJobScheduler<D, R, N extends string = string>(
    jobSchedulerId: string,
    repeatOpts: RepeatOptions,
    jobName: N,
    jobData: D,
    opts: JobSchedulerTemplateOptions = {},
    _mode?: { override: boolean; producerId?: string },
  ): Promise<Job<D, R, N> | undefined> {
    if (!this.opts.telemetry)
      return this.upsert(jobSchedulerId, repeatOpts, jobName, jobData, opts);
    const destination = `${this.name}.${jobName}`;
    return this.trace(SpanKind.PRODUCER, 'add', destination, async (span, metadata) => {
      const carried = carrying(opts, metadata);
      const job = await this.upsert<D, R, N>(jobSchedulerId, repeatOpts, jobName, jobData, carried);
      span!.setAttributes({
        [TelemetryAttributes.JobSchedulerId]: jobSchedulerId,
        [TelemetryAttributes.JobId]: job?.id,
      });
      return job;
    });
  }

  private async upsert<D, R, N extends string>(
    jobSchedulerId: string,
    repeatOpts: RepeatOptions,
    jobName: N,
    jobData: D,
    opts: JobSchedulerTemplateOptions = {},
  ): Promise<Job<D, R, N> | undefined> {
    const template = { name: jobName, data: jobData === undefined ? {} : jobData, opts };
    const { settings } = this.opts;
    const queueId = await this.queueId();
    const upserted = await upsertSchedule(
      this.store,
      queueId,
      jobSchedulerId,
      repeatOpts,
      template,
      settings?.repeatStrategy,
    );
    if (upserted.outcome !== 'ok') return undefined;
    const { job } = upserted;
    const made = new this.Job<D, R, N>(this, jobName, jobData, job.opts as JobsOptions, job.id);
    made.repeatJobKey = jobSchedulerId;
    return made;
  }

  /** Removes a scheduler and its job, if that is delayed. 0, or 1 when there was none. */
  async removeJobScheduler(jobSchedulerId: string): Promise<number> {
    return (await this.store.removeScheduler(await this.queueId(), jobSchedulerId)) ? 0 : 1;
  }

  /** The scheduler of this id, or undefined. */
  async getScheduler<D>(id: string): Promise<JobSchedulerJson<D> | undefined> {
    const record = await this.store.getScheduler(await this.queueId(), id);
    return record ? toSchedulerJson<D>(record) : undefined;
  }

  /**
   * Schedulers in order of their next slot, from `start` to `end` inclusive; negative positions
   * count from the end.
   * @param asc the soonest first. Default: the latest.
   */
  async getJobSchedulers<D>(start = 0, end = -1, asc = false): Promise<JobSchedulerJson<D>[]> {
    const records = await this.store.listSchedulers(await this.queueId(), start, end, asc);
    return records.map((record) => toSchedulerJson<D>(record));
  }

  async getSchedulersCount(): Promise<number> {
    return this.store.countSchedulers(await this.queueId());
  }

  async isJobScheduler(id: string): Promise<boolean> {
    return (await this.store.getScheduler(await this.queueId(), id)) !== null;
  }
}
