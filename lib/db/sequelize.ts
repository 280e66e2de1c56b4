import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The `transaction` of Sequelize's `sequelize.transaction(async (transaction) => …)`. */
export interface SequelizeTransaction {
  commit(): Promise<void>;
  rollback(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: never called
  afterCommit(listener: any): void;
}

/** What its type does not tell of it. */
interface Internals {
  finished?: string;
  sequelize: { query(text: string, options: object): PromiseLike<Row[]> };
}

export const sequelize: TransactionAdapter<SequelizeTransaction> = {
  serves: (handle) => hasMethod(handle, 'afterCommit') || hasMethod(handle, 'getQueryInterface'),
  refusal: (tx) =>
    hasMethod(tx, 'afterCommit') && !(tx as unknown as Internals).finished
      ? undefined
      : 'the open `transaction` of `sequelize.transaction(async (transaction) => …)`',
  query: (transaction, text, bind) =>
    (transaction as unknown as Internals).sequelize.query(text, {
      bind,
      transaction,
      type: 'SELECT',
    }),
};
