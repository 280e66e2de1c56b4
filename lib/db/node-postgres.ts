import pg from 'pg';
import type { ResolvedConnection } from '../options/connection-options';
import type { Executor, Row } from './database';

/**
 * Connections that a pool of ours opens unless its configuration says otherwise. Two are enough for
 * any number of workers: claims and results travel in batches, one exchange at a time.
 */
const DEFAULT_POOL_SIZE = 2;

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

/** The pool as an executor: each statement is a transaction of its own. */
export interface PoolExecutor extends Executor {
  /** Resolves when no statement is under way or queued: a pool that ends leaves queued ones hanging. */
  quiet(): Promise<void>;
}

export function poolExecutor(pool: pg.Pool): PoolExecutor {
  const underWay = new Set<Promise<unknown>>();
  return {
    async query(text, values, name) {
      const query = { text, values: [...values], types: unparsed };
      const answer = pool.query(name === undefined ? query : { ...query, name });
      underWay.add(answer);
      try {
        return (await answer).rows as Row[];
      } finally {
        underWay.delete(answer);
      }
    },
    async quiet() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/** A session of its own beside the pool: to listen on, or to migrate with. */
export interface Session extends Executor {
  connect(): Promise<void>;
  /**
   * Whether the server at the other end is the same for as long as the session lives. Behind a
   * pooler, which hands out process ids of its own, it may change with every transaction.
   */
  readonly isDirect: boolean;
  onNotification(listener: (channel: string) => void): void;
  onEnd(listener: () => void): void;
  end(): Promise<void>;
  /** The client itself, for libraries that want one. */
  readonly client: pg.Client;
}

/** A session with the same server, user and database as the pool. */
export function openSession(pool: pg.Pool): Session {
  // The pool hides its password from enumeration.
  const { application_name = 'tuskmq', password } = pool.options as pg.ClientConfig;
  const client = new pg.Client({
    keepAlive: true,
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
      const { rows } = await client.query('select pg_backend_pid() as pid');
      isDirect = rows[0].pid === (client as pg.Client & { processID?: number }).processID;
    },
    query(text, values) {
      const answer = last.then(async () => (await client.query(text, [...values])).rows as Row[]);
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
  };
}
