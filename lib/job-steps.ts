import { inspect } from 'node:util';
import { isConnectionError } from './db/database';
import { JobRun } from './engine/job-run';
import { type JobTransaction, type RunKey, RunTransaction } from './engine/job-transaction';
import { completion } from './engine/settlements';
import { type Try, withTries } from './engine/step-tries';
import { JobFamily } from './job-family';
import { elapsed, sleep } from './model/clock';
import {
  DelayedError,
  isMoved,
  LockLostError,
  refusalError,
  UnrecoverableError,
  WaitingChildrenError,
} from './model/errors';
import type { JobProgress } from './model/job-record';
import { toJsonText, toStorableText } from './model/json';
import type { StepRecord, StepReport } from './model/step';
import { isLifo } from './options/job-options';
import type { MinimalJob } from './options/minimal-job';
import {
  resolveStepOptions,
  type SignalOptions,
  type StepOptions,
  type TransactionOptions,
} from './options/step-options';
import { DEFAULT_LOCK_DURATION_MS } from './options/worker-options';

/** Milliseconds before a result is saved again whose answer was lost. */
const SAVE_AGAIN_MS = 100;

/** What a step is given. */
export interface StepContext<JobType, ReturnType> {
  /** Commits with the result of the step. Nothing is begun before it is used. */
  readonly tx: JobTransaction<JobType, ReturnType>;
  /** Aborted when the try takes longer than `timeout`, or the job is cancelled. */
  readonly signal: AbortSignal;
  /** Which try of this step it is, from 1 on, over all runs of the job. */
  readonly attempt: number;
}

/** The transactions and durable steps of a job that runs. */
export class JobSteps<
  DataType,
  ReturnType,
  NameType extends string,
  ProgressType extends JobProgress = JobProgress,
> extends JobFamily<DataType, ReturnType, NameType, ProgressType> {
  /**
   * Opens a transaction for what the processor writes. It commits when `work` resolves, and only if
   * this run still holds the lock of the job; when `work` rejects it is rolled back. `tx.query` is
   * for the application's tables; `tx.job`, `queue.withTransaction(tx)` and `flow.withTransaction(tx)`
   * take part, and `tx.complete(value)` completes the job with it.
   *
   * When the job was moved by `tx.job.moveToDelayed` or its kin, `work` may throw the `DelayedError`
   * itself: it commits all the same.
   * @returns what `work` resolves to
   * @throws LockLostError when the job is not this run's any more: nothing of it was stored
   */
  async transaction<Value>(
    work: (tx: JobTransaction<this, ReturnType>) => Promise<Value> | Value,
    opts: TransactionOptions = {},
  ): Promise<Value> {
    const run = await this.runKey('job.transaction');
    const tx = this.open(run, `The transaction of job ${this.id}`, opts);
    const startedAt = elapsed();
    const name = JobRun.of(this).nameTransaction(run.token);
    const report = { ...reported(run), name, kind: 'transaction', attempts: 0 } as const;
    try {
      const value = await this.worked(tx, () => work(tx));
      await tx.commit({ ...report, elapsed_ms: Math.round(elapsed() - startedAt) });
      this.settled(tx);
      if (value.thrown) throw value.thrown;
      return value.result as Value;
    } catch (error) {
      await tx.rollback();
      throw await tx.explained(error);
    }
  }

  /**
   * Does something once: when the job runs again, after a failure, a wait or the death of its
   * worker, the step is not done again, and its result comes from the database.
   *
   * What is written through `tx` commits together with the result. The result is what JSON makes of
   * it, also in the first run. A step whose effects are elsewhere may be done again when the worker
   * dies before its result is saved.
   * @param name stays the same from run to run, and is the step's own in a run
   * @throws what the last try threw; LockLostError when the job is not this run's any more; Error
   * for a name that was used already
   */
  async step<Value>(
    name: string,
    work: (context: StepContext<this, ReturnType>) => Promise<Value> | Value,
    opts: StepOptions = {},
  ): Promise<Value> {
    const resolved = resolveStepOptions(opts);
    const key = await this.runKey('job.step');
    const run = JobRun.of(this);
    const stored = await run.take(name, 'step', () => this.getSteps());
    if (stored?.state === 'completed') return stored.result as Value;

    let attempts = stored?.attempts ?? 0;
    return run.during(name, () =>
      withTries(name, resolved, {
        begin: (signal) => this.beginTry(key, name, work, ++attempts, signal),
        cancellation: () => this.queue.cancellationOf?.(this),
        // A Job, which this floor of it does not know.
        job: this as object as MinimalJob,
        strategy: this.queue.opts.settings?.backoffStrategy,
      }),
    );
  }

  /**
   * Lets the job sleep: the worker is free, and the job runs again when the time has come. In that
   * run this returns at once. The time is that of the first run.
   * @param until milliseconds from now, or a date
   * @throws DelayedError, which must leave the processor
   */
  async sleep(name: string, until: number | Date): Promise<void> {
    // From a sandbox, a date comes as text.
    const isText = typeof until === 'string' && !Number.isNaN(Number(until));
    if (isText || until === null) {
      throw new TypeError(`job.sleep expects milliseconds, or a valid Date, not ${inspect(until)}`);
    }
    const time = typeof until === 'number' ? { ms: until } : { until: new Date(until).getTime() };
    if (!Object.values(time).every(Number.isFinite)) {
      throw new TypeError('job.sleep expects milliseconds, or a valid Date');
    }
    return this.inTurn(name, 'sleep', async ({ queueId, jobId, token }, run, stored) => {
      if (stored?.state === 'completed') return;
      const outcome = await this.store.sleepJob(queueId, jobId, token, name, time);
      if (outcome === 'ok') throw run.waits(new DelayedError(`Job ${jobId} sleeps in "${name}"`));
      if (outcome !== 'done') throw new LockLostError(jobId, `The sleep "${name}"`);
    });
  }

  /**
   * Lets the job wait until none of its children is pending: the worker is free meanwhile. In the
   * run that follows this returns what the completed children returned, by key.
   * @param name of this wait among the steps of the job. Default `children`.
   * @throws WaitingChildrenError, which must leave the processor; UnrecoverableError when a child
   * failed whose failure is to fail this job
   */
  async waitForChildren<Value = unknown>(name = 'children'): Promise<Record<string, Value>> {
    await this.inTurn(name, 'children', async ({ queueId, jobId, token }, run, stored) => {
      if (stored?.state === 'completed') return;
      const outcome = await this.store.awaitChildren(queueId, jobId, token, name);
      if (outcome === 'ok') {
        throw run.waits(new WaitingChildrenError(`Job ${jobId} waits for children in "${name}"`));
      }
      if (outcome === 'failed_children') {
        // As when it fails while the job waits: the job ends for the same reason, without another try.
        const [record] = await this.store.getJobs(queueId, [jobId]);
        const { message } = refusalError(outcome, jobId, 'waitForChildren');
        throw new UnrecoverableError(record?.deferredFailure ?? message);
      }
      if (outcome !== 'done') throw new LockLostError(jobId, `The wait "${name}"`);
    });
    return this.getChildrenValues<Value>();
  }

  /**
   * Lets the job wait for a signal (`queue.signal`): the worker is free meanwhile. One that was sent
   * before counts; each is taken by one wait, in the order in which they came.
   * @returns what came with the signal, or undefined when none came within `timeout`
   * @throws DelayedError, which must leave the processor
   */
  async waitForSignal<Payload = unknown>(
    signal: string,
    { timeout, step = signal }: SignalOptions = {},
  ): Promise<Payload | undefined> {
    if (timeout !== undefined && !(timeout >= 0 && Number.isFinite(timeout))) {
      throw new TypeError('The timeout of a signal must be a number of milliseconds');
    }
    const wanted = toStorableText(signal);
    return this.inTurn(step, 'signal', async ({ queueId, jobId, token }, run, stored) => {
      if (stored?.state === 'completed') return stored.result as Payload;
      if (stored?.state === 'timed-out') return undefined;
      const { outcome, value } = await this.store.awaitSignal(
        queueId,
        jobId,
        token,
        step,
        wanted,
        timeout,
      );
      if (outcome === 'done') return value as Payload;
      if (outcome === 'timed_out') return undefined;
      if (outcome === 'ok') {
        throw run.waits(new DelayedError(`Job ${jobId} waits for the signal "${signal}"`));
      }
      throw new LockLostError(jobId, `The wait for the signal "${signal}"`);
    });
  }

  /** Its steps, sleeps and waits in order, then the signals that nobody has waited for. */
  async getSteps(): Promise<StepRecord[]> {
    return this.store.getSteps(await this.queue.queueId(), this.id!);
  }

  /**
   * Lets the finished job run again from a step on: that step and all that came after it are
   * forgotten, with the signals that they took; what came before is not done again.
   * @throws Error when there is no such step; with BullMQ's message when the job is not finished
   */
  async retryFrom(
    step: string,
    opts: { resetAttemptsMade?: boolean; resetAttemptsStarted?: boolean } = {},
  ): Promise<void> {
    const queueId = await this.queue.queueId();
    const all = { lifo: isLifo(this.opts), ...opts };
    const outcome = await this.store.retryFromStep(queueId, this.id!, step, all);
    if (outcome === 'step_missing') throw new Error(`Job ${this.id} has no step "${step}"`);
    this.accepted(outcome, 'retryFrom', 'finished');
  }

  private beginTry<Value>(
    key: RunKey,
    name: string,
    work: (context: StepContext<this, ReturnType>) => Promise<Value> | Value,
    attempt: number,
    signal: () => AbortSignal,
  ): Try<Value> {
    const what = `Step "${name}"`;
    const startedAt = elapsed();
    const tx = this.open(key, what);
    let isSaving = false;
    const report = (): StepReport => ({
      ...reported(key),
      name,
      kind: 'step',
      attempts: attempt,
      elapsed_ms: Math.round(elapsed() - startedAt),
    });
    const context = {
      tx,
      attempt,
      get signal() {
        return signal();
      },
    };
    const perform = async (): Promise<Value> => {
      try {
        const { result, thrown } = await this.worked(tx, () => work(context));
        const text = toJsonText(result, `The result of step "${name}"`);
        // Given up meanwhile: what it has come to is not to count later.
        if (tx.isEnded) throw new Error(`${what} took too long`);
        isSaving = true;
        if (thrown) {
          const mark = JobRun.of(this).nameTransaction(key.token);
          await tx.commit({ ...report(), kind: 'transaction', name: mark });
          throw thrown;
        }
        if (tx.isUsed) await tx.commit({ ...report(), result: text });
        else await this.saveResult(what, { ...report(), result: text });
        this.settled(tx);
        return JSON.parse(text) as Value;
      } catch (error) {
        await tx.rollback();
        throw await tx.explained(error);
      }
    };
    return {
      result: perform(),
      async abandon() {
        const maySucceed = isSaving;
        await tx.abort();
        return maySucceed;
      },
      failed: (error) =>
        this.saveFailure(what, { ...report(), error: toStorableText(String(error.message)) }),
    };
  }

  /**
   * Waits for `work`. An error by which it says that it has moved the job in the transaction is no
   * failure of the transaction, and comes back as `thrown`.
   */
  private async worked<Value>(
    tx: RunTransaction<this, ReturnType>,
    work: () => Promise<Value> | Value,
  ): Promise<{ result?: Value; thrown?: unknown }> {
    try {
      return { result: await work() };
    } catch (thrown) {
      if (tx.isMoved && isMoved(thrown)) return { thrown };
      throw thrown;
    }
  }

  private async inTurn<Result>(
    name: string,
    kind: StepRecord['kind'],
    work: (key: RunKey, run: JobRun, stored: StepRecord | undefined) => Promise<Result>,
  ): Promise<Result> {
    const key = await this.runKey(kind === 'sleep' ? 'job.sleep' : 'A wait');
    const run = JobRun.of(this);
    const stored = await run.take(name, kind, () => this.getSteps());
    return run.inTurn(name, () => work(key, run, stored));
  }

  private open(run: RunKey, what: string, opts?: TransactionOptions) {
    const about = {
      bind: (tx: JobTransaction) => this.withTransaction(tx),
      completion: (value: ReturnType) => {
        const { removeOnComplete } = this.queue.opts;
        return completion(this, run.token, value, removeOnComplete);
      },
    };
    return new RunTransaction<this, ReturnType>(this.queue.getBackend(), run, about, what, opts);
  }

  /** What a committed transaction means to this object. */
  private settled(tx: RunTransaction<this, ReturnType>): void {
    if (tx.completed) JobRun.of(this).completion = tx.completed;
    if (!tx.usedJob) return;
    const { data, progress, delay } = tx.usedJob;
    Object.assign(this, { data, progress, delay });
  }

  /** A result that went unanswered is saved again: the database recognises it. */
  private async saveResult(what: string, report: StepReport): Promise<void> {
    while (true) {
      try {
        const outcome = await this.queue.getBackend().writes.saveStep(report);
        if (outcome === 'already_done') throw new Error(`${what} was done by another try`);
        if (outcome !== 'ok') throw new LockLostError(report.id, what);
        return;
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        await sleep(SAVE_AGAIN_MS);
      }
    }
  }

  /** For people, and to count the tries: the step goes on when it cannot be saved. */
  private async saveFailure(what: string, report: StepReport): Promise<void> {
    const outcome = await this.queue
      .getBackend()
      .writes.saveStep(report)
      .catch(() => 'ok');
    if (outcome !== 'ok') throw new LockLostError(report.id, what);
  }

  /** @throws Error when this object does not stand for a run */
  private async runKey(caller: string): Promise<RunKey> {
    if (this.boundStore) {
      throw new Error(`${caller} is for the job that the processor was given, not for a bound one`);
    }
    if (!this.token) {
      throw new Error(`${caller} is for a job that runs: this one was claimed by nobody`);
    }
    const { lockDuration = DEFAULT_LOCK_DURATION_MS } = this.queue.opts;
    return {
      queueId: await this.queue.queueId(),
      jobId: this.id!,
      token: this.token,
      lockDuration,
    };
  }
}

function reported({ queueId, jobId, token }: RunKey) {
  return { queue_id: queueId, id: jobId, token };
}
