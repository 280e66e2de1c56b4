import { randomUUID } from 'node:crypto';
import type { Backend } from './engine/backend';
import type { BackendFactory } from './engine/backend-factory';
import { ExchangeLoop } from './engine/exchange-loop';
import { Processing } from './engine/processing';
import { type Runner, runnerOf } from './engine/runner';
import { Slots } from './engine/slots';
import { traceMethods } from './engine/telemetry';
import { WorkerTracer } from './engine/worker-tracer';
import type { Job } from './job';
import { JobScheduler } from './job-scheduler';
import { logWorker } from './logging';
import { elapsed, sleep } from './model/clock';
import { ConnectionClosedError, RateLimitError } from './model/errors';
import type { WorkerListener } from './model/events';
import type { JobProgress } from './model/job-record';
import {
  checkConcurrency,
  type ResolvedWorkerOptions,
  resolveWorkerOptions,
  type WorkerOptions,
} from './options/worker-options';
import type { AnyProcessor } from './processor';
import { QueueBase } from './queue-base';
import { workerMethods } from './traced-methods';

/** Milliseconds between looks while `getNextJob` waits. */
const LOOK_AGAIN_MS = 100;

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
  /** BullMQ's place for the kind of backend; there is one kind here. */
  _BackendType = Backend,
  ProgressType extends JobProgress = JobProgress,
> extends QueueBase<
  WorkerListener<Job<DataType, ResultType, NameType, ProgressType>, ResultType, ProgressType>
> {
  declare readonly opts: ResolvedWorkerOptions;
  readonly id: string = randomUUID();
  private readonly runner:
    | Runner<Job<DataType, ResultType, NameType, ProgressType>, ResultType>
    | undefined;
  private readonly tracer: WorkerTracer | undefined;
  private readonly slots: Slots<Job<DataType, ResultType, NameType, ProgressType>>;
  private readonly processing: Processing<
    Job<DataType, ResultType, NameType, ProgressType>,
    ResultType
  >;
  /** The worker's conversation with the database, once it works. */
  private loop: ExchangeLoop | undefined;
  private isPausedHere = false;
  private readonly cleanups: (() => unknown)[] = [];
  private scheduler: JobScheduler | undefined;
  private readonly prepared: Promise<void>;
  private checksStalled = false;
  /** Ends `run()`; set while it works. */
  private endRun: (() => void) | undefined;
  /** For those who fetch by hand: whether the last fetch found nothing. */
  private isDrained = false;

  /**
   * @param processor the function that does the work, or the path or `file:` URL of a file that
   * exports it, to be run in processes or threads of its own; without one, fetch by hand with
   * `getNextJob`
   * @param backendFactory default: what `setDefaultBackendFactory` was given
   * @throws Error with BullMQ's message for options that cannot be, or a file that does not exist
   */
  constructor(
    name: string,
    processor?: AnyProcessor<DataType, ResultType, NameType, ProgressType> | string | URL | null,
    opts: WorkerOptions = {},
    backendFactory?: BackendFactory,
  ) {
    const resolved = resolveWorkerOptions(opts);
    const onError = (error: unknown) => this.emit('error', error as Error);
    // Before there are connections: there may be no such file.
    const runner = processor
      ? runnerOf<Job<DataType, ResultType, NameType, ProgressType>, ResultType>(
          processor,
          resolved,
          {
            concurrency: () => this.concurrency,
            cancellationOf: (job) => this.cancellationOf(job),
            onError,
            self: () => this,
          },
        )
      : undefined;
    super(name, resolved, backendFactory);
    this.runner = runner;
    const { logger, autorun, telemetry } = this.opts;
    this.tracer = telemetry && new WorkerTracer(this, onError);
    this.slots = new Slots(resolved.concurrency, resolved.prefetch, {
      isFetching: () => this.isFetching(),
      begin: (record) => this.processing.begin(record),
      giveBack: (jobs) => this.loop?.giveBack(jobs),
      hurry: () => this.loop?.hurry(),
    });
    this.processing = new Processing({
      opts: this.opts,
      slots: this.slots,
      tracer: this.tracer,
      takesSignal: runner?.takesSignal ?? false,
      store: this.backend.store,
      queueId: () => this.queueId(),
      loop: () => this.loop,
      isFetching: () => this.isFetching(),
      jobOf: (record) =>
        this.Job.fromJSON<DataType, ResultType, NameType, ProgressType>(this, record),
      callProcessor: (job, token, signal) => this.callProcessJob(job, token, signal),
      onActive: (job) => this.emit('active', job, 'waiting'),
      onCompleted: (job, result) => this.emit('completed', job, result, 'active'),
      onFailed: (job, error) => this.emit('failed', job, error, 'active'),
      onError,
    });
    if (logger) logWorker(this, this.qualifiedName, logger);
    this.prepared = this.prepare();
    if (this.runner && autorun) void this.run();
  }

  /** For processors: the error to throw after `queue.rateLimit`. */
  static RateLimitError(): RateLimitError {
    return new RateLimitError();
  }

  /** Jobs that run at the same time; may be changed at any time. */
  get concurrency(): number {
    return this.slots.concurrency;
  }

  set concurrency(concurrency: number) {
    this.slots.concurrency = checkConcurrency(concurrency);
    this.loop?.prod();
  }

  /**
   * Works until it is paused, or closed; resolves then. For workers with `autorun: false`.
   */
  async run(): Promise<void> {
    if (!this.runner) throw new Error('No process function is defined.');
    if (this.isRunning()) throw new Error('Worker is already running.');
    if (this.closing || this.isPausedHere) return;
    const ended = new Promise<void>((resolve) => {
      this.endRun = resolve;
    });
    this.checksStalled = true;
    this.loop?.prod();
    await ended;
  }

  isRunning(): boolean {
    return this.endRun !== undefined;
  }

  private isFetching(): boolean {
    return this.isRunning() && !this.isPausedHere && !this.closing;
  }

  /** Runs the processor. Tools that trace what workers do put themselves around this method. */
  protected callProcessJob(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    token: string,
    signal?: AbortSignal,
  ): Promise<ResultType> {
    return this.runner!.run(job, token, signal);
  }

  /**
   * Asks the processor of a running job to stop, by its AbortSignal. What becomes of the job is the
   * processor's to say.
   * @returns false when this worker does not run the job, or its processor declares no signal
   */
  cancelJob(jobId: string, reason?: string): boolean {
    return this.slots.cancel(jobId, reason);
  }

  /** As `cancelJob`, for all jobs that run here. */
  cancelAllJobs(reason?: string): void {
    this.slots.cancelAll(reason);
  }

  /** The signal by which a job that runs here is cancelled; made for those that ask for it. */
  cancellationOf(job: object): AbortSignal | undefined {
    return this.slots.cancellationOf(job);
  }

  private halt(): void {
    this.endRun?.();
    this.endRun = undefined;
  }

  /** Resolves when the database knows the worker; rejects when it cannot be reached at first. */
  override async waitUntilReady(): Promise<void> {
    await super.waitUntilReady();
    await this.prepared;
  }

  /** Connects, however long it takes, and makes the worker known. */
  private async prepare(): Promise<void> {
    const { store } = this.backend;
    const connected = await this.untilConnected(async () => {
      const queueId = await this.queueId();
      const channel = await store.channel('wake', queueId);
      const loop = this.loopOf(queueId);
      // Last: an attempt that fails behind it would leave a worker that nobody knows.
      await loop.register();
      return { queueId, channel, loop };
    }, this.opts.runRetryDelay);
    // Closed by force meanwhile: the end of the process, or of its lease, takes the worker with it.
    if (!connected || this.processing.isAbandoned) return;
    const { queueId, channel, loop } = connected;
    this.loop = loop;
    this.attend(queueId, loop);
    const sleepers = this.backend.wakeUps.of(queueId);
    this.cleanups.push(() => sleepers.leave(loop));
    await sleepers.join(loop, channel);
    if (!this.closing) this.emit('ready');
    loop.prod();
  }

  private loopOf(queueId: number): ExchangeLoop {
    const { stores, exchanges, listener, heartbeat, wakeUps } = this.backend;
    const sleepers = wakeUps.of(queueId);
    return new ExchangeLoop(stores, exchanges, queueId, {
      freeSlots: () => this.slots.room(),
      hasIdleSlot: () => this.slots.hasIdle(),
      patience: () => this.slots.prefetch.patience,
      start: (record) => this.slots.take(record),
      onExchange: (ms) => this.slots.prefetch.exchanged(ms),
      onDrained: () => this.emit('drained'),
      onDueIn: (ms) => sleepers.dueIn(ms),
      onRelayed: (count) => sleepers.rouse(count),
      onSlow: () => sleepers.slow(),
      onLost: () => this.loseLease(),
      onError: (error) => this.emit('error', error),
      register: () =>
        heartbeat.registerWorker(queueId, {
          ...this.opts,
          id: this.id,
          name: this.opts.name ?? '',
          concurrency: Math.ceil(this.concurrency),
        }),
      rateLimit: () => this.opts.limiter,
      flusher: () => listener.flusher,
      isClosing: () => this.closing !== undefined,
      isSerial: () => this.concurrency <= 1 && this.opts.prefetch === 0,
    });
  }

  private loseLease(): void {
    const jobIds = this.slots.markLost();
    if (jobIds.length > 0) this.emit('lockRenewalFailed', jobIds);
  }

  /** Has the heartbeat keep this worker alive, and look for jobs of dead workers. */
  private attend(queueId: number, loop: ExchangeLoop): void {
    const { lockDuration, lockRenewTime, stalledInterval, maxStalledCount, skipStalledCheck } =
      this.opts;
    const sleepers = this.backend.wakeUps.of(queueId);
    let renewedAt = elapsed();
    this.cleanups.push(
      this.backend.heartbeat.attend({
        queueId,
        lockDuration,
        lockRenewTime,
        stalledInterval,
        maxStalledCount,
        checksStalled: () => this.checksStalled && !skipStalledCheck,
        isAsleep: () => loop.isAsleep(),
        knownRanges: () => loop.knownRanges(),
        onStalled: (jobId) => {
          if (this.tracer) this.processing.track(this.tracer.stalled(jobId));
          this.emit('stalled', jobId, 'active');
        },
        onClaimable: () => sleepers.look(),
        onLeaseLost: () => this.loseLease(),
        onLeaseRenewed: () => {
          if (this.opts.skipLockRenewal || elapsed() - renewedAt < lockRenewTime) return;
          renewedAt = elapsed();
          const jobIds = this.slots.runningIds();
          if (jobIds.length > 0) this.emit('locksRenewed', { count: jobIds.length, jobIds });
        },
      }),
    );
  }

  /**
   * Looks for jobs of dead workers, and for locks that ran out, from now on. For workers that fetch by hand;
   * others do it by themselves.
   */
  async startStalledCheckTimer(): Promise<void> {
    this.checksStalled = true;
    await this.queueId();
  }

  /** The same as `queue.rateLimit`; BullMQ's earlier place for it. */
  async rateLimit(expireTimeMs: number): Promise<void> {
    await this.backend.store.rateLimitQueue(await this.queueId(), expireTimeMs);
  }

  /**
   * Fetches nothing more until `resume`. Waits for the jobs that run, unless told otherwise. Only
   * this worker. `run()` resolves when the last of them has ended.
   */
  async pause(doNotWaitActive = false): Promise<void> {
    if (this.isPausedHere) return;
    this.isPausedHere = true;
    this.slots.prefetch.release();
    this.loop?.prod();
    const idle = this.processing.whenIdle().then(() => {
      if (this.isPausedHere) this.halt();
    });
    if (!doNotWaitActive) await idle;
    this.emit('paused');
  }

  /** Works again after `pause`; begins to when it was not running. */
  async resume(): Promise<void> {
    if (this.isRunning() && !this.isPausedHere) return;
    this.isPausedHere = false;
    if (this.isRunning()) this.loop?.prod();
    else if (this.runner) void this.run();
    this.emit('resumed');
  }

  isPaused(): boolean {
    return this.isPausedHere;
  }

  /**
   * Stops: fetches nothing more, waits for the jobs that run and for their results to be stored.
   * Idempotent.
   * @param force without waiting: results of jobs that run are reported by nobody, and other workers take
   * the jobs over when `lockDuration` has passed. Also while it closes already.
   */
  override close(force = false): Promise<void> {
    if (force && this.closing && !this.closed && !this.processing.isAbandoned) {
      this.processing.abandon();
      void this.loop?.stop(true);
    }
    const close = () => this.shutDown(force);
    this.closing ??= this.tracer ? this.tracer.close(force, close) : close();
    return this.closing;
  }

  /** The schedulers of the queue whose jobs run here. */
  get jobScheduler(): Promise<JobScheduler> {
    if (!this.scheduler) {
      // Made now, it would be closed by nobody.
      if (this.closing) return Promise.reject(new ConnectionClosedError());
      this.scheduler = new JobScheduler(this.name, this.opts, () => this.backend);
      this.scheduler.on('error', (error) => this.emit('error', error));
    }
    return Promise.resolve(this.scheduler);
  }

  private async shutDown(force: boolean): Promise<void> {
    // `closing` must be set before anybody hears of it.
    await Promise.resolve();
    if (force) this.processing.abandon();
    this.emit('closing', 'closing queue');
    if (this.loop || !force) await this.prepared.catch(() => {});
    this.slots.prefetch.release();
    // What waits to be tried again is not worth it any more, unless it is a report.
    this.loop?.prod();
    if (!force) await this.processing.whenIdle();
    const isForced = force || this.processing.isAbandoned;
    await Promise.all([this.runner?.close(isForced), this.loop?.stop(isForced)]);
    for (const cleanup of this.cleanups) await cleanup();
    await this.scheduler?.close();
    await this.leave();
    this.halt();
    this.emit('closed');
  }

  /**
   * Fetches a job by hand; its lock lasts `lockDuration`, unless extended. Undefined, which BullMQ's type
   * does not say, when there is none, and for a worker that is paused or closing.
   * @param token of your own; needed to complete, fail or move the job
   * @param opts.block when the last fetch found nothing, wait up to `drainDelay` seconds for a job.
   * Default true.
   */
  async getNextJob(
    token: string,
    { block = true } = {},
  ): Promise<Job<DataType, ResultType, NameType, ProgressType>> {
    const job = await this.fetch(token, block);
    await this.tracer?.fetched(job, { block });
    return job as Job<DataType, ResultType, NameType, ProgressType>;
  }

  private async fetch(
    token: string,
    block: boolean,
  ): Promise<Job<DataType, ResultType, NameType, ProgressType> | undefined> {
    if (this.closing) return undefined;
    const queueId = await this.queueId();
    const { lockDuration, name = '', drainDelay } = this.opts;
    const until = block && this.isDrained ? elapsed() + drainDelay * 1000 : 0;
    while (!this.closing && !this.isPausedHere) {
      const { store } = this.backend;
      const [record] = await store.claimJobs(
        queueId,
        1,
        token,
        lockDuration,
        name,
        this.opts.limiter,
      );
      if (record && (!record.repeatJobKey || (await this.processing.advance(record)))) {
        const job = this.Job.fromJSON<DataType, ResultType, NameType, ProgressType>(this, {
          ...record,
          processedBy: name,
        });
        this.isDrained = false;
        this.emit('active', job, 'waiting');
        return job;
      }
      if (!record) {
        if (!this.isDrained) this.emit('drained');
        this.isDrained = true;
      }
      // One that was put off, for its scheduler could not make the next, is not all that there is.
      if (elapsed() >= until && !(record && block)) return undefined;
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
