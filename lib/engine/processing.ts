import { now } from '../model/clock';
import {
  isMoved,
  isRateLimitError,
  isVerdict,
  type Refusal,
  refusalError,
  schedulingError,
  toError,
  UnrecoverableError,
} from '../model/errors';
import { InFlight } from '../model/in-flight';
import type { ClaimedJob, Settlement } from '../model/job-record';
import { metricsPoints } from '../options/metrics-options';
import type { ResolvedWorkerOptions } from '../options/worker-options';
import type { Store } from '../store/store';
import type { ExchangeLoop } from './exchange-loop';
import { endOf, type MeasuredJob, measureRun } from './job-metrics';
import { JobRun } from './job-run';
import { advanceSchedule, putOff } from './schedule';
import { completion, failure, type ReportedJob } from './settlements';
import { Run, type Slots } from './slots';
import type { WorkerTracer } from './worker-tracer';

/** A job as its worker needs it, which writes to it what becomes of it. */
export type ProcessedJob = ReportedJob &
  MeasuredJob & { deferredFailure?: string; processedBy?: string };

/** The worker that processes jobs. */
export interface ProcessingHost<JobType, ResultType> {
  readonly opts: ResolvedWorkerOptions;
  readonly slots: Slots<JobType & { id?: string }>;
  readonly tracer: WorkerTracer | undefined;
  /** Whether the processor looks at an AbortSignal: one for each job costs more than many a job. */
  readonly takesSignal: boolean;
  readonly store: Store;
  queueId(): Promise<number>;
  /** Its conversation with the database; undefined until it is known there. */
  loop(): ExchangeLoop | undefined;
  isFetching(): boolean;
  /** A new object for a job that was claimed. */
  jobOf(record: ClaimedJob): JobType;
  /** Runs the processor. */
  callProcessor(job: JobType, token: string, signal?: AbortSignal): Promise<ResultType>;
  onActive(job: JobType): void;
  onCompleted(job: JobType, result: ResultType): void;
  onFailed(job: JobType, error: Error): void;
  onError(error: unknown): void;
}

/** The life of each job in a worker: claimed, run, reported. */
export class Processing<JobType extends ProcessedJob, ResultType> {
  /** Nobody waits any more for what runs here. */
  isAbandoned = false;
  private readonly unsettled = new InFlight();
  private readonly metricsPoints: number | undefined;
  private endWaiting!: () => void;
  private readonly abandoned = new Promise<void>((resolve) => {
    this.endWaiting = resolve;
  });

  constructor(private readonly host: ProcessingHost<JobType, ResultType>) {
    this.metricsPoints = metricsPoints(host.opts.metrics);
  }

  abandon(): void {
    this.isAbandoned = true;
    this.endWaiting();
  }

  /** No job runs here and every result is stored, or nobody waits for that any more. */
  async whenIdle(): Promise<void> {
    do {
      await this.host.loop()?.quiet();
      await Promise.race([this.unsettled.settled(), this.abandoned]);
    } while (this.unsettled.size > 0 && !this.isAbandoned && !this.host.isFetching());
  }

  /** Something that is to be over before the worker is idle. */
  track(processing: Promise<void>): void {
    this.unsettled.add(processing.catch((error) => this.host.onError(error)));
  }

  /** Runs a job that was claimed. In few async functions: each costs 500 bytes a job. */
  begin(record: ClaimedJob): void {
    const { host } = this;
    try {
      const job = host.jobOf(record);
      if (host.opts.name) job.processedBy = host.opts.name;
      const run = new Run(job, host.takesSignal ? new AbortController() : undefined);
      host.slots.enter(run);
      this.track(
        record.repeatJobKey ? this.processIteration(run, record) : this.performTraced(run, record),
      );
    } catch (error) {
      host.onError(error);
    }
  }

  /** Makes the next job of a scheduler, before this one runs. False when that failed: the job is put off. */
  async advance(record: ClaimedJob, run?: Run<JobType>): Promise<boolean> {
    const { host } = this;
    const { store, tracer } = host;
    const queueId = await host.queueId();
    try {
      const strategy = host.opts.settings?.repeatStrategy;
      const make = () => advanceSchedule(store, queueId, record, strategy);
      await (tracer ? tracer.advance(record, make) : make());
      return true;
    } catch (error) {
      if (run) host.slots.leave(run);
      host.onError(schedulingError(error));
    }
    try {
      await putOff(store, queueId, record);
      host.loop()?.forget(record);
    } catch {
      // The loop asks until it has an answer: the job goes back then.
      await host.loop()?.settle(record, this.moved(record));
    }
    return false;
  }

  private async processIteration(run: Run<JobType>, record: ClaimedJob): Promise<void> {
    if (await this.advance(record, run)) await this.performTraced(run, record);
  }

  private performTraced(run: Run<JobType>, record: ClaimedJob): Promise<void> {
    const { tracer } = this.host;
    this.host.onActive(run.job);
    return tracer
      ? tracer.process(run.job, () => this.perform(run, record))
      : this.perform(run, record);
  }

  private async perform(run: Run<JobType>, record: ClaimedJob): Promise<void> {
    const { host } = this;
    const { job, controller } = run;
    try {
      const refused = this.refusalToStart(job);
      if (refused) throw refused;
      const result = await host.callProcessor(job, record.token, controller?.signal);
      host.slots.leave(run);
      if (this.announceOwnCompletion(job, record)) return;
      const report = completion(job, record.token, result, host.opts.removeOnComplete);
      const refusal = await this.report(run, record, report);
      if (refusal) await this.completionRefused(run, record, refusal);
      else this.announceCompletion(job, result, report.settled_at);
    } catch (thrown) {
      try {
        await this.settleThrown(run, record, thrown);
      } catch (error) {
        // What was thrown, or the job itself, does not bear being looked at: it is not to be held for ever.
        if (!run.isReported) await host.loop()!.settle(record, this.moved(record));
        throw error;
      }
    } finally {
      host.slots.leave(run);
    }
  }

  /** Why a job fails without being run. */
  private refusalToStart(job: JobType): Error | undefined {
    if (job.deferredFailure) return new UnrecoverableError(job.deferredFailure);
    const { maxStartedAttempts } = this.host.opts;
    if (maxStartedAttempts && job.attemptsStarted > maxStartedAttempts) {
      return new UnrecoverableError('job started more than allowable limit');
    }
    return undefined;
  }

  private async completionRefused(
    run: Run<JobType>,
    record: ClaimedJob,
    refusal: Refusal,
  ): Promise<void> {
    const error = refusalError(refusal, record.id, 'moveToFinished');
    this.host.onError(error);
    if (refusal === 'pending_children' || refusal === 'failed_children') {
      await this.fail(run, record, error);
    }
  }

  private announceCompletion(job: JobType, result: ResultType, finishedOn = now()): void {
    job.attemptsMade++;
    job.returnvalue = result || undefined;
    job.finishedOn = finishedOn;
    this.host.onCompleted(job, result);
    this.host.tracer?.completed(job, result);
  }

  /** For a job that a transaction of its own run has completed: there is nothing to report. */
  private announceOwnCompletion(job: JobType, record: ClaimedJob): boolean {
    const own = JobRun.completionOf(job);
    if (!own) return false;
    this.host.loop()!.forget(record);
    this.announceCompletion(job, own.value as ResultType);
    return true;
  }

  /** A processor threw: it has moved the job, or the job is to wait, or it failed. */
  private async settleThrown(
    run: Run<JobType>,
    record: ClaimedJob,
    thrown: unknown,
  ): Promise<void> {
    const { host } = this;
    const { job } = run;
    const isLockLost = isVerdict(thrown, 'LockLostError');
    const isOwn = JobRun.completionOf(job) !== undefined;
    // One that failed keeps its slot until its report is ready, or the next job would start before it is known to have failed.
    if (isOwn || isLockLost || isMoved(thrown) || isRateLimitError(thrown)) host.slots.leave(run);
    if (isLockLost || isOwn) host.onError(thrown);
    if (this.announceOwnCompletion(job, record)) return;
    if (isLockLost || isMoved(thrown)) await host.loop()!.settle(record, this.moved(record));
    else if (isRateLimitError(thrown)) await this.release(job, record);
    else await this.fail(run, record, toError(thrown));
  }

  /** It goes back, and runs when the limit allows it. */
  private async release(job: JobType, record: ClaimedJob): Promise<void> {
    const { host } = this;
    const { id, token } = record;
    const queueId = await host.queueId();
    try {
      const outcome = await host.store.releaseJob(queueId, id, token);
      host.loop()!.forget(record);
      if (outcome !== 'ok') throw refusalError(outcome, id, 'moveJobFromActiveToWait');
      measureRun(job, 'waiting');
    } catch (error) {
      host.onError(error);
      // The loop asks until it has an answer: a job that is still here goes back then.
      await host.loop()!.settle(record, this.moved(record));
    }
  }

  /** The report that its processor moved a job, or that it is to go back. */
  private moved({ id, token }: ClaimedJob): Settlement {
    return { id, token, outcome: 'moved', max_stalled_count: this.host.opts.maxStalledCount };
  }

  private async fail(run: Run<JobType>, record: ClaimedJob, error: Error): Promise<void> {
    const { host } = this;
    const { job } = run;
    const { removeOnFail, settings, maxStartedAttempts } = host.opts;
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
      host.onError(cause);
      reason = new UnrecoverableError(cause.message);
      return failure(job, record.token, reason, undefined, removeOnFail);
    });
    const { stacktraces, ...settlement } = report;
    host.slots.leave(run);
    const refusal = await this.report(run, record, settlement);
    if (refusal) {
      host.onError(refusalError(refusal, record.id, 'moveToFinished'));
      return;
    }
    job.attemptsMade++;
    job.failedReason = report.reason;
    job.stacktrace = stacktraces;
    if (report.outcome === 'failed') job.finishedOn = settlement.settled_at ?? now();
    else job.delay = report.delay_ms ?? 0;
    host.onFailed(job, reason);
    host.tracer?.failed(job, reason, endOf(report).end);
  }

  /** Reports how a run ended. Resolves to why the database did not accept that, or null. */
  private report(
    run: Run<JobType>,
    record: ClaimedJob,
    settlement: Settlement,
  ): Promise<Refusal | null> {
    run.isReported = true;
    if (record.parentId != null) {
      settlement.parent_queue_id = record.parentQueueId!;
      settlement.parent_id = record.parentId;
    }
    if (this.metricsPoints !== undefined) settlement.metrics_points = this.metricsPoints;
    const { tracer } = this.host;
    return tracer
      ? this.reportTraced(tracer, run.job, record, settlement)
      : this.host.loop()!.settle(record, settlement);
  }

  private reportTraced(
    tracer: WorkerTracer,
    job: JobType,
    record: ClaimedJob,
    settlement: Settlement,
  ): Promise<Refusal | null> {
    const send = () => this.host.loop()!.settle(record, settlement);
    const toError = (refusal: Refusal) => refusalError(refusal, settlement.id, 'moveToFinished');
    return tracer.report(endOf(settlement).operation, job, send, toError);
  }
}
