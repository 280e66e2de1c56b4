import { isVerdict } from '../model/errors';
import type { Settlement } from '../model/job-record';
import { toJsonText, toStorableText } from '../model/json';
import { MOST_MS } from '../model/whole-number';
import { type BackoffStrategy, backoffDelay, NO_RETRY, normalizeBackoff } from '../options/backoff';
import { isLifo } from '../options/job-options';
import type { MinimalJob } from '../options/minimal-job';
import { type RemoveOn, retention } from '../options/retention';

/** What a report tells of a job. */
export interface ReportedJob extends MinimalJob {
  attemptsStarted: number;
}

/**
 * The report that a job is completed.
 * @throws InvalidPayloadError for a result that JSON cannot hold
 */
export function completion(
  job: Pick<ReportedJob, 'id' | 'parentKey' | 'opts'>,
  token: string,
  returnValue: unknown,
  ofWorker?: RemoveOn,
): Settlement {
  return {
    id: job.id!,
    token,
    // Its place: one that is added later costs each job an allocation.
    settled_at: undefined,
    outcome: 'completed',
    value: toJsonText(returnValue, `The return value of job ${job.id}`),
    has_parent: job.parentKey !== undefined,
    deduplication_id: job.opts.deduplication?.id,
    ...retention(job.opts.removeOnComplete, ofWorker),
  };
}

/**
 * The report that a job failed: for good, or with a try left.
 * @param maxStartedAttempts a job that was started so often is not tried again
 * @throws Error when the job names a backoff that the worker does not know
 */
export async function failure(
  job: ReportedJob,
  token: string,
  error: Error,
  strategy?: BackoffStrategy,
  ofWorker?: RemoveOn,
  maxStartedAttempts?: number,
): Promise<Settlement & { reason: string; stacktraces: string[] }> {
  const attemptsMade = job.attemptsMade + 1;
  const mayRetry =
    attemptsMade < (job.opts.attempts ?? 1) &&
    !isVerdict(error, 'UnrecoverableError') &&
    !(maxStartedAttempts && maxStartedAttempts <= job.attemptsStarted);
  const backoff = normalizeBackoff(job.opts.backoff);
  const delay = mayRetry
    ? (await backoffDelay(backoff, attemptsMade, error, job, strategy)) || 0
    : NO_RETRY;
  const limit = job.opts.stackTraceLimit;
  const traces = [...(job.stacktrace ?? [])];
  if (error.stack) traces.push(toStorableText(String(error.stack)));
  const stacktraces = limit === undefined ? traces : limit === 0 ? [] : traces.slice(-limit);
  const report = {
    id: job.id!,
    token,
    reason: toStorableText(String(error.message)),
    stacktrace: JSON.stringify(stacktraces),
    stacktraces,
    has_parent: job.parentKey !== undefined,
    deduplication_id: job.opts.deduplication?.id,
  };
  return delay === NO_RETRY
    ? { ...report, outcome: 'failed', ...retention(job.opts.removeOnFail, ofWorker) }
    : {
        ...report,
        outcome: 'retried',
        delay_ms: Math.min(Math.max(Math.round(delay), 0), MOST_MS),
        lifo: isLifo(job.opts),
      };
}
