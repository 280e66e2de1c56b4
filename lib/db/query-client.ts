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

/** What older clients have last said, who do not remember it; null before they have. */
const heard = new WeakMap<object, string | null>();

function statusOf(client: QueryClient): string | null | undefined {
  const { getTransactionStatus } = client as PgClient;
  return getTransactionStatus ? getTransactionStatus.call(client) : heard.get(client);
}

export const queryClient: TransactionAdapter<QueryClient> = {
  serves: (handle) => hasMethod(handle, 'query'),
  refusal(client) {
    if ('totalCount' in client && 'idleCount' in client) {
      return 'a client, not a pool: take one with `await pool.connect()` and await BEGIN on it';
    }
    if ('waitReady' in client) return 'the `tx` of `db.transaction(async (tx) => …)` of PGlite';
    // Idle. In a transaction it is T, in a failed one E: that error is the server's to tell.
    if (statusOf(client) === 'I') return 'a pg client after `await client.query("BEGIN")`';
    return undefined;
  },
  async ask(client) {
    const { connection } = client as PgClient;
    if (statusOf(client) !== undefined || !hasMethod(Object(connection), 'on')) return;
    heard.set(client, null);
    connection!.on('readyForQuery', ({ status }) => heard.set(client, status));
    await client.query('select 1', []);
  },
  // Counted by the pool at each release.
  checkout: (client) => (client as { _poolUseCount?: number })._poolUseCount,
  query: async (client, text, values) => (await client.query(text, values)).rows,
};
