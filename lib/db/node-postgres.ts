import type { Socket } from 'node:net';
import pg from 'pg';
import { elapsed, setTimeout } from '../model/clock';
import type { ResolvedConnection } from '../options/connection-options';
import { acquireClient } from './acquire-client';
import { alignClock } from './aligned-clock';
import { type Executor, isConnectionError, type Row } from './database';

/**
 * Connections that a pool of ours opens unless its configuration says otherwise. Two are enough for
 * any number of workers: claims and results travel in batches, one exchange at a time.
 */
const DEFAULT_POOL_SIZE = 2;

/** How long a session of its own may take to connect, unless the configuration says otherwise. */
const CONNECT_MS = 10_000;

export type Pool = pg.Pool;

/** A pool, and whether it is ours to end. */
export interface OpenPool {
  pool: pg.Pool;
  isOwn: boolean;
}

export function openPool(
  connection: ResolvedConnection,
  onError: (error: Error) => void,
): OpenPool {
  if ('pool' in connection) return { pool: connection.pool, isOwn: false };
  const pool = new pg.Pool({
    max: DEFAULT_POOL_SIZE,
    keepAlive: true,
    application_name: 'tuskmq',
    ...connection.config,
  });
  // Without a listener, an idle connection that the server ends would end the process.
  pool.on('error', onError);
  return { pool, isOwn: true };
}

/**
 * Every value as the server sent it: the application may have type parsers of its own, and most
 * answers are one JSON text.
 */
const unparsed: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/** How many connections a pool may have. The application's need not be one of pg's. */
export function connectionsOf(pool: pg.Pool): number {
  return Number((pool.options as pg.PoolOptions | undefined)?.max) || DEFAULT_POOL_SIZE;
}

/** The pool as an executor: each statement is a transaction of its own. */
export interface PoolExecutor extends Executor {
  /** Resolves when no statement is under way or queued: a pool that ends leaves queued ones hanging. */
  quiet(): Promise<void>;
  /**
   * For when the server has fallen silent on another connection: gives up those whose statements have
   * been under way for so many milliseconds, at once or as soon as they are, and uses none again that is older
   * than this moment.
   */
  abandon(ms: number): void;
}

export function poolExecutor(pool: pg.Pool): PoolExecutor {
  const underWay = new Set<Promise<unknown>>();
  const busySince = new Map<pg.PoolClient, number>();
  const knownSince = new WeakMap<pg.PoolClient, number>();
  let distrustedUntil = Number.NEGATIVE_INFINITY;
  const acquire = async (): Promise<pg.PoolClient> => {
    // The statement is told of a lost connection as well; without a listener this would end the process.
    const client = await acquireClient(pool, ignore);
    const since = knownSince.get(client) ?? elapsed();
    knownSince.set(client, since);
    if (since > distrustedUntil) return client;
    destroy(client);
    client.release(true);
    return acquire();
  };
  const giveUp = (until: number) => {
    for (const [client, since] of busySince) if (since <= until) destroy(client);
  };
  const run = async (text: string, values: readonly unknown[], name?: string) => {
    const client = await acquire();
    let failure: Error | undefined;
    busySince.set(client, elapsed());
    try {
      const isPrepared =
        name !== undefined && (directness.get(client) ?? (await findDirectness(client)));
      const query = { text, values: [...values], types: unparsed };
      await alignClock(client);
      return (await client.query(isPrepared ? { ...query, name } : query)).rows as Row[];
    } catch (error) {
      failure = isServers(error as Error) ? (error as Error) : lostError(error as Error);
      throw failure;
    } finally {
      busySince.delete(client);
      client.off('error', ignore);
      client.release(failure && !isServers(failure) ? failure : undefined);
    }
  };
  return {
    async query(text, values, name) {
      const answer = run(text, values, name);
      underWay.add(answer);
      try {
        return await answer;
      } finally {
        underWay.delete(answer);
      }
    },
    async quiet() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    abandon(ms) {
      distrustedUntil = elapsed();
      giveUp(distrustedUntil - ms);
      setTimeout(giveUp, ms, distrustedUntil).unref();
    },
  };
}

const ignore = () => {};

/**
 * What pg says of a statement that the server may carry out all the same, such as `query_timeout`: the connection
 * is given up, and nobody knows what became of it.
 */
function lostError(cause: Error): Error {
  if (isConnectionError(cause)) return cause;
  return Object.assign(new Error(cause.message, { cause }), { code: '08006' });
}

/**
 * Whether the server said no to a statement, over a connection that is as good as before. By its SQLSTATE:
 * the application's pool may be of a copy of pg with classes of its own.
 */
function isServers(error: Error & { code?: unknown }): boolean {
  return /^[0-9A-Z]{5}$/.test(String(error.code)) && !isConnectionError(error);
}

/** Of each connection once: a pooler hands out process ids of its own. */
const directness = new WeakMap<pg.ClientBase, boolean>();

/**
 * Whether the server at the other end is the same for as long as the connection lives. Behind a
 * pooler it may change with every transaction, and knows nothing of what was prepared, listened to
 * or locked on another.
 */
async function findDirectness(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query('select pg_backend_pid()::text as pid');
  const { processID } = client as pg.ClientBase & { processID?: number };
  const isDirect = rows[0].pid === String(processID);
  directness.set(client, isDirect);
  return isDirect;
}

/** Ends a connection without a farewell, which a server that does not answer would never confirm. */
function destroy(client: pg.ClientBase): void {
  (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
}

/** A session of its own beside the pool: to listen on, or to migrate with. */
export interface Session extends Executor {
  connect(): Promise<void>;
  /** Whether the server at the other end is the same for as long as the session lives. */
  readonly isDirect: boolean;
  onNotification(listener: (channel: string) => void): void;
  onEnd(listener: () => void): void;
  end(): Promise<void>;
  /** Ends it without a farewell: for a server that does not answer. */
  abandon(): void;
  /** The client itself, for libraries that want one. */
  readonly client: pg.Client;
}

/** A session with the same server, user and database as the pool. */
export function openSession(pool: pg.Pool): Session {
  // The pool hides its password from enumeration.
  const { application_name = 'tuskmq', password } = pool.options as pg.ClientConfig;
  const client = new pg.Client({
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    ...pool.options,
    ...(password === undefined ? {} : { password }),
    application_name,
  });
  // One statement after the other: pg refuses to queue them itself from version 9 on.
  let last: Promise<unknown> = Promise.resolve();
  let isDirect = false;
  return {
    client,
    get isDirect() {
      return isDirect;
    },
    connect: async () => {
      await client.connect();
      isDirect = await findDirectness(client);
    },
    query(text, values, name) {
      const query = { text, values: [...values], ...(isDirect && name && { name }) };
      const answer = last.then(async () => {
        await alignClock(client);
        return (await client.query(query)).rows as Row[];
      });
      last = answer.catch(() => {});
      return answer;
    },
    onNotification: (listener) => {
      client.on('notification', ({ channel }) => listener(channel));
    },
    onEnd: (listener) => {
      let hasEnded = false;
      const once = () => {
        if (hasEnded) return;
        hasEnded = true;
        listener();
      };
      client.on('error', once);
      client.on('end', once);
    },
    end: () => client.end(),
    abandon: () => destroy(client),
  };
}
