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

export const queryClient: TransactionAdapter<QueryClient> = {
  serves: (handle) => hasMethod(handle, 'query'),
  refusal(client) {
    if ('totalCount' in client && 'idleCount' in client) {
      return 'a client, not a pool: take one with `await pool.connect()` and await BEGIN on it';
    }
    if ('waitReady' in client) return 'the `tx` of `db.transaction(async (tx) => …)` of PGlite';
    const { getTransactionStatus } = client as { getTransactionStatus?: () => string | null };
    // Idle. In a transaction it is T, in a failed one E: that error is the server's to tell.
    if (getTransactionStatus?.call(client) === 'I')
      return 'a pg client after `await client.query("BEGIN")`';
    return undefined;
  },
  // Counted by the pool at each release.
  checkout: (client) => (client as { _poolUseCount?: number })._poolUseCount,
  query: async (client, text, values) => (await client.query(text, values)).rows,
};
