import { inspect } from 'node:util';
import type { Pool, PoolConfig } from 'pg';
import { InvalidConnectionError } from '../model/errors';
import { checkText } from '../model/json';
import { getDefaultConnection } from './default-connection';
import {
  hasSettings,
  isForeignConnection,
  type RedisClient,
  type RedisSettings,
} from './foreign-connection';
import type { Telemetry } from './telemetry-options';

/**
 * Where the database is: a URL, a `pg` pool configuration, or a `pg.Pool` of the application's,
 * which is used but never closed. Nothing means what `setDefaultConnection` was given, or else
 * `DATABASE_URL`, or else the `PG*` variables that `pg` reads.
 *
 * What leads to Redis, such as an ioredis client, `redis://...` or `{ host, port }`, is tolerated in code that
 * was written for BullMQ: it is not touched, and stands for that default.
 */
export type ConnectionOptions = PostgresConnection | RedisSettings | RedisClient;

type PostgresConnection = string | PoolConfig | PostgresPool;

/** A `pg.Pool`, by what it has: the application's may be of another version of `pg`, with types of its own. */
export interface PostgresPool {
  // biome-ignore-start lint/suspicious/noExplicitAny: versions differ in what these take and return
  connect(...args: any[]): any;
  query(...args: any[]): any;
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** What every class takes. */
export interface BaseOptions<Connection = ConnectionOptions> {
  connection?: Connection | undefined;
  /** The schema that holds the queues. Default `tuskmq`. */
  schema?: string | undefined;
  /**
   * Bring the schema up to date when it is first used. Default true; with false, an unfit schema is
   * an error.
   */
  migrate?: boolean | undefined;
  /**
   * Connections that `job.transaction` and the transactions of steps may hold at the same time in
   * this process, beside those of `connection`: the largest number that is given. More than that
   * wait for one to be free. Default 10.
   */
  transactionConnections?: number | undefined;
  /** Namespace of queues in a schema. Default `bull`. */
  prefix?: string | undefined;
  /**
   * A `pino` logger, or one with its methods. What instances share on a connection speaks through that of the first one.
   * Default: silent.
   */
  logger?: Logger | undefined;
  /** What traces and measures what is done through this instance. Default: nothing does. */
  telemetry?: Telemetry | undefined;
  /** BullMQ's, of its connections to Redis: without effect. */
  blockingConnection?: boolean | undefined;
  /** BullMQ's, of the version of Redis: without effect. */
  skipVersionCheck?: boolean | undefined;
  /** BullMQ's, of its connections to Redis: without effect. */
  skipWaitingForReady?: boolean | undefined;
}

/** The part of a `pino` logger that is used. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Bytes in a name of PostgreSQL, which cuts longer ones off. */
const LONGEST_NAME = 63;

/** Bytes in a prefix: with a name of the same length it is an entry of an index, which holds 2,704. */
const LONGEST_PREFIX = 1_000;

/** @throws Error for an option that cannot be; a connection is checked when it is resolved */
export function checkBaseOptions({ schema, transactionConnections, prefix }: BaseOptions): void {
  if (prefix !== undefined) checkText('prefix', prefix, LONGEST_PREFIX);
  if (schema !== undefined) {
    const bytes = typeof schema === 'string' ? Buffer.byteLength(schema) : 0;
    if (bytes < 1 || bytes > LONGEST_NAME) {
      throw new Error(
        `schema must be a name of 1 to ${LONGEST_NAME} bytes, not ${inspect(schema)}`,
      );
    }
  }
  if (
    transactionConnections !== undefined &&
    !(Number.isInteger(transactionConnections) && transactionConnections > 0)
  ) {
    throw new Error(
      `transactionConnections must be an integer greater than 0, not ${inspect(transactionConnections)}`,
    );
  }
}

/** The schema for which none is given. */
export const DEFAULT_SCHEMA = 'tuskmq';

/** A connection option as a pool of the application's, or the configuration of one of ours. */
export type ResolvedConnection = { pool: Pool } | { config: PoolConfig };

/**
 * @throws InvalidConnectionError when nothing can be connected to by this option; whether a server
 * answers is seen later.
 */
export function resolveConnection(connection: ConnectionOptions | undefined): ResolvedConnection {
  if (isNothing(connection)) return resolveDefault() ?? { config: {} };
  if (isForeignConnection(connection)) return insteadOfRedis(connection);
  return resolvePostgres(connection as PostgresConnection);
}

function isNothing(connection: ConnectionOptions | undefined): connection is undefined {
  return (
    connection === undefined ||
    connection === null ||
    (Object(connection) === connection && Object.keys(connection).length === 0)
  );
}

/** The default connection of the process, if it has one. */
function resolveDefault(): ResolvedConnection | undefined {
  const given = getDefaultConnection() ?? process.env['DATABASE_URL'];
  return given ? resolvePostgres(given as PostgresConnection) : undefined;
}

/** What a connection that leads to Redis stands for. */
function insteadOfRedis(connection: string | object): ResolvedConnection {
  const resolved = resolveDefault();
  if (resolved) return resolved;
  const what =
    typeof connection === 'string' ? notPostgres(connection) : 'connection leads to Redis';
  throw new InvalidConnectionError(
    `${what}; for code that keeps its connection to Redis, set DATABASE_URL or call setDefaultConnection`,
  );
}

function resolvePostgres(connection: PostgresConnection): ResolvedConnection {
  if (typeof connection === 'string') {
    checkUrl(connection);
    return { config: { connectionString: connection } };
  }
  if (typeof connection !== 'object') {
    throw new InvalidConnectionError(
      `connection must be a postgres:// URL, a pg pool configuration or a pg.Pool, not a ${typeof connection}`,
    );
  }
  if (isPool(connection)) return { pool: connection };
  if (!hasSettings(connection)) {
    throw new InvalidConnectionError(
      `connection must be a postgres:// URL, a pg pool configuration or a pg.Pool, not an object with ${Object.keys(connection).slice(0, 5).join(', ')}`,
    );
  }
  const config = inWordsOfPg(connection as PoolConfig);
  if (typeof config.connectionString === 'string') checkUrl(config.connectionString);
  return { config };
}

/** Of each configuration one: instances share a backend when they have the same. */
const translations = new WeakMap<object, PoolConfig>();

/** Other libraries say `url` and `username`. */
function inWordsOfPg(given: PoolConfig & { url?: unknown; username?: unknown }): PoolConfig {
  const { url, username, ...config } = given;
  if (!isText(url) && !isText(username)) return given;
  let translated = translations.get(given);
  if (!translated) {
    translated = config;
    if (isText(url)) config.connectionString ||= url;
    if (isText(username)) config.user ||= username;
    translations.set(given, translated);
  }
  return translated;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPool(connection: object): connection is Pool {
  const candidate = connection as Partial<Pool>;
  return typeof candidate.query === 'function' && typeof candidate.connect === 'function';
}

function checkUrl(url: string): void {
  if (/^postgres(ql)?:\/\/./.test(url)) {
    try {
      // Without a host, as for a socket: `pg` takes that from `?host=`.
      new URL(url.replace(/^postgres(?:ql)?:\/\/([^/?#]*@)?(?=\/)/, 'postgres://$1localhost'));
      return;
    } catch {
      // Told below, without the URL: it may hold a password.
    }
  }
  throw new InvalidConnectionError(notPostgres(url));
}

function notPostgres(url: string): string {
  return `connection is not a PostgreSQL URL (it begins with "${url.slice(0, url.indexOf(':') + 1 || 8)}"); expected postgres://user:password@host:port/database`;
}

/** A schema's name within SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
