import { checkText } from '../model/json';
import { type BackoffOptions, normalizeBackoff } from './backoff';
import { ID_LIMIT } from './job-options';

/** What `job.step` takes. */
export interface StepOptions {
  /** Tries after the first one that failed, within this run of the job. Default 0. */
  retries?: number | undefined;
  /**
   * What to wait before each of them: milliseconds, or as the `backoff` of a job. The worker waits
   * with the job. Default: nothing.
   */
  backoff?: number | BackoffOptions | undefined;
  /**
   * Milliseconds that a try may take. Its `signal` is aborted then, its transaction rolled back, and
   * the try has failed with a `StepTimeoutError`. When its result was on its way to the database already, what becomes of it there
   * counts: the try may still succeed. Default: no limit.
   */
  timeout?: number | undefined;
}

/** What `job.waitForSignal` takes. */
export interface SignalOptions {
  /** Milliseconds to wait, from the first time on. Default: for ever. */
  timeout?: number | undefined;
  /**
   * The name of the wait among the steps of the job, where signals of one name are waited for more
   * than once. Default: the name of the signal.
   */
  step?: string | undefined;
}

/** What `job.transaction` takes. */
export interface TransactionOptions {
  /** Default: the database's, which is `read committed` unless changed. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable' | undefined;
}

export interface ResolvedStepOptions {
  retries: number;
  backoff: BackoffOptions | undefined;
  timeout: number | undefined;
}

/** @throws TypeError for a value that cannot be */
export function resolveStepOptions(opts: StepOptions): ResolvedStepOptions {
  const { retries = 0, backoff, timeout } = opts;
  if (!Number.isInteger(retries) || retries < 0) {
    throw new TypeError('The retries of a step must be a whole number from 0 up');
  }
  if (timeout !== undefined && !(timeout > 0)) {
    throw new TypeError('The timeout of a step must be a number of milliseconds greater than 0');
  }
  return { retries, backoff: normalizeBackoff(backoff), timeout };
}

/** @throws TypeError, or Error for a text that cannot be stored: a name that no step can have */
export function checkStepName(name: string): string {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError('A step needs a name: a text that is not empty');
  }
  checkText('The name of a step', name, ID_LIMIT);
  return name;
}
