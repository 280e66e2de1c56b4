/** The greatest number that PostgreSQL's integer holds: more jobs than anybody asks for at one time. */
export const MOST = 2 ** 31 - 1;

/** The farthest that a Date is from 1970, in milliseconds; the database's times reach a little farther. */
export const MOST_MS = 8_640_000_000_000_000;

/** A thousand years: a longer time before now is none that the database has. */
export const LONGEST_AGO_MS = 1000 * 366 * 86_400_000;

/**
 * A count or a place in a list as the database takes it: beyond `MOST` there is nothing to count.
 * @param what the beginning of a sentence that says what is wrong
 * @throws RangeError when it is no integer, or less than `least`
 */
export function toInteger(what: string, value: number, least = -MOST): number {
  const number = value === Number.POSITIVE_INFINITY ? MOST : Number(value);
  if (!Number.isInteger(number)) throw new RangeError(`${what} must be an integer, not ${value}`);
  if (number < least && least >= 0) {
    throw new RangeError(`${what} must be an integer greater or equal than ${least}`);
  }
  return Math.max(least, Math.min(number, MOST));
}

/**
 * Milliseconds, or a time in milliseconds since 1970, as the database takes it: a fraction counts as a whole one, what is longer than any
 * time as the longest.
 * @param what the beginning of a sentence that says what is wrong
 * @throws RangeError when it is no finite number
 */
export function toMilliseconds(what: string, value: number): number {
  const number = Math.ceil(value);
  if (!Number.isFinite(number)) {
    throw new RangeError(`${what} must be a finite number of milliseconds, not ${value}`);
  }
  return Math.max(-LONGEST_AGO_MS, Math.min(number, MOST_MS));
}
