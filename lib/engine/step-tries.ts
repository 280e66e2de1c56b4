import { clearTimeout, setTimeout, sleep } from '../model/clock';
import { isRateLimitError, isVerdict, StepTimeoutError, toError } from '../model/errors';
import { type BackoffStrategy, backoffDelay, NO_RETRY } from '../options/backoff';
import type { MinimalJob } from '../options/minimal-job';
import type { ResolvedStepOptions } from '../options/step-options';

/** Errors that say what became of the job: no try of a step can change it. */
const FINAL = [
  'LockLostError',
  'UnrecoverableError',
  'DelayedError',
  'WaitingError',
  'WaitingChildrenError',
] as const;

/** The surroundings of the tries of a step. */
export interface TriesHost<Result> {
  /** One try, with the signal that is aborted when it takes too long or the job is cancelled. */
  attempt(signal: () => AbortSignal): Promise<Result>;
  /**
   * What is to happen before a try that took too long counts as failed. Resolves to whether it may succeed all the same: then what becomes of it
   * counts.
   */
  abandon(): Promise<boolean>;
  /** Notes why a try failed. */
  failed(error: Error): Promise<void>;
  /** Aborted when the job is cancelled. Makes one where nobody has asked before. */
  cancellation(): AbortSignal | undefined;
  readonly job: MinimalJob;
  readonly strategy: BackoffStrategy | undefined;
}

/** Tries until it works, or no try is left: then it throws the last error. */
export async function withTries<Result>(
  name: string,
  { retries, backoff, timeout }: ResolvedStepOptions,
  host: TriesHost<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await withTimeout(name, timeout, host);
    } catch (thrown) {
      const error = toError(thrown);
      if (isFinal(error)) throw thrown;
      await host.failed(error);
      if (tries > retries) throw thrown;
      const ms = await backoffDelay(backoff, tries, error, host.job, host.strategy);
      if (ms === NO_RETRY) throw thrown;
      const signal = host.cancellation();
      await sleep(Math.max(ms, 0), undefined, signal && { signal }).catch(() => {
        throw thrown;
      });
    }
  }
}

function isFinal(error: Error): boolean {
  return isRateLimitError(error) || isVerdict(error, ...FINAL);
}

async function withTimeout<Result>(
  name: string,
  timeout: number | undefined,
  host: TriesHost<Result>,
): Promise<Result> {
  let controller: AbortController | undefined;
  const signal = () => {
    if (timeout === undefined) return host.cancellation() ?? new AbortController().signal;
    if (!controller) {
      controller = new AbortController();
      forward(host.cancellation(), controller);
    }
    return controller.signal;
  };
  const attempt = host.attempt(signal);
  if (timeout === undefined) return attempt;
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      const error = new StepTimeoutError(name, timeout);
      controller?.abort(error);
      const fail = (own: unknown) => reject(isFinal(toError(own)) ? own : error);
      void host
        .abandon()
        .then((maySucceed) => (maySucceed ? attempt.then(() => {}, fail) : reject(error)), reject);
    }, timeout);
  });
  try {
    return await Promise.race([attempt, late]);
  } catch (error) {
    // What its transaction was ended with is not why it failed.
    if (isLate) await late;
    throw error;
  } finally {
    clearTimeout(timer);
    // Whatever a try that is given up comes to in the end, nobody waits for it.
    attempt.catch(() => {});
    late.catch(() => {});
  }
}

function forward(from: AbortSignal | undefined, to: AbortController): void {
  if (!from) return;
  if (from.aborted) to.abort(from.reason);
  else from.addEventListener('abort', () => to.abort(from.reason), { once: true });
}
