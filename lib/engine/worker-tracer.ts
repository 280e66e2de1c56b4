import { now } from '../model/clock';
import { SpanKind, TelemetryAttributes } from '../model/telemetry';
import type { Attributes, Span, Telemetry } from '../options/telemetry-options';
import { type EndOfRun, type MeasuredJob, measureRun } from './job-metrics';
import { trace } from './telemetry';

/** What a span tells of a job. */
export interface TracedJob {
  id?: string;
  name: string;
  attemptsMade: number;
  processedOn?: number | null;
  finishedOn?: number | null;
  repeatJobKey?: string | null;
  opts: { telemetry?: { metadata?: string } };
}

type EndedJob = TracedJob & MeasuredJob;

interface TracedWorker {
  readonly name: string;
  readonly id: string;
  readonly opts: { name?: string; telemetry?: Telemetry };
}

/** What each span of a worker tells of it. */
export function workerAttributes({ id, opts }: TracedWorker): Attributes {
  return { [TelemetryAttributes.WorkerId]: id, [TelemetryAttributes.WorkerName]: opts.name };
}

/**
 * The spans of a worker that has telemetry. Those of what it does by itself begin in the context in
 * which it was made, or in none: the exchange that brings a job is one that an earlier job has
 * caused, and runs in that job's context.
 *
 * Telemetry that throws is told to `onError`, and is no reason to leave a job lying.
 */
export class WorkerTracer {
  private readonly telemetry: Telemetry;
  private readonly context: unknown;
  private readonly spans = new WeakMap<TracedJob, Span>();

  constructor(
    private readonly worker: TracedWorker,
    private readonly onError: (error: unknown) => void,
  ) {
    this.telemetry = worker.opts.telemetry!;
    const { contextManager } = this.telemetry;
    this.context = contextManager.root ? contextManager.root() : contextManager.active();
  }

  /** Runs a job in a span that goes on from where the job was added. */
  process(job: TracedJob, run: () => Promise<void>): Promise<void> {
    return this.surely(run, (ran) => {
      const work = async (span?: Span) => {
        this.spans.set(job, span!);
        span!.setAttributes({ ...workerAttributes(this.worker), ...jobAttributes(job) });
        await ran();
        span!.setAttributes({
          [TelemetryAttributes.JobAttemptFinishedTimestamp]: job.finishedOn || now(),
          [TelemetryAttributes.JobProcessedTimestamp]: job.processedOn ?? undefined,
        });
      };
      return this.detached(SpanKind.CONSUMER, 'process', this.worker.name, work, job);
    });
  }

  /**
   * Reports, within a span, what became of a job. What the report is refused for is recorded. Resolves with the answer, not
   * with the end of the span: the job is to be told of before the next one starts.
   */
  report<Refusal>(
    operation: string,
    job: TracedJob,
    send: () => Promise<Refusal>,
    toError: (refusal: NonNullable<Refusal>) => Error,
  ): Promise<Refusal> {
    const once = onlyOnce(send);
    const traced = this.surely(once, (sent) =>
      this.attached(operation, async (span) => {
        span!.setAttributes(jobAttributes(job));
        const refusal = await sent();
        if (!refusal) return;
        const error = toError(refusal);
        span!.recordException(error);
        this.spans.get(job)?.recordException(error.message);
      }),
    );
    // Its failure is that of the answer.
    traced.catch(() => {});
    return once();
  }

  completed(job: EndedJob, result: unknown): void {
    const attributes = { [TelemetryAttributes.JobResult]: JSON.stringify(result) };
    this.ended(job, 'completed', 'job completed', attributes);
  }

  /** @param end what the job became: it may be tried again */
  failed(job: EndedJob, error: Error, end: EndOfRun): void {
    this.ended(job, end, 'job failed', { [TelemetryAttributes.JobFailedReason]: error.message });
  }

  private ended(job: EndedJob, end: EndOfRun, event: string, attributes: Attributes): void {
    try {
      measureRun(job, end);
      const span = this.spans.get(job);
      span?.addEvent(event, attributes);
      span?.setAttributes({ [TelemetryAttributes.JobAttemptsMade]: job.attemptsMade });
    } catch (error) {
      this.onError(error);
    }
  }

  /** Makes the next job of a scheduler in a span. */
  advance(job: TracedJob, make: () => Promise<void>): Promise<void> {
    return this.surely(make, (made) =>
      this.detached(SpanKind.PRODUCER, 'add', `${this.worker.name}.${job.name}`, (span) => {
        span!.setAttributes({
          [TelemetryAttributes.JobSchedulerId]: job.repeatJobKey ?? undefined,
        });
        return made();
      }),
    );
  }

  /** Tells of a job that was taken over from a dead worker. */
  stalled(jobId: string): Promise<void> {
    const tell = (span?: Span) => {
      span!.setAttributes({
        ...workerAttributes(this.worker),
        [TelemetryAttributes.WorkerStalledJobs]: [jobId],
      });
      span!.addEvent('job stalled', { [TelemetryAttributes.JobId]: jobId });
    };
    const operation = 'moveStalledJobsToWait';
    return this.detached(SpanKind.INTERNAL, operation, this.worker.name, tell).catch(this.onError);
  }

  /** Tells of a job that was fetched by hand, or of none. */
  fetched(job: TracedJob | undefined, opts: object): Promise<void> {
    const tell = (span?: Span) =>
      span!.setAttributes({
        ...workerAttributes(this.worker),
        [TelemetryAttributes.WorkerOptions]: JSON.stringify(opts),
        [TelemetryAttributes.JobId]: job?.id,
      });
    return this.attached('getNextJob', tell, job).catch(this.onError);
  }

  close(isForced: boolean, close: () => Promise<void>): Promise<void> {
    return this.surely(close, (closed) =>
      this.attached('close', (span) => {
        span!.setAttributes({
          ...workerAttributes(this.worker),
          [TelemetryAttributes.WorkerForceClose]: isForced,
        });
        return closed();
      }),
    );
  }

  /** A span in the context of the caller, or in the one that a job carries. */
  private attached(
    operation: string,
    work: (span?: Span) => Promise<void> | void,
    job?: TracedJob,
  ): Promise<void> {
    const { name } = this.worker;
    const metadata = job?.opts.telemetry?.metadata;
    return trace(this.telemetry, SpanKind.INTERNAL, name, operation, name, work, metadata);
  }

  /** A span in the context of the worker, or in the one that a job carries. */
  private async detached(
    kind: SpanKind,
    operation: string,
    destination: string,
    work: (span?: Span) => Promise<void> | void,
    job?: TracedJob,
  ): Promise<void> {
    const { telemetry, worker, context } = this;
    const metadata = job?.opts.telemetry?.metadata;
    return telemetry.contextManager.with(context, () =>
      trace(telemetry, kind, worker.name, operation, destination, work, metadata),
    );
  }

  /** Does the work, once, within what is traced: also when the tracing fails. */
  private async surely<Result>(
    work: () => Promise<Result>,
    traced: (once: () => Promise<Result>) => Promise<void>,
  ): Promise<Result> {
    const once = onlyOnce(work);
    try {
      await traced(once);
    } catch (error) {
      const isOfWork = await once().then(
        () => false,
        (cause) => cause === error,
      );
      if (!isOfWork) this.onError(error);
    }
    return once();
  }
}

/** Does the work at the first call; all calls return the same promise. */
function onlyOnce<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let done: Promise<Result> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

function jobAttributes(job: TracedJob): Attributes {
  return { [TelemetryAttributes.JobName]: job.name, [TelemetryAttributes.JobId]: job.id };
}
