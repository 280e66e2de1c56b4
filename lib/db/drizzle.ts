import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The `tx` of Drizzle's `db.transaction(async (tx) => …)`, on any of its PostgreSQL drivers. */
export interface DrizzleTransaction {
  // biome-ignore lint/suspicious/noExplicitAny: takes an SQLWrapper; the answer is the driver's
  execute(query: any): PromiseLike<any>;
  /** Only a transaction has it. */
  rollback(): never;
}

export const drizzle: TransactionAdapter<DrizzleTransaction> = {
  serves: (handle) => hasMethod(handle, 'execute') && 'dialect' in handle && 'session' in handle,
  refusal: (tx) =>
    hasMethod(tx, 'rollback')
      ? undefined
      : 'the `tx` of `db.transaction(async (tx) => …)` of Drizzle',
  async query(tx, text, values) {
    const answer: Row[] | { rows: Row[] } = await tx.execute(statement(text, values));
    return Array.isArray(answer) ? answer : answer.rows;
  },
};

/** What Drizzle's `sql` makes of a template, of a finished text: an SQLWrapper and its SQL in one. */
function statement(text: string, params: string[]) {
  const sql = { getSQL: () => sql, toQuery: () => ({ sql: text, params }) };
  return sql;
}
