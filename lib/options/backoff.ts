import type { MinimalJob } from './minimal-job';

/** How long to wait before a failed job is tried again. */
export interface BackoffOptions {
  /** `fixed`, `exponential`, or a name that the worker's `settings.backoffStrategy` knows. */
  type: 'fixed' | 'exponential' | (string & {});
  /** Milliseconds. Default 0. */
  delay?: number;
  /** From 0 (the exact delay, the default) to 1 (anything between 0 and the delay). */
  jitter?: number;
}

/** The delay that stands for no further try; other negative ones are none at all, as in BullMQ. */
export const NO_RETRY = -1;

/**
 * Computes a delay in milliseconds; 0 tries again at once, -1 fails the job for good.
 * @param attemptsMade tries made, this one included
 * @param type the type named by the job's `backoff`
 */
export type BackoffStrategy = (
  attemptsMade: number,
  type?: string,
  error?: Error,
  job?: MinimalJob,
) => number | Promise<number>;

/** The options as an object; a number is a fixed delay. */
export function normalizeBackoff(
  backoff: number | BackoffOptions | undefined,
): BackoffOptions | undefined {
  return typeof backoff === 'number' ? { type: 'fixed', delay: backoff } : (backoff ?? undefined);
}

/**
 * Milliseconds until the next try.
 * @throws Error when the type is neither built in nor known to the worker
 */
export async function backoffDelay(
  backoff: BackoffOptions | undefined,
  attemptsMade: number,
  error: Error,
  job: MinimalJob | undefined,
  custom?: BackoffStrategy,
): Promise<number> {
  if (!backoff) return 0;
  const delay = backoff.delay ?? 0;
  switch (backoff.type) {
    case 'fixed':
      return jittered(delay, backoff.jitter);
    case 'exponential':
      return jittered(Math.round(2 ** (attemptsMade - 1) * delay), backoff.jitter);
    default:
      if (!custom) {
        throw new Error(
          `Unknown backoff strategy ${backoff.type}.\n      If a custom backoff strategy is used, specify it when the queue is created.`,
        );
      }
      return custom(attemptsMade, backoff.type, error, job);
  }
}

function jittered(delay: number, jitter = 0): number {
  return jitter > 0 ? Math.floor(Math.random() * delay * jitter + delay * (1 - jitter)) : delay;
}

/** The arithmetic of backoff by BullMQ's names. */
export const Backoffs = { normalize: normalizeBackoff, calculate: backoffDelay } as const;
