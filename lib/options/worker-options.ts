import { checkText } from '../model/json';
import { toInteger, toMilliseconds } from '../model/whole-number';
import type { BackoffStrategy } from './backoff';
import type { BaseOptions, ConnectionOptions } from './connection-options';
import { type MetricsOptions, metricsPoints } from './metrics-options';
import type { AdvancedRepeatOptions } from './repeat-options';
import type { KeepJobs } from './retention';
import type { SandboxOptions } from './sandbox-options';

/** The first job that is claimed begins a window; when it ends, the next one begins another. */
export interface RateLimiterOptions {
  /** Jobs in a window. */
  max: number;
  /** Milliseconds. */
  duration: number;
}

export interface AdvancedOptions extends AdvancedRepeatOptions {
  /** For types of `backoff` that are not built in. */
  backoffStrategy?: BackoffStrategy | undefined;
}

export interface WorkerOptions<Connection = ConnectionOptions>
  extends BaseOptions<Connection>,
    SandboxOptions {
  /** Stored with the jobs that it runs, as `processedBy`. */
  name?: string | undefined;
  /** Begin to work at once. Default true; otherwise `run()` does. */
  autorun?: boolean | undefined;
  /** Jobs that run at the same time. Default 1. */
  concurrency?: number | undefined;
  /**
   * Jobs to fetch beyond `concurrency`, for the slots that come free next. They are active while
   * they wait here, so that no other worker takes them and a job of higher priority comes behind
   * them: for short jobs, which it spares the round trip between two. When the process dies, as many
   * more than without it may have run unreported, and run again. While slots have enough to go on with,
   * what has ended is reported up to 5 ms later. `'auto'` measures how many jobs end until the next
   * exchange with the database is over, and holds so many: up to 500 of jobs that take no time, none of
   * those that take longer than an exchange. When no slot comes free for 20 ms, they go back. Default 0.
   */
  prefetch?: number | 'auto' | undefined;
  /**
   * Milliseconds without a sign of life after which the jobs of this worker are taken over; also after it was closed by force.
   * Default 30,000.
   */
  lockDuration?: number | undefined;
  /**
   * Milliseconds between renewals of the lease, at most, and at least between two `locksRenewed`; it
   * is renewed every 500 ms anyway. Default: half of `lockDuration`.
   */
  lockRenewTime?: number | undefined;
  /** Milliseconds between attempts to connect when the worker begins. Default 1,000. */
  runRetryDelay?: number | undefined;
  /** How often a job may stall before it fails, among those that this worker takes over. Default 1. */
  maxStalledCount?: number | undefined;
  /**
   * Milliseconds between looks for jobs of dead workers, at most; there is a look every 500 ms
   * anyway. Default 30,000.
   */
  stalledInterval?: number | undefined;
  /** Leave jobs of dead workers to others. Default false. */
  skipStalledCheck?: boolean | undefined;
  /**
   * Let the lock of each job run out after `lockDuration`, however alive the worker. Default false.
   */
  skipLockRenewal?: boolean | undefined;
  /**
   * How often a job may be started, steps and take-overs included, before it fails. Default: no
   * limit.
   */
  maxStartedAttempts?: number | undefined;
  /** Seconds for which `getNextJob` waits for a job. Default 5. */
  drainDelay?: number | undefined;
  /** Claim at most so many jobs in so many milliseconds, all workers of the queue that have a limit together. */
  limiter?: RateLimiterOptions | undefined;
  /** BullMQ's, of its polls while a queue is limited: without effect. */
  maximumRateLimitDelay?: number | undefined;
  /** What to remove when a job completes that has no `removeOnComplete` of its own. Default: nothing. */
  removeOnComplete?: KeepJobs | undefined;
  /** What to remove when a job fails that has no `removeOnFail` of its own. Default: nothing. */
  removeOnFail?: KeepJobs | undefined;
  /** Count the jobs that finish, minute by minute, for `queue.getMetrics`. Default: nothing is counted. */
  metrics?: MetricsOptions | undefined;
  /** How long retries wait, and when schedulers run, where the application computes it. */
  settings?: AdvancedOptions | undefined;
}

/** The options with their defaults. */
export type ResolvedWorkerOptions = WorkerOptions &
  Required<
    Pick<
      WorkerOptions,
      | 'autorun'
      | 'concurrency'
      | 'prefetch'
      | 'lockDuration'
      | 'lockRenewTime'
      | 'maxStalledCount'
      | 'stalledInterval'
      | 'drainDelay'
    >
  >;

export const DEFAULT_LOCK_DURATION_MS = 30_000;

/** @throws Error with BullMQ's message for a value that cannot be. */
export function resolveWorkerOptions(given: WorkerOptions): ResolvedWorkerOptions {
  const opts = given ?? {};
  const { lockDuration = DEFAULT_LOCK_DURATION_MS } = opts;
  if (!(lockDuration > 0)) throw new Error('lockDuration must be greater than 0');
  const resolved: ResolvedWorkerOptions = {
    ...opts,
    autorun: opts.autorun ?? true,
    concurrency: checkConcurrency(opts.concurrency ?? 1),
    prefetch: opts.prefetch ?? 0,
    lockDuration: toMilliseconds('lockDuration', lockDuration),
    lockRenewTime: opts.lockRenewTime ?? lockDuration / 2,
    maxStalledCount: opts.maxStalledCount ?? 1,
    stalledInterval: opts.stalledInterval ?? 30_000,
    drainDelay: opts.drainDelay ?? 5,
  };
  if (resolved.maxStalledCount < 0) {
    throw new Error('maxStalledCount must be greater or equal than 0');
  }
  resolved.maxStalledCount = toInteger('maxStalledCount', resolved.maxStalledCount);
  if (resolved.maxStartedAttempts !== undefined && resolved.maxStartedAttempts < 0) {
    throw new Error('maxStartedAttempts must be greater or equal than 0');
  }
  const { prefetch } = resolved;
  if (prefetch !== 'auto' && !(Number.isInteger(prefetch) && prefetch >= 0)) {
    throw new Error("prefetch must be an integer greater or equal than 0, or 'auto'");
  }
  if (prefetch !== 0 && resolved.skipLockRenewal) {
    throw new Error('prefetch and skipLockRenewal cannot be used together');
  }
  if (!(resolved.stalledInterval > 0)) throw new Error('stalledInterval must be greater than 0');
  if (!(resolved.lockRenewTime > 0)) {
    throw new Error('lockRenewTime must be greater than 0');
  }
  if (resolved.runRetryDelay !== undefined && !(resolved.runRetryDelay >= 0)) {
    throw new Error('runRetryDelay must be greater or equal than 0');
  }
  if (!(resolved.drainDelay > 0)) throw new Error('drainDelay must be greater than 0');
  const { limiter } = resolved;
  if (limiter) {
    if (!(Number.isInteger(limiter.max) && limiter.max >= 0)) {
      throw new Error('limiter.max must be an integer greater or equal than 0');
    }
    if (!(Number.isFinite(limiter.duration) && limiter.duration > 0)) {
      throw new Error('limiter.duration must be a finite number greater than 0');
    }
    resolved.limiter = {
      ...limiter,
      max: toInteger('limiter.max', limiter.max),
      duration: toMilliseconds('limiter.duration', limiter.duration),
    };
  }
  if (resolved.name !== undefined) checkText('The name of a worker', resolved.name);
  metricsPoints(resolved.metrics);
  return resolved;
}

/** @throws Error with BullMQ's message */
export function checkConcurrency(concurrency: number): number {
  if (typeof concurrency !== 'number' || concurrency < 1 || !Number.isFinite(concurrency)) {
    throw new Error('concurrency must be a finite number greater than 0');
  }
  return concurrency;
}
