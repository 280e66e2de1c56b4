import type { Job } from './job';
import { JobScheduler } from './job-scheduler';
import { ConnectionClosedError } from './model/errors';
import type { QueueOptions } from './options/queue-options';
import type { JobSchedulerTemplate, RepeatOptions } from './options/repeat-options';
import type { JobSchedulerJson } from './options/scheduler-json';
import { QueueLimits } from './queue-limits';

/** What a queue does with its schedulers: the methods of JobScheduler, with the queue's defaults. */
export class QueueSchedulers<
  JobBase extends Job,
  DataType,
  ResultType,
  NameType extends string,
> extends QueueLimits<JobBase> {
  declare opts: QueueOptions;
  /** Made when it is first asked for, also through a queue bound to a transaction. */
  private readonly made: { scheduler?: JobScheduler } = {};

  get jobScheduler(): Promise<JobScheduler> {
    if (!this.made.scheduler) {
      // Made now, it would be closed by nobody.
      if (this.closing) return Promise.reject(new ConnectionClosedError());
      this.made.scheduler = new JobScheduler(this.name, this.opts, () => this.backend);
      this.made.scheduler.on('error', (error) => this.emit('error', error));
    }
    return Promise.resolve(this.made.scheduler.within(this.boundStore));
  }

  /**
   * Makes a scheduler, which adds a job for each of its slots, one at a time: the next one when a
   * worker picks the current one up. For an id that exists, replaces settings and template, and the
   * job that is pending; with the same `every` the slots stay where they are.
   * @param template of the jobs, with the queue's default options where it does not say otherwise
   * @returns the next job; undefined, which BullMQ's type does not say, when nothing is left to do within
   * `limit` and `endDate`
   * @throws Error with BullMQ's message for options that cannot be; with `code` -10 or -11 when jobs
   * are in the way of its slots; cron-parser's for a pattern that cannot be
   */
  async upsertJobScheduler(
    jobSchedulerId: NameType,
    repeatOpts: Omit<RepeatOptions, 'key'>,
    template: JobSchedulerTemplate<DataType, NameType> = {},
  ): Promise<Job<DataType, ResultType, NameType>> {
    const name = template?.name ?? jobSchedulerId;
    const data = template?.data ?? ({} as DataType);
    const opts = { ...this.opts.defaultJobOptions, ...template?.opts };
    const scheduler = await this.jobScheduler;
    const job = await scheduler.upsertJobScheduler<DataType, ResultType, NameType>(
      jobSchedulerId,
      repeatOpts,
      name,
      data,
      opts,
    );
    return job as Job<DataType, ResultType, NameType>;
  }

  /**
   * Removes a scheduler, and its next job when that is delayed; one that waits or runs is left.
   * Resolves to whether there was one.
   */
  async removeJobScheduler(jobSchedulerId: string): Promise<boolean> {
    return (await (await this.jobScheduler).removeJobScheduler(jobSchedulerId)) === 0;
  }

  /** The scheduler of this id, or undefined. */
  async getJobScheduler(id: string): Promise<JobSchedulerJson<DataType> | undefined> {
    return (await this.jobScheduler).getScheduler(id);
  }

  /** As JobScheduler.getJobSchedulers: by default all, the latest first. */
  async getJobSchedulers(
    start?: number,
    end?: number,
    asc?: boolean,
  ): Promise<JobSchedulerJson<DataType>[]> {
    return (await this.jobScheduler).getJobSchedulers(start, end, asc);
  }

  async getJobSchedulersCount(): Promise<number> {
    return (await this.jobScheduler).getSchedulersCount();
  }

  override close(): Promise<void> {
    this.closing ??= Promise.all([super.close(), this.made.scheduler?.close()]).then(() => {});
    return this.closing;
  }
}
