import { InvalidPayloadError } from './errors';

/**
 * A value as JSON text, in which `undefined` is null.
 * @param what names the value in the error, for example `The data of job welcome`
 * @throws InvalidPayloadError for what JSON cannot hold: BigInt, cycles, a toJSON that throws
 */
export function toJsonText(value: unknown, what: string): string {
  return jsonOf(value, what) ?? 'null';
}

/** The data of a job as JSON text: `{}` for what JSON has no text for, as in BullMQ. */
export function dataText(data: unknown, what: string): string {
  return jsonOf(data, what) ?? '{}';
}

function jsonOf(value: unknown, what: string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new InvalidPayloadError(
      `${(error as Error).message}\n(${what} cannot be stored as JSON)`,
      {
        cause: error,
      },
    );
  }
}

/** ES2024, which Node has since version 20. */
interface WellFormed {
  isWellFormed(): boolean;
}

/** Whether PostgreSQL can hold a text: not with U+0000 or a half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && (text as unknown as WellFormed).isWellFormed();
}

/** @throws Error for a text that PostgreSQL cannot hold, or not in an index */
export function checkText(what: string, given: string, limit = Number.POSITIVE_INFINITY): void {
  const text = String(given);
  if (!isStorable(text)) {
    throw new Error(`${what} cannot contain the character U+0000 or half of a surrogate pair`);
  }
  if (Buffer.byteLength(text) > limit)
    throw new Error(`${what} cannot be longer than ${limit} bytes`);
}

/** An id to look for. One that cannot be stored belongs to nothing, as does the empty one. */
export function lookupId(id: string): string {
  return isStorable(String(id)) ? id : '';
}

/** Text as PostgreSQL can hold it: U+0000 and halves of surrogate pairs, which it cannot, become U+FFFD. */
export function toStorableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\uFFFD');
}
