/** The greatest number that PostgreSQL's integer holds: more jobs than anybody asks for at one time. */
export const MOST = 2 ** 31 - 1;

/** The farthest that a Date is from 1970, in milliseconds; the database's times reach a little farther. */
export const MOST_MS = 8_640_000_000_000_000;

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
 * Milliseconds, or a time in milliseconds since 1970, as the database takes it: a fraction counts as a whole one.
 * @param what the beginning of a sentence that says what is wrong
 * @throws RangeError when it is no number, or longer than any time
 */
export function toMilliseconds(what: string, value: number): number {
  const number = Math.ceil(value);
  if (!(Math.abs(number) <= MOST_MS)) {
    throw new RangeError(`${what} must be a number of milliseconds up to ${MOST_MS}, not ${value}`);
  }
  return number;
}
