import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/**
 * The smallest interface: a `pg` client, a PGlite transaction, or an object of the application's
 * own. `query` runs one statement with `$n` parameters, all of them strings, within the open
 * transaction.
 */
export interface QueryClient {
  query(text: string, values: string[]): PromiseLike<{ rows: Row[] }>;
  /** Only a `pg.Pool` has it. */
  totalCount?: never;
  /** Only the database of PGlite has it. */
  waitReady?: never;
}

/** The part of a `pg` client that tells of its transaction. */
interface PgClient {
  /** From 8.21 on. */
  getTransactionStatus?(): string | null;
  connection?: {
    on(event: 'readyForQuery', listener: (message: { status: string }) => void): void;
  };
}

/** Of a transaction that is not there. In one it is T, in a failed one E: that error is the server's to tell. */
const IDLE = 'I';

const BEGIN_FIRST = 'a pg client after `await client.query("BEGIN")`';

/** The status that each connection of an older `pg` has told last; null until it has. */
const heard = new WeakMap<object, string | null>();

export const queryClient: TransactionAdapter<QueryClient> = {
  serves: (handle) => hasMethod(handle, 'query'),
  refusal(client) {
    if ('totalCount' in client && 'idleCount' in client) {
      return 'a client, not a pool: take one with `await pool.connect()` and await BEGIN on it';
    }
    if ('waitReady' in client) return 'the `tx` of `db.transaction(async (tx) => …)` of PGlite';
    const { getTransactionStatus } = client as PgClient;
    return getTransactionStatus?.call(client) === IDLE ? BEGIN_FIRST : undefined;
  },
  async ask(client) {
    const { getTransactionStatus, connection } = client as PgClient;
    if (getTransactionStatus || !connection || !hasMethod(connection, 'on')) return undefined;
    const status = heard.get(connection);
    if (status === undefined) {
      heard.set(connection, null);
      connection.on('readyForQuery', (message) => heard.set(connection, message.status));
    }
    // It comes with answers only. A BEGIN may have been sent since the last one.
    if (status === undefined || status === IDLE) await client.query('select 1', []);
    return heard.get(connection) === IDLE ? BEGIN_FIRST : undefined;
  },
  // Counted by the pool at each release.
  checkout: (client) => (client as { _poolUseCount?: number })._poolUseCount,
  query: async (client, text, values) => (await client.query(text, values)).rows,
};
