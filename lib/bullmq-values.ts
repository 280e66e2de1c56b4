/**
 * Small helpers and constants that BullMQ exports beside its classes, for code that imports them. Nothing in
 * this library needs them.
 */

import { sleep } from './model/clock';
import { CONNECTION_CLOSED_ERROR_MSG, isNamed } from './model/errors';
import type { ParentOptions } from './options/job-options';

export const DELAY_TIME_1 = 100;
export const DELAY_TIME_5 = 5_000;
export const QUEUE_EVENT_SUFFIX = ':qe';

/** BullMQ's short names of options in Redis. */
export const optsDecodeMap = {
  de: 'deduplication',
  fpof: 'failParentOnFailure',
  cpof: 'continueParentOnFailure',
  idof: 'ignoreDependencyOnFailure',
  kl: 'keepLogs',
  rdof: 'removeDependencyOnFailure',
} as const;

/** Waits so many milliseconds, or until it is aborted. */
export async function delay(ms: number, abortController?: AbortController): Promise<void> {
  const { signal } = abortController ?? {};
  await sleep(ms, undefined, signal && { signal }).catch(() => {});
}

export function lengthInUtf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Whether an object has no fields of its own. */
export function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}

/** `['a', '1', 'b', '2']` as `{ a: '1', b: '2' }`. */
export function array2obj(flat: string[]): Record<string, string> {
  const pairs = flat.flatMap((key, i) => (i % 2 === 0 ? [[key, flat[i + 1]]] : []));
  return Object.fromEntries(pairs);
}

// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, whatever the caller has
/** The reverse of `array2obj`, without fields that are undefined. */
export function objectToFlatArray(object: Record<string, any>): string[] {
  return Object.entries(object).flatMap(([key, value]) =>
    value === undefined ? [] : [key, value],
  );
}

/** What a function returns, or of one that throws an object whose `value` is the error. */
export function tryCatch(work: (...args: any) => any, context: any, args: any[]): any {
  try {
    return work.call(context, ...args);
  } catch (value) {
    return { value };
  }
}

/** Values that are JSON texts, parsed. */
export function parseObjectValues(object: { [key: string]: string }): Record<string, any> {
  return Object.fromEntries(Object.entries(object).map(([key, text]) => [key, JSON.parse(text)]));
}

/** An error as plain fields, also those that JSON leaves out; what it met before is `[Circular]`. */
export function errorToJSON(error: any): Record<string, any> {
  const met = new WeakSet<object>([error]);
  const fields = Object.getOwnPropertyNames(error).map((name) => [name, error[name]]);
  const text = JSON.stringify(Object.fromEntries(fields), (_name, value) => {
    if (Object(value) !== value) return value;
    if (met.has(value)) return '[Circular]';
    met.add(value);
    return value;
  });
  return JSON.parse(text);
}

export function removeUndefinedFields<Fields extends Record<string, any>>(
  object: Record<string, any>,
): Fields {
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Fields;
}

/** Whether something looks like a client of Redis. Nothing here asks it. */
export function isRedisInstance(object: any): boolean {
  return ['connect', 'disconnect', 'duplicate'].every(
    (method) => typeof object?.[method] === 'function',
  );
}

export function increaseMaxListeners(
  emitter: { getMaxListeners(): number; setMaxListeners(count: number): any },
  count: number,
): void {
  emitter.setMaxListeners(emitter.getMaxListeners() + count);
}
// biome-ignore-end lint/suspicious/noExplicitAny: see above

/** `<prefix>:<queue>:<id>` of a parent. */
export function getParentKey(parent: ParentOptions | undefined): string | undefined {
  return parent && `${parent.queue}:${parent.id}`;
}

/** Whether an error says something else than that there is no connection. */
export function isNotConnectionError(error: Error): boolean {
  const texts = [error.message, (error as { code?: string }).code ?? ''];
  const isAboutConnection = texts.some(
    (text) => text === CONNECTION_CLOSED_ERROR_MSG || text.includes('ECONNREFUSED'),
  );
  return !isAboutConnection && !isNamed(error, 'ConnectionClosedError');
}

/** Whether a version, such as `6.2.1`, comes before another, for one kind of database. */
export function isRedisVersionLowerThan(
  version: string,
  minimum: string,
  database: string,
  asked = 'redis',
): boolean {
  const isLower = version.localeCompare(minimum, 'en', { numeric: true }) < 0;
  return database === asked && isLower;
}
