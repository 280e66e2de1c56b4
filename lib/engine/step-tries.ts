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

/** One try of a step, which has begun. */
export interface Try<Result> {
  readonly result: Promise<Result>;
  /**
   * It takes too long: ends its transaction. Resolves to whether it may succeed all the same, because its result is on its way
   * to the database: then what becomes of it there counts.
   */
  abandon(): Promise<boolean>;
  /** Notes why it failed. */
  failed(error: Error): Promise<void>;
}

/** The surroundings of the tries of a step. */
export interface TriesHost<Result> {
  /** Begins a try, with the signal that is aborted when it takes too long or the job is cancelled. */
  begin(signal: () => AbortSignal): Try<Result>;
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
    const signal = new TrySignal(() => host.cancellation(), timeout !== undefined);
    const current = host.begin(() => signal.get());
    try {
      if (timeout === undefined) return await current.result;
      return await inTime(current, timeout, new StepTimeoutError(name, timeout), signal);
    } catch (thrown) {
      const error = toError(thrown);
      if (isFinal(error)) throw thrown;
      await current.failed(error);
      if (tries > retries) throw thrown;
      const ms = await backoffDelay(backoff, tries, error, host.job, host.strategy);
      if (ms === NO_RETRY) throw thrown;
      const cancellation = host.cancellation();
      const options = cancellation && { signal: cancellation };
      await sleep(Math.max(ms, 0), undefined, options).catch(() => {
        throw thrown;
      });
    } finally {
      signal.end();
    }
  }
}

function isFinal(error: Error): boolean {
  return isRateLimitError(error) || isVerdict(error, ...FINAL);
}

async function inTime<Result>(
  { result, abandon }: Try<Result>,
  timeout: number,
  error: StepTimeoutError,
  signal: TrySignal,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = (own: unknown) => reject(isFinal(toError(own)) ? own : error);
    timer = setTimeout(() => {
      isLate = true;
      signal.abort(error);
      void abandon().then(
        (maySucceed) => (maySucceed ? result.then(() => {}, fail) : reject(error)),
        reject,
      );
    }, timeout);
  });
  try {
    return await Promise.race([result, late]);
  } catch (thrown) {
    // What its transaction was ended with is not why it failed.
    if (isLate) await late;
    throw thrown;
  } finally {
    clearTimeout(timer);
    // Whatever a try that is given up comes to in the end, nobody waits for it.
    result.catch(() => {});
    late.catch(() => {});
  }
}

/** The signal of one try, made when somebody asks for it. */
class TrySignal {
  private controller: AbortController | undefined;
  private stopListening: (() => void) | undefined;
  private reason: Error | undefined;
  private isOver = false;

  /** @param isOwn it is aborted for reasons of its own, too */
  constructor(
    private readonly cancellation: () => AbortSignal | undefined,
    private readonly isOwn: boolean,
  ) {}

  get(): AbortSignal {
    const cancelled = this.cancellation();
    if (!this.isOwn && cancelled) return cancelled;
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.reason) this.controller.abort(this.reason);
      else if (cancelled && !this.isOver) this.follow(cancelled, this.controller);
    }
    return this.controller.signal;
  }

  abort(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }

  /** The try is over: it listens to the job's signal no longer. */
  end(): void {
    this.isOver = true;
    this.stopListening?.();
  }

  private follow(cancelled: AbortSignal, controller: AbortController): void {
    const abort = () => controller.abort(cancelled.reason);
    if (cancelled.aborted) {
      abort();
      return;
    }
    cancelled.addEventListener('abort', abort, { once: true });
    this.stopListening = () => cancelled.removeEventListener('abort', abort);
  }
}
