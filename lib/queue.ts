import { randomUUID } from 'node:crypto';
import type { TransactionClient } from './db/transaction';
import type { BackendFactory } from './engine/backend-factory';
import { EventLog } from './engine/event-log';
import { carrying, traceMethods } from './engine/telemetry';
import { Job } from './job';
import { now } from './model/clock';
import { type Refusal, refusalError } from './model/errors';
import type { JobProgress } from './model/job-record';
import { type FinishedStatus, type JobType, toJobState } from './model/job-state';
import { toJsonText, toStorableText } from './model/json';
import { SpanKind, TelemetryAttributes } from './model/telemetry';
import { toInteger } from './model/whole-number';
import type { DefaultJobOptions, JobsOptions } from './options/job-options';
import { checkQueueOptions, type QueueOptions } from './options/queue-options';
import { QueueSchedulers } from './queue-schedulers';
import { queueMethods } from './traced-methods';

/** What `queue.clean` takes: what it removes alone, and two words of BullMQ's. */
type CleanedType = Exclude<JobType, 'waiting-children' | 'repeat'> | 'paused';

/** Jobs changed in one transaction, so that no lock is held for long. */
const BATCH = 1_000;

// biome-ignore-start lint/suspicious/noExplicitAny: the type parameters are BullMQ's, whose first may be a Job
type DataOf<T> = T extends Job<infer Data, any, any> ? Data : T;
type ResultOf<T, Result> = T extends Job<any, infer Return, any> ? Return : Result;
type NameOf<T, Name extends string> = T extends Job<any, any, infer JobName> ? JobName : Name;
type IsAny<T> = 0 extends 1 & T ? true : false;
/** What getters find: of a Job given as such all that it is, and of a union each on its own. */
type JobOf<T, Result, Name extends string> =
  IsAny<T> extends true
    ? Job<T, Result, Name>
    : T extends Job<any, any, any>
      ? T
      : Job<T, Result, Name>;

/**
 * A queue of jobs: adds them, finds them, and looks after them. `Queue<Data, Result, Name>` or
 * `Queue<Job<Data, Result, Name>>`.
 *
 * Events, of what is done through this instance: `waiting`, `paused`, `resumed`, `progress`,
 * `removed`, `cleaned`, `error`.
 */
export class Queue<
  DataTypeOrJob = any,
  DefaultResultType = any,
  DefaultNameType extends string = string,
  DataType = DataOf<DataTypeOrJob>,
  ResultType = ResultOf<DataTypeOrJob, DefaultResultType>,
  NameType extends string = NameOf<DataTypeOrJob, DefaultNameType>,
> extends QueueSchedulers<
  JobOf<DataTypeOrJob, ResultType, NameType>,
  DataType,
  ResultType,
  NameType
> {
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  declare opts: QueueOptions;
  jobsOpts: DefaultJobOptions;
  /** Unique to this instance. */
  readonly token: string = randomUUID();
  private readonly eventLog: EventLog | undefined;

  /**
   * @param name not empty, without colons
   * @param backendFactory default: what `setDefaultBackendFactory` was given
   * @throws Error for such a name; InvalidConnectionError for a connection that cannot be
   */
  constructor(name: string, opts: QueueOptions = {}, backendFactory?: BackendFactory) {
    checkQueueOptions(opts);
    super(name, opts, backendFactory);
    this.jobsOpts = opts.defaultJobOptions ?? {};
    if (opts.streams?.events) {
      this.eventLog = new EventLog(this.backend, opts.streams.events);
      // That the queue is there is the base's to tell.
      const told = super.queueId().then(
        (id) => this.eventLog!.isTold(id),
        () => {},
      );
      told.catch((error) => {
        if (!this.closing) this.emit('error', error);
      });
    }
  }

  override async queueId(): Promise<number> {
    const id = await super.queueId();
    // While only a transaction sees the queue, nobody else can be told.
    if (!this.boundStore || this.backend.isCommitted(this.prefix, this.name)) {
      await this.eventLog?.isTold(id);
    }
    return id;
  }

  override close(): Promise<void> {
    if (!this.boundStore) this.eventLog?.close();
    return super.close();
  }

  get defaultJobOptions(): DefaultJobOptions {
    return { ...this.jobsOpts };
  }

  /**
   * This queue, bound to an open transaction of the application's: jobs that it adds, and whatever
   * else it changes, exist when that transaction commits, and leave no trace when it rolls back. So what is bound emits
   * no events of its own here; QueueEvents tell when it has committed.
   * Check input before: an error in SQL spoils the transaction.
   * @param tx what `pg` (after BEGIN), Prisma, Drizzle, Kysely, Knex, TypeORM, MikroORM, Sequelize,
   * postgres.js or PGlite hand out as an open transaction, or an object with `query(text, params)`
   * @throws TypeError for what is not an open transaction
   */
  withTransaction(tx: TransactionClient): this {
    return this.bind(tx);
  }

  /**
   * Adds a job. One whose id is taken is not added again: the job returned then has that id.
   * @throws Error with BullMQ's message for invalid options or an unknown parent;
   * InvalidPayloadError for data JSON cannot hold
   */
  add(
    name: NameType,
    data: DataType,
    opts: JobsOptions = {},
  ): Promise<Job<DataType, ResultType, NameType>> {
    if (!this.opts.telemetry) return this.addJob(name, data, opts);
    const destination = `${this.name}.${name}`;
    return this.trace(SpanKind.PRODUCER, 'add', destination, async (span, metadata) => {
      const isLinked = metadata && !opts.telemetry?.omitContext;
      const carried = isLinked ? { ...opts, telemetry: { metadata } } : opts;
      const job = await this.addJob(name, data, carried);
      span!.setAttributes({
        [TelemetryAttributes.JobName]: name,
        [TelemetryAttributes.JobId]: job.id,
      });
      return job;
    });
  }

  /** As `add`, without a span: for subclasses that make their own. */
  protected async addJob(
    name: NameType,
    data: DataType,
    opts: JobsOptions = {},
  ): Promise<Job<DataType, ResultType, NameType>> {
    const jobId = opts?.jobId;
    if (jobId != null && /^0(:|$)/.test(String(jobId))) {
      throw new Error("JobId cannot be '0' or start with '0:'");
    }
    const [job] = await this.create([{ name, data, opts }]);
    this.announce('waiting', [job]);
    return job!;
  }

  /**
   * Adds many jobs in one round trip and one commit: all of them, or on an error none. In the order
   * given.
   */
  async addBulk(
    jobs: { name: NameType; data: DataType; opts?: JobsOptions }[],
  ): Promise<Job<DataType, ResultType, NameType>[]> {
    if (!this.opts.telemetry) return this.create(jobs);
    return this.trace(SpanKind.PRODUCER, 'addBulk', this.name, (span, metadata) => {
      span!.setAttributes({
        [TelemetryAttributes.BulkNames]: jobs.map(({ name }) => name),
        [TelemetryAttributes.BulkCount]: jobs.length,
      });
      return this.create(jobs.map((job) => ({ ...job, opts: carrying(job.opts, metadata) })));
    });
  }

  private create(jobs: { name: NameType; data: DataType; opts?: JobsOptions | undefined }[]) {
    // An id for all of them would make one job of them.
    const { jobId: _, ...defaults } = this.jobsOpts as JobsOptions;
    const withDefaults = jobs.map((job) => ({ ...job, opts: { ...defaults, ...job.opts } }));
    return this.Job.createBulk<DataType, ResultType, NameType>(this, withDefaults, this.boundStore);
  }

  /** Appends a row to the log of a job; resolves to the number of rows. */
  addJobLog(jobId: string, logRow: string, keepLogs?: number): Promise<number> {
    return Job.addJobLog(this, jobId, logRow, keepLogs, this.boundStore);
  }

  /** Sets the progress of a job and emits `progress` with its id. */
  async updateJobProgress(jobId: string, progress: JobProgress): Promise<void> {
    const text = toJsonText(progress, `The progress of job ${jobId}`);
    const update = { queueId: await this.queueId(), id: jobId, json: text };
    await this.backend.writes.updateProgress(update, this.boundStore);
    this.announce('progress', [jobId, progress]);
  }

  /**
   * Sends a signal to a job: the run that waits for it in `job.waitForSignal` goes on, or the first
   * that will. On a queue that is bound to a transaction it is sent when that commits.
   * @param payload what JSON can hold. Default null.
   * @throws Error with BullMQ's codes when the job does not exist, or has finished
   */
  async signal(jobId: string, name: string, payload: unknown = null): Promise<void> {
    if (typeof name !== 'string' || name === '') {
      throw new TypeError(`The name of a signal to job ${jobId} must be a text that is not empty`);
    }
    const text = toJsonText(payload, `The payload of signal ${name}`);
    const queueId = await this.queueId();
    const outcome = await this.store.sendSignal(queueId, jobId, toStorableText(name), text);
    if (outcome !== 'ok') throw refusalError(outcome as Refusal, jobId, 'signal', 'unfinished');
  }

  /**
   * No worker claims anything from now on; active jobs go on. Holds for all workers and survives
   * restarts.
   */
  async pause(): Promise<void> {
    await this.store.pauseQueue(await this.queueId());
    this.announce('paused', []);
  }

  /** Lets workers claim again, after `pause`. */
  async resume(): Promise<void> {
    await this.store.resumeQueue(await this.queueId());
    this.announce('resumed', []);
  }

  /**
   * Removes a job, and unless told otherwise its children. 1, or 0 when one of them is active and
   * nothing was removed. As in BullMQ, also 1 for a job that is not there.
   * @throws Error with `code` -8 for the job that keeps a scheduler going
   */
  async remove(jobId: string, { removeChildren = true } = {}): Promise<number> {
    const outcome = await this.store.removeJob(await this.queueId(), jobId, removeChildren);
    if (outcome === 'locked') return 0;
    if (outcome === 'scheduled') throw refusalError(outcome, jobId, 'removeJob');
    this.announce('removed', [jobId]);
    return 1;
  }

  /** Frees a deduplication id: the next job of it is added. 1, or 0 when it was free. */
  async removeDeduplicationKey(id: string): Promise<number> {
    return (await this.store.removeDeduplication(await this.queueId(), id)) ? 1 : 0;
  }

  /** The same as `removeDeduplicationKey`; BullMQ's earlier name for it. */
  removeDebounceKey(id: string): Promise<number> {
    return this.removeDeduplicationKey(id);
  }

  /**
   * Lets all jobs that ended in `state` run again, except those that ended after `timestamp`.
   * @param opts.count jobs in one transaction. Default 1,000.
   * @param opts.timestamp milliseconds since 1970. Default: now.
   * @throws RangeError for another state, or numbers that cannot be
   */
  async retryJobs({
    count = BATCH,
    state = 'failed',
    timestamp = now(),
  }: {
    count?: number;
    state?: FinishedStatus;
    timestamp?: number;
  } = {}): Promise<void> {
    if (state !== 'completed' && state !== 'failed') {
      throw new RangeError(`The state must be completed or failed, not ${state}`);
    }
    const queueId = await this.queueId();
    while ((await this.store.retryJobs(queueId, state, timestamp, count)) > 0);
  }

  /**
   * Lets all delayed jobs run now.
   * @param opts.count jobs in one transaction. Default 1,000.
   */
  async promoteJobs({ count = BATCH }: { count?: number } = {}): Promise<void> {
    const queueId = await this.queueId();
    while ((await this.store.promoteJobs(queueId, count)) > 0);
  }

  /** Removes all jobs that wait to run, with `delayed` also those that are delayed. */
  async drain(delayed = false): Promise<void> {
    const queueId = await this.queueId();
    while ((await this.store.drainQueue(queueId, Boolean(delayed), BATCH)) > 0);
  }

  /**
   * Removes jobs of one state that are older than `grace` milliseconds, at most `limit` (0: all).
   * Resolves to their ids. Active jobs are left alone, and none are `paused`, which BullMQ has a word for.
   */
  async clean(grace: number, limit: number, type: CleanedType = 'completed'): Promise<string[]> {
    const state = toJobState(type);
    const queueId = await this.queueId();
    const removed: string[] = [];
    const most = toInteger('The limit', limit || Number.POSITIVE_INFINITY);
    while (state && removed.length < most) {
      const batch = Math.min(BATCH, most - removed.length);
      const ids = await this.store.cleanJobs(queueId, state, grace, batch);
      if (ids.length === 0) break;
      removed.push(...ids);
    }
    const payload = JSON.stringify({ count: `${removed.length}` });
    await this.store.publishEvent(queueId, 'cleaned', payload);
    this.announce('cleaned', [removed, type === 'waiting' ? 'wait' : type]);
    return removed;
  }

  /**
   * Pauses the queue, then removes all of its jobs, events, schedulers and limits; it is not paused then.
   * @param opts.force also when jobs are active. Default false.
   * @param opts.count jobs to remove in one transaction. Default 1,000.
   * @throws RangeError for a count below 1; Error when jobs are active and that is not forced, and the queue is paused then
   */
  async obliterate({ force = false, count = BATCH } = {}): Promise<void> {
    if (!(count >= 1)) throw new RangeError(`The count must be 1 or more, not ${count}`);
    await this.pause();
    const queueId = await this.queueId();
    while (true) {
      const removed = await this.store.obliterateQueue(queueId, Boolean(force), count);
      if (removed === null) throw new Error('Cannot obliterate queue with active jobs');
      if (removed === 0) return;
    }
  }

  /** Nothing can be orphaned here: jobs go with their states in one transaction. Always 0. */
  async removeOrphanedJobs(_count?: number, _limit?: number): Promise<number> {
    return 0;
  }

  /** There is no such key here. Always 0. */
  async removeDeprecatedPriorityKey(): Promise<number> {
    return 0;
  }

  /** Keeps about the last `maxLength` events of this queue. Resolves to how many were removed. */
  async trimEvents(maxLength: number): Promise<number> {
    return this.store.trimEvents(await this.queueId(), maxLength);
  }
}

traceMethods(Queue.prototype, queueMethods);
