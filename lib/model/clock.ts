/**
 * The clock and the timers of this process. What the database decides, it decides by its own clock.
 *
 * Tests of applications put fakes in the place of the global ones (Sinon, Jest, Vitest). What keeps
 * this library alive must go on then, so it takes its timers from here: as they were when the library
 * was loaded. What is stored follows a clock that was moved, see `movedClock`.
 */

import * as promises from 'node:timers/promises';

export const { setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask } = globalThis;
export const { setTimeout: sleep, setImmediate: nextTurn } = promises;

const RealDate = Date;
const monotonic = performance.now.bind(performance);

/** Milliseconds since 1970 by this machine, or by the clock that a test has put in its place. */
export function now(): number {
  return Date.now();
}

/** Milliseconds since some moment, whatever becomes of the clock: to measure how long something takes. */
export function elapsed(): number {
  return monotonic();
}

/**
 * Milliseconds since 1970 by the fake timers of a test, while they are installed. Not by a clock that
 * is merely wrong: a `Date` that was replaced must be marked as theirs, or come with their timers.
 */
export function movedClock(): number | undefined {
  if (Date === RealDate) return undefined;
  const isFake = 'isFake' in Date || globalThis.setTimeout !== setTimeout;
  return isFake ? Date.now() : undefined;
}
