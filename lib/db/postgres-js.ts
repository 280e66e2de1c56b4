import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The `sql` of postgres.js' `sql.begin(async (sql) => …)`. */
export interface PostgresJsTransaction {
  // biome-ignore lint/suspicious/noExplicitAny: the rows, of whatever type is asked for
  unsafe(text: string, values?: any[]): PromiseLike<any>;
  /** Only a transaction has it. */
  // biome-ignore lint/suspicious/noExplicitAny: never called
  savepoint(...args: any[]): PromiseLike<any>;
}

export const postgresJs: TransactionAdapter<PostgresJsTransaction> = {
  serves: (handle) => hasMethod(handle, 'unsafe'),
  refusal: (sql) =>
    hasMethod(sql, 'savepoint')
      ? undefined
      : 'the `sql` that `sql.begin(async (sql) => …)` of postgres.js hands out',
  async query(sql, text, values): Promise<Row[]> {
    return sql.unsafe(text, values);
  },
};
