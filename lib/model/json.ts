import { InvalidPayloadError } from './errors';

/**
 * A value as JSON text, in which `undefined` is null.
 * @param what names the value in the error, for example `The data of job welcome`
 * @throws InvalidPayloadError for what JSON cannot hold: BigInt, cycles, a toJSON that throws
 */
export function toJsonText(value: unknown, what: string): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    throw new InvalidPayloadError(
      `${(error as Error).message}\n(${what} cannot be stored as JSON)`,
      {
        cause: error,
      },
    );
  }
}

/** Text as PostgreSQL can hold it: U+0000 and halves of surrogate pairs, which it cannot, become U+FFFD. */
export function toStorableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\uFFFD');
}
