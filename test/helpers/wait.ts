import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** How long to try, in milliseconds. */
  timeout?: number;
  /** How long to wait between two tries, in milliseconds. */
  interval?: number;
  /** What was waited for, for the error. */
  message?: string;
}

/** Resolves with the first truthy value of `condition`; rejects when there is none in time. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeout = 30_000, interval = 5, message = 'the condition' }: UntilOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeout} ms in vain for ${message}`);
    }
    // Not the global timer, which a test may have replaced.
    await sleep(interval);
  }
}

export interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
  reject(reason: unknown): void;
}

/** A promise that the test settles from outside. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
