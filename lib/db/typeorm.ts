import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/**
 * The EntityManager of TypeORM's `dataSource.transaction(async (manager) => …)`, or a QueryRunner
 * after `startTransaction`.
 */
export interface TypeOrmTransaction {
  // biome-ignore lint/suspicious/noExplicitAny: the rows, of whatever type is asked for
  query(text: string, values?: any): PromiseLike<any>;
  readonly queryRunner?: { readonly isTransactionActive: boolean } | undefined;
  readonly isTransactionActive?: boolean;
}

export const typeorm: TransactionAdapter<TypeOrmTransaction> = {
  serves: (handle) =>
    hasMethod(handle, 'query') &&
    (hasMethod(handle, 'getRepository') || hasMethod(handle, 'startTransaction')),
  refusal: (manager) =>
    (manager.queryRunner ?? manager).isTransactionActive
      ? undefined
      : 'the `manager` of `dataSource.transaction(async (manager) => …)`, or a QueryRunner after `startTransaction`',
  async query(manager, text, values): Promise<Row[]> {
    return manager.query(text, values);
  },
};
