/**
 * Connections of BullMQ's users that lead to Redis. Code that was written for BullMQ may keep them: they
 * stand for the default connection of the process.
 */

const REDIS_URL = /^(rediss?|valkeys?):\/\//;

/** Settings that only a Redis client has, or a cluster of them. */
const REDIS_ONLY = [
  'addresses',
  'autoPipeliningIgnoredCommands',
  'autoResendUnfulfilledCommands',
  'autoResubscribe',
  'blockingTimeout',
  'blockingTimeoutGrace',
  'clientInfoTag',
  'clusterRetryStrategy',
  'commandQueue',
  'commandTimeout',
  'Connector',
  'connectTimeout',
  'connectionName',
  'db',
  'disableClientInfo',
  'disconnectTimeout',
  'dnsLookup',
  'enableAutoPipelining',
  'enableOfflineQueue',
  'enableReadyCheck',
  'enableTLSForSentinelMode',
  'failoverDetector',
  'family',
  'himportFieldsets',
  'keyPrefix',
  'lazyConnect',
  'maxLoadingRetryTime',
  'maxRedirections',
  'maxRetriesPerRequest',
  'monitor',
  'name',
  'natMap',
  'noDelay',
  'offlineQueue',
  'path',
  'preferredSlaves',
  'protocol',
  'readOnly',
  'reconnectOnError',
  'redisOptions',
  'replyMapping',
  'retryDelayOnClusterDown',
  'retryDelayOnFailover',
  'retryDelayOnMoved',
  'retryDelayOnTryAgain',
  'retryStrategy',
  'role',
  'scaleReads',
  'scripts',
  'sentinelCommandTimeout',
  'sentinelMaxConnections',
  'sentinelPassword',
  'sentinelReconnectStrategy',
  'sentinelRetryStrategy',
  'sentinelTLS',
  'sentinelUsername',
  'sentinels',
  'shardedSubscribers',
  'showFriendlyErrorStack',
  'skipVersionCheck',
  'slotsRefreshInterval',
  'slotsRefreshTimeout',
  'socket',
  'socketTimeout',
  'stringNumbers',
  'tls',
  'updateSentinels',
  'useSRVRecords',
  'username',
] as const;

/** Settings that say where a database is, and of which Redis has none. */
const DECISIVE = new Set(['connectionString', 'database', 'user']);

/** Settings that do not tell. */
const OF_BOTH = new Set(['host', 'port', 'password', 'keepAlive']);

/** Settings that only pg has. */
const POSTGRES_ONLY = new Set([
  'allowExitOnIdle',
  'application_name',
  'binary',
  'Client',
  'client_encoding',
  'connectionTimeoutMillis',
  'enableChannelBinding',
  'fallback_application_name',
  'idle_in_transaction_session_timeout',
  'idleTimeoutMillis',
  'keepAliveInitialDelayMillis',
  'lock_timeout',
  'max',
  'maxLifetimeSeconds',
  'maxUses',
  'min',
  'onConnect',
  'options',
  'pipeline',
  'Promise',
  'query_timeout',
  'replication',
  'scramMaxIterations',
  'ssl',
  'sslnegotiation',
  'statement_timeout',
  'stream',
  'types',
  'verify',
]);

const redisOnly = new Set<string>(REDIS_ONLY);

/**
 * Settings of a Redis client. Their values are nobody's business here; only functions have types, for
 * those who write them in place.
 */
export type RedisSettings = {
  [Setting in Exclude<
    (typeof REDIS_ONLY)[number],
    'reconnectOnError' | `${string}Strategy`
  >]?: unknown;
} & {
  host?: string;
  port?: number;
  password?: string;
  url?: string;
  keepAlive?: unknown;
  reconnectOnError?: ((error: Error) => boolean | 1 | 2) | null;
  retryStrategy?: RetryStrategy;
  clusterRetryStrategy?: RetryStrategy;
  sentinelRetryStrategy?: RetryStrategy;
  sentinelReconnectStrategy?: RetryStrategy;
};

// biome-ignore lint/suspicious/noConfusingVoidType: strategies that return nothing
type RetryStrategy = ((times: number) => number | void | null) | null;

/** A client of Redis, of whichever library. */
export interface RedisClient {
  // biome-ignore-start lint/suspicious/noExplicitAny: libraries differ in what these take
  connect(...args: any[]): unknown;
  duplicate(...args: any[]): unknown;
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
}

/**
 * Whether a connection is a client of Redis, the settings of one, or its URL. Only looks: nothing of it is
 * called. Settings are those of PostgreSQL when they name a database or a user. Those with nothing else in them that only
 * pg has, such as `{ host, port }`, are taken for those of Redis, unless the port is PostgreSQL's.
 */
export function isForeignConnection(connection: unknown): boolean {
  if (typeof connection === 'string') return REDIS_URL.test(connection);
  if (typeof connection !== 'object' || connection === null) return false;
  const given = connection as Record<string, unknown>;
  if (isClient(given)) return true;
  // A pool has a method for it, whoever made it.
  if (typeof given['query'] === 'function') return false;
  if (typeof given['url'] === 'string') return REDIS_URL.test(given['url']);
  const fields = Object.keys(given).filter((field) => given[field] !== undefined);
  if (fields.some((field) => DECISIVE.has(field)) || String(given['host']).startsWith('/'))
    return false;
  const isAtPostgres = Number(given['port']) === 5432;
  // Some libraries have a `username` for PostgreSQL, too.
  if (fields.some((field) => redisOnly.has(field) && !(isAtPostgres && field === 'username')))
    return true;
  if (isAtPostgres) return false;
  return (
    fields.some((field) => OF_BOTH.has(field)) && !fields.some((field) => POSTGRES_ONLY.has(field))
  );
}

/** An ioredis, node-redis or Bun client, or a cluster of them. */
function isClient(given: Record<string, unknown>): boolean {
  return (
    typeof given['defineCommand'] === 'function' ||
    (typeof given['sendCommand'] === 'function' && 'isOpen' in given) ||
    given['isCluster'] === true
  );
}

/** Whether anything among these settings is one of `pg`, by its name there or in other libraries. */
export function hasSettings(connection: object): boolean {
  const known = [DECISIVE, POSTGRES_ONLY, OF_BOTH, new Set(['url', 'username'])];
  return Object.keys(connection).some((field) => known.some((set) => set.has(field)));
}
