import { optsDecodeMap } from './bullmq-values';
import { type EventSource, untilFinished } from './engine/finish-watch';
import { endOf, measureRun } from './engine/job-metrics';
import { locate, prepareJob } from './engine/job-spec';
import { advanceSchedule, putOff } from './engine/schedule';
import { completion, failure } from './engine/settlements';
import { trace } from './engine/telemetry';
import { type MinimalQueue, NO_TOKEN } from './job-fields';
import { JobSteps } from './job-steps';
import { now } from './model/clock';
import { refusalError, schedulingError, toError } from './model/errors';
import type { JobProgress, JobRecord, Settlement } from './model/job-record';
import type { FinishedStatus, JobState } from './model/job-state';
import { dataText, toJsonText, toStorableText } from './model/json';
import { SpanKind, TelemetryAttributes } from './model/telemetry';
import { MOST } from './model/whole-number';
import type { JobJson } from './options/job-json';
import { checkPriority, isLifo, type JobsOptions } from './options/job-options';
import { metricsPoints } from './options/metrics-options';
import { DEFAULT_LOCK_DURATION_MS } from './options/worker-options';
import type { Store } from './store/store';

/**
 * The next job, fetched under the same token: for `Job.fromJSON(worker, json, id)`. The numbers are BullMQ's
 * rate limit and delay, always 0 here.
 */
export type NextJob = [json: JobJson, id: string, limitDelay: 0, delayUntil: 0] | [];

/**
 * A job of a queue. Its fields are as of when it was read; its methods change what is stored.
 *
 * Methods reject with an Error that has BullMQ's message and `code` (see `ErrorCode`) when the job
 * is missing, is not in the state that the operation needs, or is locked under another token.
 */
// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, an untyped job has untyped data
export class Job<
  DataType = any,
  ReturnType = any,
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> extends JobSteps<DataType, ReturnType, NameType, ProgressType> {
  // biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, an untyped job has untyped data
  /** Adds a job to a queue. What `queue.add` does, without the queue's default options. */
  static async create<D = any, R = any, N extends string = string>(
    queue: MinimalQueue,
    name: N,
    data: D,
    opts: JobsOptions = {},
  ): Promise<Job<D, R, N>> {
    const [job] = await this.createBulk<D, R, N>(queue, [{ name, data, opts }]);
    return job as Job<D, R, N>;
  }

  /** Adds jobs to a queue together, or none of them. */
  static async createBulk<D = any, R = any, N extends string = string>(
    queue: MinimalQueue,
    jobs: readonly { name: N; data: D; opts?: JobsOptions }[],
    store?: Store,
  ): Promise<Job<D, R, N>[]> {
    if (jobs.length === 0) return [];
    const values = jobs.map(({ data }) => data);
    const prepared = jobs.map(({ name, data, opts }) => prepareJob(name, data, opts ?? {}));
    await locate(queue, prepared, store);
    const specs = prepared.map(({ spec }) => spec);
    const added = await queue.getBackend().writes.add(specs, store);
    return prepared.map(({ spec, opts }, i) => {
      const job = new this<D, R, N>(queue, spec.name as N, values[i]!, opts, added.ids[i]);
      job.timestamp = opts.timestamp || added.now;
      return job;
    });
  }

  /** The job of this id, or undefined. */
  static async fromId<D = any, R = any, N extends string = string>(
    queue: MinimalQueue,
    jobId: string,
    store: Store = queue.getBackend().store,
  ): Promise<Job<D, R, N> | undefined> {
    const [record] = await store.getJobs(await queue.queueId(), [jobId]);
    return record ? this.fromJSON<D, R, N>(queue, record) : undefined;
  }

  /**
   * A job object for what the database returned, or for what `asJSON` or `moveToCompleted` made.
   * @param jobId for JSON without an id
   */
  static fromJSON<D = any, R = any, N extends string = string, P extends JobProgress = JobProgress>(
    queue: MinimalQueue,
    json: JobRecord | JobJson,
    jobId?: string,
  ): Job<D, R, N, P> {
    const record = isRecord(json) ? json : toRecord(json);
    const job = new this<D, R, N, P>(
      queue,
      record.name as N,
      record.data as D,
      record.opts as JobsOptions,
      record.id || jobId,
    );
    job.restore(record);
    return job;
  }

  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  /** Options from the JSON text in which they are stored, here or, with short names, by BullMQ. */
  static optsFromJSON(rawOpts?: string): JobsOptions {
    const { tm: metadata, omc: omitContext, ...stored } = JSON.parse(rawOpts || '{}');
    const opts: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(stored)) {
      opts[optsDecodeMap[name as keyof typeof optsDecodeMap] ?? name] = value;
    }
    if (metadata !== undefined || omitContext !== undefined) {
      opts['telemetry'] = {
        ...(opts['telemetry'] as object),
        ...(metadata !== undefined && { metadata }),
        ...(omitContext !== undefined && { omitContext }),
      };
    }
    return opts;
  }

  /**
   * Appends a row to the log of a job. Resolves to the number of rows; keeps the last `keepLogs`, 0
   * for all.
   */
  static async addJobLog(
    queue: MinimalQueue,
    jobId: string,
    row: string,
    keepLogs?: number,
    store?: Store,
  ): Promise<number> {
    const logRow = {
      queueId: await queue.queueId(),
      id: jobId,
      row: toStorableText(String(row ?? '')),
      keep: keepLogs && keepLogs > 0 ? Math.min(Math.ceil(keepLogs), MOST) : undefined,
    };
    return queue.getBackend().writes.addLog(logRow, store);
  }

  /** Replaces the data. In any state and without a lock, so also right after the job was moved. */
  async updateData(data: DataType): Promise<void> {
    const text = dataText(data, `The data of job ${this.id}`);
    // At once: who changes it again before this is stored builds on it.
    this.data = data;
    const update = { queueId: await this.queue.queueId(), id: this.id!, json: text };
    await this.queue.getBackend().writes.updateData(update, this.boundStore);
  }

  /**
   * Sets the progress: whatever JSON can hold. Emits `progress` on the queue or worker of this job,
   * unless this is bound to a transaction.
   */
  async updateProgress(progress: ProgressType): Promise<void> {
    const text = toJsonText(progress, `The progress of job ${this.id}`);
    this.progress = progress;
    const update = { queueId: await this.queue.queueId(), id: this.id!, json: text };
    await this.queue.getBackend().writes.updateProgress(update, this.boundStore);
    this.announce('progress', this, progress);
  }

  /** Appends a row to the log. Resolves to the number of rows; keeps the last `opts.keepLogs`. */
  async log(row: string): Promise<number> {
    return Job.addJobLog(this.queue, this.id!, row, this.opts.keepLogs, this.boundStore);
  }

  /** Keeps the last rows of the log. Default: none. */
  async clearLogs(keepLogs = 0): Promise<void> {
    await this.store.trimLog(await this.queue.queueId(), this.id!, keepLogs);
  }

  /**
   * Removes the job, and unless told otherwise its children. Rejects when one of them is active, and
   * for the job that keeps a scheduler going.
   */
  async remove({ removeChildren = true }: { removeChildren?: boolean } = {}): Promise<void> {
    const outcome = await this.store.removeJob(
      await this.queue.queueId(),
      this.id!,
      removeChildren,
    );
    if (outcome === 'locked') {
      throw new Error(`Job ${this.id} could not be removed because it is locked by another worker`);
    }
    if (outcome === 'scheduled') throw refusalError(outcome, this.id!, 'removeJob');
    this.announce('removed', this);
  }

  /** The state by the database, or `unknown` for a job that does not exist. */
  async getState(): Promise<JobState | 'unknown'> {
    const [record] = await this.store.getJobs(await this.queue.queueId(), [this.id!]);
    return record?.state ?? 'unknown';
  }

  async isCompleted(): Promise<boolean> {
    return (await this.getState()) === 'completed';
  }

  async isFailed(): Promise<boolean> {
    return (await this.getState()) === 'failed';
  }

  async isDelayed(): Promise<boolean> {
    return (await this.getState()) === 'delayed';
  }

  async isActive(): Promise<boolean> {
    return (await this.getState()) === 'active';
  }

  /** Waiting without a priority. */
  async isWaiting(): Promise<boolean> {
    return (await this.getState()) === 'waiting';
  }

  async isWaitingChildren(): Promise<boolean> {
    return (await this.getState()) === 'waiting-children';
  }

  /**
   * Puts the active job back until a time; the processor is to throw a `DelayedError` then.
   * Attempts are not counted.
   * @param timestamp milliseconds since 1970
   * @param token what the processor got as second argument; without one the lock is not checked
   */
  async moveToDelayed(timestamp: number, token: string = NO_TOKEN): Promise<void> {
    // From now, as in BullMQ: who says when, says so by the clock of this machine.
    const delay = Math.max(Number(timestamp) - now(), 0);
    if (!Number.isFinite(delay)) {
      throw new TypeError(`Job ${this.id} cannot be moved to the time ${timestamp}`);
    }
    const queueId = await this.queue.queueId();
    this.accepted(await this.store.delayJob(queueId, this.id!, token, delay), 'moveToDelayed');
    this.delay = delay;
    measureRun(this, 'delayed');
  }

  /**
   * Puts the active job back to the head of its queue; the processor is to throw a `WaitingError`
   * then.
   */
  async moveToWait(token: string = NO_TOKEN): Promise<number> {
    const queueId = await this.queue.queueId();
    const outcome = await this.store.releaseJob(queueId, this.id!, token);
    this.accepted(outcome, 'moveJobFromActiveToWait');
    measureRun(this, 'waiting');
    return (await this.store.getQueue(queueId)).windowEndsIn ?? 0;
  }

  /**
   * Completes the active job.
   * @param fetchNext also fetch the next job of the queue, under the same token
   * @returns the next job as `[json, id, 0, 0]`, for `Job.fromJSON`; `[]` when there is none
   */
  async moveToCompleted(
    returnValue: ReturnType,
    token: string,
    fetchNext = true,
  ): Promise<NextJob> {
    await this.settle(completion(this, token, returnValue, this.queue.opts.removeOnComplete));
    this.attemptsMade++;
    this.returnvalue = (returnValue || undefined) as ReturnType;
    this.finishedOn = now();
    return fetchNext ? this.fetchNext(token) : [];
  }

  /**
   * Fails the active job, or lets it be tried again when attempts are left. Returns as
   * `moveToCompleted`; `[]` when it is to be tried again at once.
   */
  async moveToFailed(error: Error, token: string, fetchNext = false): Promise<NextJob> {
    const { settings, maxStartedAttempts, removeOnFail } = this.queue.opts;
    const report = await failure(
      this,
      token,
      toError(error),
      settings?.backoffStrategy,
      removeOnFail,
      maxStartedAttempts,
    );
    await this.settle(report);
    this.attemptsMade++;
    this.failedReason = report.reason;
    this.stacktrace = report.stacktraces;
    if (report.outcome === 'failed') this.finishedOn = now();
    else this.delay = report.delay_ms ?? 0;
    const isNext = report.outcome === 'retried' && !report.delay_ms;
    return fetchNext && !isNext ? this.fetchNext(token) : [];
  }

  private async settle(settlement: Settlement): Promise<void> {
    const { name, opts } = this.queue;
    const { operation, end } = endOf(settlement);
    settlement.metrics_points = metricsPoints(opts.metrics);
    await trace(opts.telemetry, SpanKind.INTERNAL, name, operation, name, async (span) => {
      span?.setAttributes({
        [TelemetryAttributes.JobName]: this.name,
        [TelemetryAttributes.JobId]: this.id,
      });
      const queueId = await this.queue.queueId();
      const [refused] = await this.store.settleJobs(queueId, [settlement]);
      if (refused) throw refusalError(refused.outcome, this.id!, 'moveToFinished');
    });
    measureRun(this, end);
  }

  private async fetchNext(token: string): Promise<NextJob> {
    const { lockDuration = DEFAULT_LOCK_DURATION_MS, name = '', limiter } = this.queue.opts;
    const queueId = await this.queue.queueId();
    const [next] = await this.store.claimJobs(queueId, 1, token, lockDuration, name, limiter);
    if (!next) return [];
    if (next.repeatJobKey) {
      const strategy = this.queue.opts.settings?.repeatStrategy;
      try {
        await advanceSchedule(this.store, queueId, next, strategy);
      } catch (error) {
        // This job is finished all the same.
        this.queue.emit?.('error', schedulingError(error));
        await putOff(this.store, queueId, next);
        return [];
      }
    }
    const job = Job.fromJSON(this.queue, { ...next, processedBy: name });
    return [{ ...job.asJSON(), delay: job.delay, priority: job.priority }, next.id, 0, 0];
  }

  /**
   * Holds the lock for so many milliseconds from now, whatever happens to the worker. 1, or 0 when
   * it is not held under this token.
   */
  async extendLock(token: string, duration: number): Promise<number> {
    const lock = { id: this.id!, token };
    const lost = await this.store.extendLocks(await this.queue.queueId(), [lock], duration);
    return lost.length === 0 ? 1 : 0;
  }

  /** Lets a delayed job run now. */
  async promote(): Promise<void> {
    const outcome = await this.store.promoteJob(await this.queue.queueId(), this.id!);
    this.accepted(outcome, 'promote', 'delayed');
    this.delay = 0;
  }

  /** Lets a finished job run again. */
  async retry(
    state: FinishedStatus = 'failed',
    opts: { resetAttemptsMade?: boolean; resetAttemptsStarted?: boolean } = {},
  ): Promise<void> {
    const outcome = await this.store.retryJob(await this.queue.queueId(), this.id!, state, {
      lifo: isLifo(this.opts),
      ...opts,
    });
    this.accepted(outcome, 'reprocessJob', state);
    this.failedReason = null as unknown as string;
    this.returnvalue = null as ReturnType;
    this.finishedOn = null as unknown as number;
    this.processedOn = null as unknown as number;
    if (opts.resetAttemptsMade) this.attemptsMade = 0;
    if (opts.resetAttemptsStarted) this.attemptsStarted = 0;
  }

  /** Lets a delayed job run so many milliseconds from now. */
  async changeDelay(delay: number): Promise<void> {
    const outcome = await this.store.changeDelay(await this.queue.queueId(), this.id!, delay);
    this.accepted(outcome, 'changeDelay', 'delayed');
    this.delay = delay;
  }

  /**
   * Gives the job another priority: it goes to the back of its new class, or to the front with
   * `lifo`.
   */
  async changePriority({ priority = 0, lifo = false }: { priority?: number; lifo?: boolean }) {
    checkPriority(priority);
    const queueId = await this.queue.queueId();
    const outcome = await this.store.changePriority(queueId, this.id!, priority, lifo);
    this.accepted(outcome, 'changePriority');
    this.priority = priority;
  }

  /** Frees the deduplication id for which this job stands. False when it stands for none (any more). */
  async removeDeduplicationKey(): Promise<boolean> {
    const { deduplicationId } = this;
    if (!deduplicationId) return false;
    const queueId = await this.queue.queueId();
    return this.store.removeDeduplication(queueId, deduplicationId, this.id);
  }

  /**
   * Resolves to the return value when the job is completed, and rejects with its reason when it
   * failed for good.
   * @param ttl milliseconds after which to give up
   * @throws Error also when the job does not exist or is removed, or when the QueueEvents is closed
   */
  async waitUntilFinished(queueEvents: EventSource, ttl?: number): Promise<ReturnType> {
    const { store } = this;
    const queueId = await this.queue.queueId();
    const read = async () => (await store.getJobs(queueId, [this.id!]))[0] ?? null;
    return untilFinished({ id: this.id!, name: this.name, key: this.key, read }, queueEvents, ttl);
  }
}

/** Whether it is what the database returned: all of it, and no texts of JSON. */
function isRecord(json: JobRecord | JobJson): json is JobRecord {
  return typeof json.stacktrace !== 'string' && json.attemptsStarted !== undefined;
}

/** JSON with texts, or a part of it, as the database returns a job. */
function toRecord(json: JobJson): JobRecord {
  const { data, opts, returnvalue, stacktrace, parent, deduplicationId: _, ...fields } = json;
  return {
    ...fields,
    data: JSON.parse(data || '{}'),
    opts: { ...(typeof opts === 'string' ? Job.optsFromJSON(opts) : opts) },
    returnvalue: JSON.parse(returnvalue || 'null'),
    stacktrace: JSON.parse(stacktrace || '[]'),
    delay: json.delay ?? 0,
    priority: json.priority ?? 0,
    attemptsMade: json.attemptsMade ?? 0,
    attemptsStarted: json.attemptsStarted ?? 0,
    stalledCounter: json.stalledCounter ?? 0,
    parentId: parent?.id ?? null,
  };
}
