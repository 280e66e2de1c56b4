import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendFactory } from './engine/backend-factory';
import { ExchangeLoop } from './engine/exchange-loop';
import { endOf, measureRun } from './engine/job-metrics';
import { JobRun } from './engine/job-run';
import { type Runner, runnerOf } from './engine/runner';
import { advanceSchedule, putOff } from './engine/schedule';
import { completion, failure } from './engine/settlements';
import { traceMethods } from './engine/telemetry';
import type { ValueStream } from './engine/value-stream';
import { WorkerTracer } from './engine/worker-tracer';
import { Job } from './job';
import { JobScheduler } from './job-scheduler';
import { logWorker } from './logging';
import { now } from './model/clock';
import {
  ConnectionClosedError,
  isMoved,
  isNamed,
  isRateLimitError,
  RateLimitError,
  type Refusal,
  refusalError,
  schedulingError,
  toError,
  UnrecoverableError,
} from './model/errors';
import type { WorkerListener } from './model/events';
import type { ClaimedJob, JobProgress, Settlement } from './model/job-record';
import { metricsPoints } from './options/metrics-options';
import {
  checkConcurrency,
  type ResolvedWorkerOptions,
  resolveWorkerOptions,
  type WorkerOptions,
} from './options/worker-options';
import { QueueBase } from './queue-base';
import { workerMethods } from './traced-methods';

/**
 * Does the work of a job; what it resolves to is the job's return value, what it throws fails the
 * job. It may also be a generator, or return an Observable: each value is saved as progress, and the
 * last one, or what the generator returns, is the return value.
 * @param token proves that this run holds the job: for `job.moveToDelayed` and its kin
 * @param signal is aborted by `worker.cancelJob`; made only for processors that declare it
 */
export type Processor<
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
  DataType = any,
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
  ResultType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> = (
  job: Job<DataType, ResultType, NameType, ProgressType>,
  token?: string,
  signal?: AbortSignal,
) => Promise<ResultType> | ResultType | ValueStream<ResultType>;

/** Milliseconds between looks while `getNextJob` waits. */
const LOOK_AGAIN_MS = 100;

interface Run<JobType> {
  job: JobType;
  controller: AbortController | undefined;
}

/**
 * Runs the jobs of a queue.
 *
 * Events: `active`, `completed`, `failed` (every failed try), `progress`, `stalled`, `drained`,
 * `lockRenewalFailed`, `locksRenewed`, `error`, `paused`, `resumed`, `ready`, `closing`, `closed`.
 */
export class Worker<
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
  DataType = any,
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
  ResultType = any,
  NameType extends string = string,
  ProgressType extends JobProgress = JobProgress,
> extends QueueBase<
  WorkerListener<Job<DataType, ResultType, NameType, ProgressType>, ResultType, ProgressType>
> {
  declare readonly opts: ResolvedWorkerOptions;
  readonly id: string = randomUUID();
  private readonly runner:
    | Runner<Job<DataType, ResultType, NameType, ProgressType>, ResultType>
    | undefined;
  /** Also of one job more than one: one that was moved may run again before its last run has ended. */
  private readonly runs = new Set<Run<Job<DataType, ResultType, NameType, ProgressType>>>();
  /** Claimed beyond `concurrency`, for the slots that come free next: `prefetch`. */
  private readonly fetched: ClaimedJob[] = [];
  private readonly unsettled = new Set<Promise<void>>();
  private readonly cleanups: (() => unknown)[] = [];
  private readonly tracer: WorkerTracer | undefined;
  private readonly metricsPoints: number | undefined;
  private currentConcurrency: number;
  private isPausedHere = false;
  private scheduler: JobScheduler | undefined;
  private isAttended = false;
  private loop: ExchangeLoop | undefined;
  private starting: Promise<void> | undefined;
  private onClosed!: () => void;
  private readonly whenClosed = new Promise<void>((resolve) => {
    this.onClosed = resolve;
  });

  /**
   * @param processor the function that does the work, or the path or `file:` URL of a file that
   * exports it, to be run in processes or threads of its own; without one, fetch by hand with
   * `getNextJob`
   * @param backendFactory default: what `setDefaultBackendFactory` was given
   * @throws Error with BullMQ's message for options that cannot be, or a file that does not exist
   */
  constructor(
    name: string,
    processor?: Processor<DataType, ResultType, NameType, ProgressType> | string | URL | null,
    opts: WorkerOptions = {},
    backendFactory?: BackendFactory,
  ) {
    const resolved = resolveWorkerOptions(opts);
    const runner = processor
      ? runnerOf<Job<DataType, ResultType, NameType, ProgressType>, ResultType>(
          processor,
          resolved,
          {
            concurrency: () => this.currentConcurrency,
            cancellationOf: (job) => this.cancellationOf(job),
            onError: (error) => this.emit('error', error),
          },
        )
      : undefined;
    super(name, resolved, backendFactory);
    this.runner = runner;
    this.currentConcurrency = resolved.concurrency;
    this.metricsPoints = metricsPoints(resolved.metrics);
    const onError = (error: unknown) => this.emit('error', error);
    this.tracer = resolved.telemetry && new WorkerTracer(this, onError);
    if (resolved.logger) logWorker(this, this.qualifiedName, resolved.logger);
    if (runner && resolved.autorun) void this.run();
  }

  /** For processors: the error to throw after `queue.rateLimit`. */
  static RateLimitError(): RateLimitError {
    return new RateLimitError();
  }

  /** Jobs that run at the same time; may be changed at any time. */
  get concurrency(): number {
    return this.currentConcurrency;
  }

  set concurrency(concurrency: number) {
    this.currentConcurrency = checkConcurrency(concurrency);
    this.loop?.prod();
  }

  /** Begins to work; resolves when the worker is closed. For workers with `autorun: false`. */
  async run(): Promise<void> {
    if (!this.runner) throw new Error('No process function is defined.');
    if (this.starting) throw new Error('Worker is already running.');
    this.starting = this.start();
    await this.whenClosed;
  }

  isRunning(): boolean {
    return this.starting !== undefined && !this.closing;
  }

  /** Connects, however long it takes, and lets the loop go. */
  private async start(): Promise<void> {
    const { store, listener, pulse } = this.backend;
    const connected = await this.untilConnected(async () => {
      const queueId = await this.queueId();
      return { queueId, channel: await store.channel('wake', queueId) };
    }, this.opts.runRetryDelay);
    if (!connected) return;
    const { queueId, channel } = connected;
    const loop = new ExchangeLoop(store, queueId, {
      freeSlots: () => this.freeSlots(),
      start: (record) => {
        if (this.runs.size < this.currentConcurrency) this.track(this.process(record));
        else if (this.isFetching()) this.fetched.push(record);
        else this.loop!.giveBack([record]);
      },
      onDrained: () => this.emit('drained'),
      onError: (error) => this.emit('error', error),
      register: () =>
        pulse.registerWorker(queueId, {
          ...this.opts,
          id: this.id,
          name: this.opts.name ?? '',
          concurrency: Math.floor(this.currentConcurrency),
        }),
      rateLimit: () => this.opts.limiter,
      flusher: () => listener.flusher,
    });
    this.loop = loop;
    this.attend(queueId, loop);
    this.cleanups.push(await listener.subscribe(channel, () => loop.prod()));
    this.emit('ready');
    loop.prod();
  }

  /** Has the heartbeat keep this worker alive, and look for jobs of dead workers. */
  private attend(queueId: number, loop?: ExchangeLoop): void {
    const { lockDuration, lockRenewTime, stalledInterval, maxStalledCount, skipStalledCheck } =
      this.opts;
    this.isAttended = true;
    this.cleanups.push(
      this.backend.pulse.attend({
        queueId,
        lockDuration,
        lockRenewTime,
        stalledInterval,
        maxStalledCount,
        checksStalled: !skipStalledCheck,
        isAsleep: () => loop?.isAsleep() ?? false,
        onStalled: (jobId) => {
          if (this.tracer) this.track(this.tracer.stalled(jobId));
          this.emit('stalled', jobId, 'active');
        },
        onClaimable: () => loop?.prod(),
        onLeaseLost: () => {
          const jobIds = this.runningIds();
          if (jobIds.length > 0) this.emit('lockRenewalFailed', jobIds);
        },
        onLeaseRenewed: () => {
          if (this.opts.skipLockRenewal || this.listenerCount('locksRenewed') === 0) return;
          const jobIds = this.runningIds();
          if (jobIds.length > 0) this.emit('locksRenewed', { count: jobIds.length, jobIds });
        },
      }),
    );
  }

  private runningIds(): string[] {
    return [...this.runs].map(({ job }) => job.id!);
  }

  /**
   * Looks for jobs of dead workers, and for locks that ran out, from now on. For workers that fetch by hand;
   * others do it by themselves.
   */
  async startStalledCheckTimer(): Promise<void> {
    if (this.isAttended || this.opts.skipStalledCheck || this.closing) return;
    this.isAttended = true;
    const queueId = await this.queueId();
    if (!this.closing) this.attend(queueId);
  }

  /** How many jobs more to fetch: to run now, or to hold until a slot is free. */
  private freeSlots(): number {
    if (!this.isFetching()) return 0;
    const wanted = Math.floor(this.currentConcurrency) + this.opts.prefetch;
    return Math.max(wanted - this.runs.size - this.fetched.length, 0);
  }

  private isFetching(): boolean {
    return !this.isPausedHere && !this.closing;
  }

  private track(processing: Promise<void>): void {
    const tracked = processing
      .catch((error) => this.emit('error', error))
      .then(() => {
        this.unsettled.delete(tracked);
      });
    this.unsettled.add(tracked);
  }

  /** The life of one job here: claimed, run, reported. */
  private async process(record: ClaimedJob): Promise<void> {
    const job = Job.fromJSON<DataType, ResultType, NameType, ProgressType>(this, record);
    if (this.opts.name) job.processedBy = this.opts.name;
    // An AbortController for each job costs more than many a job: only for processors that look at
    // it.
    const controller = this.runner!.takesSignal ? new AbortController() : undefined;
    const run = { job, controller };
    this.runs.add(run);
    if (record.repeatJobKey && !(await this.advance(record, run))) return;
    this.emit('active', job, 'waiting');
    if (this.tracer) await this.tracer.process(job, () => this.perform(run, record));
    else await this.perform(run, record);
  }

  private async perform(
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
  ): Promise<void> {
    const { job, controller } = run;
    try {
      const refused = this.refusalToStart(job);
      if (refused) throw refused;
      const result = await this.callProcessJob(job, record.token, controller?.signal);
      this.ended(run);
      await this.complete(job, record, result);
    } catch (thrown) {
      this.ended(run);
      await this.settleThrown(job, record, thrown);
    }
  }

  private ended(run: Run<Job<DataType, ResultType, NameType, ProgressType>>): void {
    if (!this.runs.delete(run)) return;
    const next = this.isFetching() ? this.fetched.shift() : undefined;
    if (next) this.track(this.process(next));
  }

  /** Makes the next job of a scheduler, before this one runs. False when that failed: the job is put off. */
  private async advance(
    record: ClaimedJob,
    run?: Run<Job<DataType, ResultType, NameType, ProgressType>>,
  ): Promise<boolean> {
    const { store } = this.backend;
    const { maxStalledCount, settings } = this.opts;
    const { id, token } = record;
    const queueId = await this.queueId();
    try {
      const make = () => advanceSchedule(store, queueId, record, settings?.repeatStrategy);
      await (this.tracer ? this.tracer.advance(record, make) : make());
      return true;
    } catch (error) {
      if (run) this.ended(run);
      this.emit('error', schedulingError(error));
    }
    try {
      await putOff(store, queueId, record);
      this.loop?.forget(record);
    } catch {
      // The loop asks until it has an answer: the job goes back then.
      await this.loop?.settle({ id, token, outcome: 'moved', max_stalled_count: maxStalledCount });
    }
    return false;
  }

  /** Runs the processor. Tools that trace what workers do put themselves around this method. */
  protected async callProcessJob(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    token: string,
    signal?: AbortSignal,
  ): Promise<ResultType> {
    return this.runner!.run(job, token, signal);
  }

  /** Why a job fails without being run. */
  private refusalToStart(job: Job): Error | undefined {
    if (job.deferredFailure) return new UnrecoverableError(job.deferredFailure);
    const { maxStartedAttempts } = this.opts;
    if (maxStartedAttempts && job.attemptsStarted > maxStartedAttempts) {
      return new UnrecoverableError('job started more than allowable limit');
    }
    return undefined;
  }

  private async complete(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    record: ClaimedJob,
    result: ResultType,
  ): Promise<void> {
    if (this.announceOwnCompletion(job, record)) return;
    const report = completion(job, record.token, result, this.opts.removeOnComplete);
    const refusal = await this.report(job, report);
    if (!refusal) {
      this.announceCompletion(job, result);
      return;
    }
    const error = refusalError(refusal, record.id, 'moveToFinished');
    this.emit('error', error);
    if (refusal === 'pending_children' || refusal === 'failed_children') {
      await this.fail(job, record, error);
    }
  }

  private announceCompletion(job: Job<DataType, ResultType, NameType>, result: ResultType): void {
    job.attemptsMade++;
    job.returnvalue = (result || undefined) as ResultType;
    job.finishedOn = now();
    this.emit('completed', job, result, 'active');
    this.tracer?.completed(job, result);
  }

  /** For a job that a transaction of its own run has completed: there is nothing to report. */
  private announceOwnCompletion(
    job: Job<DataType, ResultType, NameType>,
    record: ClaimedJob,
  ): boolean {
    const own = JobRun.completionOf(job);
    if (!own) return false;
    this.loop!.forget(record);
    this.announceCompletion(job, own.value as ResultType);
    return true;
  }

  /** A processor threw: it has moved the job, or the job is to wait, or it failed. */
  private async settleThrown(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    record: ClaimedJob,
    thrown: unknown,
  ): Promise<void> {
    const { id, token } = record;
    const { maxStalledCount } = this.opts;
    const moved = { id, token, outcome: 'moved', max_stalled_count: maxStalledCount } as const;
    const isLockLost = isNamed(thrown, 'LockLostError');
    if (isLockLost || JobRun.completionOf(job)) this.emit('error', thrown);
    if (this.announceOwnCompletion(job, record)) return;
    if (isLockLost || isMoved(thrown)) {
      await this.loop!.settle(moved);
    } else if (isRateLimitError(thrown)) {
      const queueId = await this.queueId();
      try {
        const outcome = await this.backend.store.releaseJob(queueId, id, token);
        this.loop!.forget(record);
        if (outcome !== 'ok') throw refusalError(outcome, id, 'moveJobFromActiveToWait');
        measureRun(job, 'waiting');
      } catch (error) {
        this.emit('error', error);
        // The loop asks until it has an answer: a job that is still here goes back then.
        await this.loop!.settle(moved);
      }
    } else {
      await this.fail(job, record, toError(thrown));
    }
  }

  private async fail(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    record: ClaimedJob,
    error: Error,
  ): Promise<void> {
    const { removeOnFail, settings, maxStartedAttempts } = this.opts;
    const report = await failure(
      job,
      record.token,
      error,
      settings?.backoffStrategy,
      removeOnFail,
      maxStartedAttempts,
    ).catch((cause: Error) => {
      // The job names a backoff that is unknown here: it cannot wait for a time nobody can tell.
      this.emit('error', cause);
      return failure(
        job,
        record.token,
        new UnrecoverableError(cause.message),
        undefined,
        removeOnFail,
      );
    });
    const { stacktraces, ...settlement } = report;
    const refusal = await this.report(job, settlement);
    if (refusal) {
      this.emit('error', refusalError(refusal, record.id, 'moveToFinished'));
      return;
    }
    job.attemptsMade++;
    job.failedReason = report.reason;
    job.stacktrace = stacktraces;
    if (report.outcome === 'failed') job.finishedOn = now();
    else job.delay = report.delay_ms ?? 0;
    this.emit('failed', job, error, 'active');
    this.tracer?.failed(job, error, endOf(report).end);
  }

  /** Reports how a run ended. Resolves to why the database did not accept that, or null. */
  private report(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    settlement: Settlement,
  ): Promise<Refusal | null> {
    if (this.metricsPoints !== undefined) settlement.metrics_points = this.metricsPoints;
    if (!this.tracer) return this.loop!.settle(settlement);
    const send = () => this.loop!.settle(settlement);
    const toError = (refusal: Refusal) => refusalError(refusal, settlement.id, 'moveToFinished');
    return this.tracer.report(endOf(settlement).operation, job, send, toError);
  }

  /** The same as `queue.rateLimit`; BullMQ's earlier place for it. */
  async rateLimit(expireTimeMs: number): Promise<void> {
    await this.backend.store.rateLimitQueue(await this.queueId(), expireTimeMs);
  }

  /**
   * Fetches nothing more until `resume`. Waits for the jobs that run, unless told otherwise. Only
   * this worker.
   */
  async pause(doNotWaitActive = false): Promise<void> {
    if (this.isPausedHere) return;
    this.isPausedHere = true;
    this.loop?.giveBack(this.fetched.splice(0));
    this.loop?.prod();
    if (!doNotWaitActive) await this.whenIdle();
    this.emit('paused');
  }

  async resume(): Promise<void> {
    if (!this.isPausedHere) return;
    this.isPausedHere = false;
    this.emit('resumed');
    this.loop?.prod();
  }

  isPaused(): boolean {
    return this.isPausedHere;
  }

  /**
   * Stops: fetches nothing more, waits for the jobs that run and for their results to be stored.
   * Idempotent.
   * @param force without waiting: jobs that run are taken over by other workers, their results here
   * are refused
   */
  override close(force = false): Promise<void> {
    const close = () => this.shutDown(force);
    this.closing ??= this.tracer ? this.tracer.close(force, close) : close();
    return this.closing;
  }

  /** The schedulers of the queue whose jobs run here. */
  get jobScheduler(): Promise<JobScheduler> {
    if (!this.scheduler) {
      // Made now, it would be closed by nobody.
      if (this.closing) return Promise.reject(new ConnectionClosedError());
      this.scheduler = new JobScheduler(this.name, this.opts);
      this.scheduler.on('error', (error) => this.emit('error', error));
    }
    return Promise.resolve(this.scheduler);
  }

  private async shutDown(force: boolean): Promise<void> {
    // `closing` must be set before anybody hears of it.
    await Promise.resolve();
    this.emit('closing', 'closing queue');
    if (this.loop || !force) await this.starting?.catch(() => {});
    this.loop?.giveBack(this.fetched.splice(0));
    if (!force) await this.whenIdle();
    await Promise.all([this.runner?.close(force), this.loop?.stop(force)]);
    for (const cleanup of this.cleanups) await cleanup();
    await this.scheduler?.close();
    await this.backend.release();
    this.onClosed();
    this.emit('closed');
  }

  /** No job runs here, and every result is stored. */
  private async whenIdle(): Promise<void> {
    do {
      await this.loop?.quiet();
      await Promise.all(this.unsettled);
    } while (this.unsettled.size > 0);
  }

  /**
   * Asks the processor of a running job to stop, by its AbortSignal. What becomes of the job is the
   * processor's to say.
   * @returns false when this worker does not run the job, or its processor declares no signal
   */
  cancelJob(jobId: string, reason?: string): boolean {
    let isAsked = false;
    for (const { job, controller } of this.runs) {
      if (job.id !== jobId || !controller) continue;
      controller.abort(reason);
      isAsked = true;
    }
    return isAsked;
  }

  /** The signal by which a job that runs here is cancelled; made for those that ask for it. */
  cancellationOf(job: object): AbortSignal | undefined {
    for (const run of this.runs) {
      if (run.job !== job) continue;
      run.controller ??= new AbortController();
      return run.controller.signal;
    }
    return undefined;
  }

  /** As `cancelJob`, for all jobs that run here. */
  cancelAllJobs(reason?: string): void {
    for (const { controller } of this.runs) controller?.abort(reason);
  }

  /**
   * Fetches a job by hand; its lock lasts `lockDuration`, unless extended.
   * @param token of your own; needed to complete, fail or move the job
   * @param opts.block wait up to `drainDelay` seconds for a job. Default true.
   */
  async getNextJob(
    token: string,
    { block = true } = {},
  ): Promise<Job<DataType, ResultType, NameType, ProgressType> | undefined> {
    const job = await this.fetch(token, block);
    await this.tracer?.fetched(job, { block });
    return job;
  }

  private async fetch(
    token: string,
    block: boolean,
  ): Promise<Job<DataType, ResultType, NameType, ProgressType> | undefined> {
    const queueId = await this.queueId();
    const { lockDuration, name = '', drainDelay } = this.opts;
    const until = now() + drainDelay * 1000;
    while (!this.closing) {
      const { store } = this.backend;
      const [record] = await store.claimJobs(
        queueId,
        1,
        token,
        lockDuration,
        name,
        this.opts.limiter,
      );
      if (record && (!record.repeatJobKey || (await this.advance(record)))) {
        return Job.fromJSON<DataType, ResultType, NameType, ProgressType>(this, {
          ...record,
          processedBy: name,
        });
      }
      if (!block || now() >= until) return undefined;
      await sleep(LOOK_AGAIN_MS);
    }
    return undefined;
  }

  /**
   * Holds jobs for so many milliseconds from now. Resolves to the ids of those not held under their
   * token.
   */
  async extendJobLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    const locks = jobIds.map((id, i) => ({ id, token: tokens[i] ?? '' }));
    return this.backend.store.extendLocks(await this.queueId(), locks, duration);
  }
}

traceMethods(Worker.prototype, workerMethods);
