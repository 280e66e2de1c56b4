/** One row of an answer, by column. */
export type Row = Record<string, unknown>;

/**
 * All that is asked of a database connection: to run one statement with `$n` parameters, each a
 * string, number, boolean or null. An open transaction of the application's is one of these, and so
 * is our pool.
 */
export interface Executor {
  /**
   * @param name statements of this name may be prepared once a session; ignored where that cannot
   * be
   */
  query(text: string, values: readonly unknown[], name?: string): Promise<Row[]>;
}

/** The application's open transaction: whatever has the `query` method of a `pg` client. */
export interface TransactionClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/**
 * The application's transaction as an executor. Nothing is prepared, set or listened to on its
 * connection.
 * @throws TypeError when this is no client; also for a pool, on which each statement would be a
 * transaction of its own
 */
export function transactionExecutor(tx: TransactionClient): Executor {
  if (typeof tx?.query !== 'function') {
    throw new TypeError('withTransaction expects a pg client on which BEGIN has been run');
  }
  if ('totalCount' in tx && 'idleCount' in tx) {
    throw new TypeError(
      'withTransaction expects a client, not a pool: take one with `await pool.connect()` and run BEGIN on it',
    );
  }
  return { query: async (text, values) => (await tx.query(text, [...values])).rows };
}

/** Whether an error says that the connection is gone rather than that the statement is wrong. */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' && (/^(08|57P0|25P0[34])/.test(code) || /^E[A-Z]+$/.test(code))) ||
    /connection terminated|connection ended|timeout exceeded when trying to connect|not queryable/i.test(
      String(message),
    )
  );
}

/**
 * Whether the server rolled the transaction back for a conflict, and asks to try again: deadlock or
 * serialization failure.
 */
export function isConflict(error: unknown): boolean {
  return ['40P01', '40001'].includes((error as { code?: string }).code ?? '');
}
