import type { Row } from './database';
import { hasMethod, type TransactionAdapter, withQuestionMarks } from './transaction-adapter';

/** The `trx` of Knex's `knex.transaction(async (trx) => …)`. */
export interface KnexTransaction {
  // biome-ignore lint/suspicious/noExplicitAny: the answer is the driver's
  raw(sql: string, bindings: any): PromiseLike<any>;
  isCompleted(): boolean;
}

export const knex: TransactionAdapter<KnexTransaction> = {
  serves: (handle) => hasMethod(handle, 'raw') && hasMethod(handle, 'queryBuilder'),
  refusal: (trx) =>
    hasMethod(trx, 'isCompleted') && !trx.isCompleted()
      ? undefined
      : 'the open `trx` of `knex.transaction(async (trx) => …)`',
  async query(trx, text, values) {
    const { rows } = await trx.raw(withQuestionMarks(text), values);
    return rows as Row[];
  },
};
