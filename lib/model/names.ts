import { checkText } from './json';

/** The longest name of a queue, in bytes of UTF-8: what an index holds of it and its prefix. */
const NAME_LIMIT = 1_000;

/** The prefix of queues for which none is given, as in BullMQ. */
export const DEFAULT_PREFIX = 'bull';

/** `<prefix>:<queue>`: how a job names the queue of its parent. */
export function qualifiedName(prefix: string, queueName: string): string {
  return `${prefix}:${queueName}`;
}

/**
 * The parts of `<prefix>:<queue>`. A prefix may contain colons, a queue's name may not. A bare name
 * has the default prefix.
 */
export function parseQualifiedName(qualified: string): { prefix: string; name: string } {
  const at = qualified.lastIndexOf(':');
  return at < 0
    ? { prefix: DEFAULT_PREFIX, name: qualified }
    : { prefix: qualified.slice(0, at), name: qualified.slice(at + 1) };
}

/** @throws Error when a queue cannot have this name. */
export function checkQueueName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') throw new Error('Queue name must be provided');
  if (name.includes(':')) throw new Error('Queue name cannot contain :');
  checkText('Queue name', name, NAME_LIMIT);
}
