import { randomUUID } from 'node:crypto';
import type { BackendFactory } from './engine/backend-factory';
import type { ExchangeLoop } from './engine/exchange-loop';
import { endOf, measureRun } from './engine/job-metrics';
import { JobRun } from './engine/job-run';
import { Prefetch } from './engine/prefetch';
import { type Runner, runnerOf } from './engine/runner';
import { advanceSchedule, putOff } from './engine/schedule';
import { completion, failure } from './engine/settlements';
import { WorkerTracer } from './engine/worker-tracer';
import type { Job } from './job';
import { now } from './model/clock';
import {
  isMoved,
  isRateLimitError,
  isVerdict,
  type Refusal,
  refusalError,
  schedulingError,
  toError,
  UnrecoverableError,
} from './model/errors';
import type { WorkerListener } from './model/events';
import { InFlight } from './model/in-flight';
import type { ClaimedJob, JobProgress, Settlement } from './model/job-record';
import { Roster, Transient } from './model/roster';
import { metricsPoints } from './options/metrics-options';
import type { ResolvedWorkerOptions } from './options/worker-options';
import type { AnyProcessor } from './processor';
import { QueueBase } from './queue-base';

class Run<JobType> extends Transient {
  /** Its worker was given up while it ran. */
  isLost = false;
  /** The database is told, or has been, what became of it. */
  isReported = false;

  constructor(
    readonly job: JobType,
    public controller: AbortController | undefined,
  ) {
    super();
  }
}

/** The jobs that run in a worker: claimed, run, and reported, one life each. */
export abstract class WorkerRuns<
  DataType,
  ResultType,
  NameType extends string,
  ProgressType extends JobProgress,
> extends QueueBase<
  WorkerListener<Job<DataType, ResultType, NameType, ProgressType>, ResultType, ProgressType>
> {
  declare readonly opts: ResolvedWorkerOptions;
  readonly id: string = randomUUID();
  protected readonly runner:
    | Runner<Job<DataType, ResultType, NameType, ProgressType>, ResultType>
    | undefined;
  /** Also of one job more than one: one that was moved may run again before its last run has ended. */
  private readonly runs = new Roster<Run<Job<DataType, ResultType, NameType, ProgressType>>>();
  protected readonly prefetch: Prefetch;
  private readonly unsettled = new InFlight();
  protected isAbandoned = false;
  private endWaiting!: () => void;
  private readonly abandoned = new Promise<void>((resolve) => {
    this.endWaiting = resolve;
  });
  protected readonly tracer: WorkerTracer | undefined;
  private readonly metricsPoints: number | undefined;
  protected currentConcurrency: number;
  protected isPausedHere = false;
  /** The worker's conversation with the database, once it works. */
  protected loop: ExchangeLoop | undefined;

  constructor(
    name: string,
    processor:
      | AnyProcessor<DataType, ResultType, NameType, ProgressType>
      | string
      | URL
      | null
      | undefined,
    opts: ResolvedWorkerOptions,
    backendFactory?: BackendFactory,
  ) {
    const runner = processor
      ? runnerOf<Job<DataType, ResultType, NameType, ProgressType>, ResultType>(processor, opts, {
          concurrency: () => this.currentConcurrency,
          cancellationOf: (job) => this.cancellationOf(job),
          onError: (error) => this.emit('error', error),
          self: () => this,
        })
      : undefined;
    super(name, opts, backendFactory);
    this.runner = runner;
    this.currentConcurrency = opts.concurrency;
    this.prefetch = new Prefetch(opts.prefetch, (jobs) => this.loop?.giveBack(jobs));
    this.metricsPoints = metricsPoints(opts.metrics);
    const onError = (error: unknown) => this.emit('error', error);
    this.tracer = opts.telemetry && new WorkerTracer(this, onError);
  }

  /** A job was claimed: it runs now, or waits for a slot, or goes back. */
  protected take(record: ClaimedJob): void {
    if (this.hasIdleSlot()) this.begin(record);
    else if (this.isFetching()) this.prefetch.hold(record);
    else this.loop!.giveBack([record]);
  }

  /** Nobody waits any more for what runs here. */
  protected abandon(): void {
    this.isAbandoned = true;
    this.endWaiting();
  }

  /** No job runs here and every result is stored, or nobody waits for that any more. */
  protected async whenIdle(): Promise<void> {
    do {
      await this.loop?.quiet();
      await Promise.race([this.unsettled.settled(), this.abandoned]);
    } while (this.unsettled.size > 0 && !this.isAbandoned && !this.isFetching());
  }

  protected runningIds(): string[] {
    return [...this.runs].map(({ job }) => job.id!);
  }

  /** Others may run by now what runs here, and what only waits here. Told once of each job. */
  protected leaseLost(): void {
    this.prefetch.release();
    const lost = [...this.runs].filter(({ isLost }) => !isLost);
    for (const run of lost) run.isLost = true;
    if (lost.length > 0)
      this.emit(
        'lockRenewalFailed',
        lost.map(({ job }) => job.id!),
      );
  }

  /** How many jobs more to fetch: to run now, or to hold until a slot is free. */
  protected freeSlots(): number {
    if (!this.isFetching()) return 0;
    const idle = Math.ceil(this.currentConcurrency) - this.runs.size;
    return Math.max(idle + this.prefetch.room, 0);
  }

  protected hasIdleSlot(): boolean {
    return this.runs.size < this.currentConcurrency;
  }

  protected isFetching(): boolean {
    return this.isRunning() && !this.isPausedHere && !this.closing;
  }

  /** Whether it works at all: begun, and not paused or closed since. */
  abstract isRunning(): boolean;

  protected track(processing: Promise<void>): void {
    this.unsettled.add(processing.catch((error) => this.emit('error', error)));
  }

  /** The life of one job here: claimed, run, reported. In few async functions: each costs 500 bytes a job. */
  private begin(record: ClaimedJob): void {
    try {
      const job = this.Job.fromJSON<DataType, ResultType, NameType, ProgressType>(this, record);
      if (this.opts.name) job.processedBy = this.opts.name;
      // An AbortController for each job costs more than many a job: only for processors that look at
      // it.
      const controller = this.runner!.takesSignal ? new AbortController() : undefined;
      const run = new Run(job, controller);
      this.runs.add(run);
      this.prefetch.runBegan();
      this.track(
        record.repeatJobKey ? this.processIteration(run, record) : this.process(run, record),
      );
    } catch (error) {
      this.emit('error', error);
    }
  }

  private async processIteration(
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
  ): Promise<void> {
    if (await this.advance(record, run)) await this.process(run, record);
  }

  private process(
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
  ): Promise<void> {
    this.emit('active', run.job, 'waiting');
    return this.tracer
      ? this.tracer.process(run.job, () => this.perform(run, record))
      : this.perform(run, record);
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
      if (this.announceOwnCompletion(job, record)) return;
      const report = completion(job, record.token, result, this.opts.removeOnComplete);
      const refusal = await this.report(run, record, report);
      if (refusal) await this.completionRefused(run, record, refusal);
      else this.announceCompletion(job, result, report.settled_at);
    } catch (thrown) {
      try {
        await this.settleThrown(run, record, thrown);
      } catch (error) {
        // What was thrown, or the job itself, does not bear being looked at: it is not to be held for ever.
        if (!run.isReported) await this.loop!.settle(record, this.moved(record));
        throw error;
      }
    } finally {
      this.ended(run);
    }
  }

  private ended(run: Run<Job<DataType, ResultType, NameType, ProgressType>>): void {
    if (!this.runs.delete(run)) return;
    this.prefetch.runEnded();
    this.fillSlots();
    if (this.prefetch.patience === 0) this.loop?.hurry();
  }

  /** Lets jobs run that are held here. */
  protected fillSlots(): void {
    while (this.isFetching() && this.hasIdleSlot()) {
      const next = this.prefetch.next();
      if (!next) return;
      this.begin(next);
    }
  }

  /** Makes the next job of a scheduler, before this one runs. False when that failed: the job is put off. */
  protected async advance(
    record: ClaimedJob,
    run?: Run<Job<DataType, ResultType, NameType, ProgressType>>,
  ): Promise<boolean> {
    const { store } = this.backend;
    const { settings } = this.opts;
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
      await this.loop?.settle(record, this.moved(record));
    }
    return false;
  }

  /** Runs the processor. Tools that trace what workers do put themselves around this method. */
  protected callProcessJob(
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

  private async completionRefused(
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
    refusal: Refusal,
  ): Promise<void> {
    const error = refusalError(refusal, record.id, 'moveToFinished');
    this.emit('error', error);
    if (refusal === 'pending_children' || refusal === 'failed_children') {
      await this.fail(run, record, error);
    }
  }

  private announceCompletion(
    job: Job<DataType, ResultType, NameType, ProgressType>,
    result: ResultType,
    finishedOn = now(),
  ): void {
    job.attemptsMade++;
    job.returnvalue = (result || undefined) as ResultType;
    job.finishedOn = finishedOn;
    this.emit('completed', job, result, 'active');
    this.tracer?.completed(job, result);
  }

  /** For a job that a transaction of its own run has completed: there is nothing to report. */
  private announceOwnCompletion(
    job: Job<DataType, ResultType, NameType, ProgressType>,
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
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
    thrown: unknown,
  ): Promise<void> {
    const { job } = run;
    const { id, token } = record;
    const isLockLost = isVerdict(thrown, 'LockLostError');
    const isOwn = JobRun.completionOf(job) !== undefined;
    // One that failed keeps its slot until its report is ready, or the next job would start before it is known to have failed.
    if (isOwn || isLockLost || isMoved(thrown) || isRateLimitError(thrown)) this.ended(run);
    if (isLockLost || isOwn) this.emit('error', thrown);
    if (this.announceOwnCompletion(job, record)) return;
    if (isLockLost || isMoved(thrown)) {
      await this.loop!.settle(record, this.moved(record));
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
        await this.loop!.settle(record, this.moved(record));
      }
    } else {
      await this.fail(run, record, toError(thrown));
    }
  }

  /** The report that its processor moved a job, or that it is to go back. */
  private moved({ id, token }: ClaimedJob): Settlement {
    return { id, token, outcome: 'moved', max_stalled_count: this.opts.maxStalledCount };
  }

  private async fail(
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
    error: Error,
  ): Promise<void> {
    const { job } = run;
    const { removeOnFail, settings, maxStartedAttempts } = this.opts;
    let reason = error;
    // For the backoff strategy, as is its place in the stored job.
    job.failedReason = error.message;
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
      reason = new UnrecoverableError(cause.message);
      return failure(job, record.token, reason, undefined, removeOnFail);
    });
    const { stacktraces, ...settlement } = report;
    this.ended(run);
    const refusal = await this.report(run, record, settlement);
    if (refusal) {
      this.emit('error', refusalError(refusal, record.id, 'moveToFinished'));
      return;
    }
    job.attemptsMade++;
    job.failedReason = report.reason;
    job.stacktrace = stacktraces;
    if (report.outcome === 'failed') job.finishedOn = settlement.settled_at ?? now();
    else job.delay = report.delay_ms ?? 0;
    this.emit('failed', job, reason, 'active');
    this.tracer?.failed(job, reason, endOf(report).end);
  }

  /** Reports how a run ended. Resolves to why the database did not accept that, or null. */
  private report(
    run: Run<Job<DataType, ResultType, NameType, ProgressType>>,
    record: ClaimedJob,
    settlement: Settlement,
  ): Promise<Refusal | null> {
    run.isReported = true;
    if (record.parentId != null) {
      settlement.parent_queue_id = record.parentQueueId!;
      settlement.parent_id = record.parentId;
    }
    if (this.metricsPoints !== undefined) settlement.metrics_points = this.metricsPoints;
    return this.tracer
      ? this.reportTraced(this.tracer, run.job, record, settlement)
      : this.loop!.settle(record, settlement);
  }

  private reportTraced(
    tracer: WorkerTracer,
    job: Job<DataType, ResultType, NameType, ProgressType>,
    record: ClaimedJob,
    settlement: Settlement,
  ): Promise<Refusal | null> {
    const send = () => this.loop!.settle(record, settlement);
    const toError = (refusal: Refusal) => refusalError(refusal, settlement.id, 'moveToFinished');
    return tracer.report(endOf(settlement).operation, job, send, toError);
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
}
