/**
 * Connections of BullMQ's users that lead to Redis. Code that was written for BullMQ may keep them: they
 * stand for the default connection of the process.
 */

const REDIS_URL = /^rediss?:\/\//;

/** Settings that only a Redis client has. */
const REDIS_ONLY = new Set([
  'autoResubscribe',
  'autoResendUnfulfilledCommands',
  'commandTimeout',
  'connectionName',
  'db',
  'enableOfflineQueue',
  'enableReadyCheck',
  'family',
  'keyPrefix',
  'lazyConnect',
  'maxRetriesPerRequest',
  'retryStrategy',
  'sentinels',
  'socket',
  'tls',
  'username',
]);

/** Settings that Redis and PostgreSQL have in common. */
const COMMON = new Set(['host', 'port', 'password']);

/**
 * Whether a connection is a client of Redis, the settings of one, or its URL. Only looks: nothing of it is
 * called. `{ host, port }` alone is taken for Redis, unless the port is PostgreSQL's.
 */
export function isForeignConnection(connection: unknown): boolean {
  if (typeof connection === 'string') return REDIS_URL.test(connection);
  if (typeof connection !== 'object' || connection === null) return false;
  const given = connection as Record<string, unknown>;
  if (isClient(given)) return true;
  if (typeof given['url'] === 'string') return REDIS_URL.test(given['url']);
  const fields = Object.keys(given).filter((field) => given[field] !== undefined);
  if (fields.some((field) => REDIS_ONLY.has(field))) return true;
  return fields.every((field) => COMMON.has(field)) && Number(given['port']) !== 5432;
}

/** An ioredis, node-redis or Bun client, or a cluster of them. */
function isClient(given: Record<string, unknown>): boolean {
  return (
    typeof given['defineCommand'] === 'function' ||
    (typeof given['sendCommand'] === 'function' && 'isOpen' in given) ||
    given['isCluster'] === true
  );
}
