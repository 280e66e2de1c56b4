import { backoffDelay, normalizeBackoff } from '../../lib/options/backoff';
import { retention } from '../../lib/options/retention';
import { resolveWorkerOptions, type WorkerOptions } from '../../lib/options/worker-options';

describe('resolveWorkerOptions', () => {
  test('fills in what is not given, and keeps the rest', () => {
    const connection = {};
    const resolved = resolveWorkerOptions({ connection, name: 'w', ...{ unknown: 1 } });
    expect(resolved).toEqual({
      connection,
      name: 'w',
      unknown: 1,
      autorun: true,
      concurrency: 1,
      prefetch: 0,
      lockDuration: 30_000,
      lockRenewTime: 15_000,
      maxStalledCount: 1,
      stalledInterval: 30_000,
      drainDelay: 5,
    });
    expect(resolved.connection).toBe(connection);
  });

  test('takes a part of a millisecond for a whole one', () => {
    expect(resolveWorkerOptions({ lockDuration: 1_000.5 }).lockDuration).toBe(1_001);
  });

  test.each<[WorkerOptions, string]>([
    [{ concurrency: 0 }, 'concurrency must be a finite number greater than 0'],
    [{ concurrency: Number.NaN }, 'concurrency must be a finite number greater than 0'],
    [{ concurrency: '5' as never }, 'concurrency must be a finite number greater than 0'],
    [{ maxStalledCount: -1 }, 'maxStalledCount must be greater or equal than 0'],
    [{ maxStartedAttempts: -1 }, 'maxStartedAttempts must be greater or equal than 0'],
    [{ stalledInterval: 0 }, 'stalledInterval must be greater than 0'],
    [{ drainDelay: 0 }, 'drainDelay must be greater than 0'],
    [{ lockDuration: 0 }, 'lockDuration must be greater than 0'],
    [{ lockRenewTime: 0 }, 'lockRenewTime must be greater than 0'],
    [{ name: 'w\0' }, 'The name of a worker cannot contain the character U+0000'],
    [{ runRetryDelay: -1 }, 'runRetryDelay must be greater or equal than 0'],
    [{ limiter: { max: 1.5, duration: 1 } }, 'limiter.max must be an integer'],
    [{ limiter: { max: -1, duration: 1 } }, 'limiter.max must be an integer'],
    [{ limiter: { max: 1, duration: 0 } }, 'limiter.duration must be a finite number'],
    [{ limiter: { max: 1, duration: Number.NaN } }, 'limiter.duration must be a finite number'],
  ])('refuses %j', (opts, message) => {
    expect(() => resolveWorkerOptions(opts)).toThrow(message);
  });
});

describe('retention', () => {
  test.each([
    [undefined, undefined, {}],
    [false, true, {}],
    [true, undefined, { remove: true }],
    [0, undefined, { remove: true }],
    [{ count: 0 }, undefined, { remove: true }],
    [5, undefined, { keep_count: 5 }],
    [{ count: 5 }, undefined, { keep_count: 5 }],
    [{ count: -1 }, undefined, {}],
    [{ age: 60 }, undefined, { keep_age_ms: 60_000, keep_limit: 1_000 }],
    [
      { age: 60, count: 2, limit: 9 },
      undefined,
      { keep_count: 2, keep_age_ms: 60_000, keep_limit: 9 },
    ],
    [{ age: 0, count: 0 }, undefined, { keep_count: 0, keep_age_ms: 0, keep_limit: 1_000 }],
    [undefined, { count: 3 }, { keep_count: 3 }],
    [7, { count: 3 }, { keep_count: 7 }],
  ])('of a job %j on a worker %j', (ofJob, ofWorker, expected) => {
    expect(retention(ofJob, ofWorker)).toEqual(expected);
  });
});

describe('backoffDelay', () => {
  const delay = (backoff: Parameters<typeof normalizeBackoff>[0], made = 1, custom?: never) =>
    backoffDelay(normalizeBackoff(backoff), made, new Error('e'), undefined, custom);

  test('is none without backoff, and the number that is given', async () => {
    expect(await delay(undefined)).toBe(0);
    expect(await delay(700, 5)).toBe(700);
    expect(await delay({ type: 'fixed' })).toBe(0);
  });

  test('doubles with each try when exponential', async () => {
    const delays = [1, 2, 3, 4].map((made) => delay({ type: 'exponential', delay: 100 }, made));
    expect(await Promise.all(delays)).toEqual([100, 200, 400, 800]);
  });

  test('varies by the jitter, downwards only', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 200; i++)
      delays.push(await delay({ type: 'fixed', delay: 1_000, jitter: 0.5 }));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
    expect(new Set(delays).size).toBeGreaterThan(20);
    expect(await delay({ type: 'fixed', delay: 1_000, jitter: 0 })).toBe(1_000);
  });

  test('is what the strategy of the worker says for any other type', async () => {
    const custom = (made: number, type?: string) => (type === 'mine' ? made * 10 : -1);
    expect(await delay({ type: 'mine' }, 3, custom as never)).toBe(30);
    await expect(delay({ type: 'mine' })).rejects.toThrow(
      'Unknown backoff strategy mine.\n      If a custom backoff strategy is used, specify it when the queue is created.',
    );
  });
});
