import { DEFAULT_PREFIX, qualifiedName } from './names';

/** BullMQ's keys of a queue by what they are for, such as `{ wait: 'bull:emails:wait' }`. */
export type KeysMap = { [type: string]: string };

const types = [
  '',
  'active',
  'wait',
  'waiting-children',
  'paused',
  'id',
  'delayed',
  'prioritized',
  'stalled-check',
  'completed',
  'failed',
  'stalled',
  'repeat',
  'limiter',
  'meta',
  'events',
  'pc',
  'marker',
  'de',
];

/**
 * The names under which BullMQ keeps the parts of a queue. Nothing is stored under them here; dashboards
 * and parent keys are made of them.
 */
export class QueueKeys {
  /** @param prefix default `bull` */
  constructor(readonly prefix: string = DEFAULT_PREFIX) {}

  getKeys(name: string): KeysMap {
    return Object.fromEntries(types.map((type) => [type, this.toKey(name, type)]));
  }

  toKey(name: string, type: string): string {
    return `${this.getQueueQualifiedName(name)}:${type}`;
  }

  /** `<prefix>:<queue>`. */
  getQueueQualifiedName(name: string): string {
    return qualifiedName(this.prefix, name);
  }
}
