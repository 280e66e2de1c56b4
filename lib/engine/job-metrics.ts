import { now } from '../model/clock';
import type { Settlement } from '../model/job-record';
import { MetricNames, TelemetryAttributes } from '../model/telemetry';
import type { Telemetry } from '../options/telemetry-options';

const COUNTERS = {
  completed: MetricNames.JobsCompleted,
  failed: MetricNames.JobsFailed,
  delayed: MetricNames.JobsDelayed,
  retried: MetricNames.JobsRetried,
  waiting: MetricNames.JobsWaiting,
  'waiting-children': MetricNames.JobsWaitingChildren,
} as const;

/** What a job can become at the end of a run. */
export type EndOfRun = keyof typeof COUNTERS;

/** A job of a queue or worker that may have a meter. */
export interface MeasuredJob {
  name: string;
  processedOn?: number;
  queue: { name: string; opts: { telemetry?: Telemetry | undefined } };
}

/** Counts, with the meter of the job's queue or worker, how a run ended, and how long it took. */
export function measureRun(job: MeasuredJob, end: EndOfRun): void {
  const meter = job.queue.opts.telemetry?.meter;
  if (!meter) return;
  const attributes = {
    [TelemetryAttributes.QueueName]: job.queue.name,
    [TelemetryAttributes.JobName]: job.name,
    [TelemetryAttributes.JobState]: end,
  };
  meter
    .createCounter(COUNTERS[end], { description: `Number of jobs ${end}`, unit: '1' })
    .add(1, attributes);
  if (!job.processedOn) return;
  meter
    .createHistogram(MetricNames.JobDuration, {
      description: 'Job processing duration',
      unit: 'ms',
    })
    // The job was started by the database's clock, which may be ahead of this one.
    .record(Math.max(now() - job.processedOn, 0), attributes);
}

/** What the report that ends a run is called, and what the job becomes by it. */
export function endOf({ outcome, delay_ms }: Settlement): { operation: string; end: EndOfRun } {
  if (outcome === 'completed') return { operation: 'complete', end: 'completed' };
  if (outcome === 'failed') return { operation: 'fail', end: 'failed' };
  return delay_ms ? { operation: 'delay', end: 'delayed' } : { operation: 'retry', end: 'retried' };
}

/** Records how many jobs a queue has in each state. */
export function measureCounts(
  telemetry: Telemetry | undefined,
  queueName: string,
  counts: Record<string, number>,
): void {
  const gauge = telemetry?.meter?.createGauge(MetricNames.QueueJobsCount, {
    description: 'Number of jobs in the queue by state',
    unit: '{jobs}',
  });
  for (const [state, count] of Object.entries(counts)) {
    gauge?.record(count, {
      [TelemetryAttributes.QueueName]: queueName,
      [TelemetryAttributes.QueueJobsState]: state,
    });
  }
}
