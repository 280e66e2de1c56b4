import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The `manager` of TypeORM's `dataSource.transaction(async (manager) => …)`. */
interface EntityManager extends Queries {
  // biome-ignore lint/suspicious/noExplicitAny: never called
  getRepository(entity: any): unknown;
  readonly queryRunner?: { readonly isTransactionActive: boolean } | undefined;
}

/** A QueryRunner of TypeORM after `startTransaction`. */
interface QueryRunner extends Queries {
  readonly isTransactionActive: boolean;
}

interface Queries {
  // biome-ignore lint/suspicious/noExplicitAny: the rows, of whatever type is asked for
  query(text: string, values?: any): PromiseLike<any>;
}

export type TypeOrmTransaction = EntityManager | QueryRunner;

export const typeorm: TransactionAdapter<TypeOrmTransaction> = {
  serves: (handle) =>
    hasMethod(handle, 'query') &&
    (hasMethod(handle, 'getRepository') || hasMethod(handle, 'startTransaction')),
  refusal: (manager) =>
    isActive(manager)
      ? undefined
      : 'the `manager` of `dataSource.transaction(async (manager) => …)`, or a QueryRunner after `startTransaction`',
  async query(manager, text, values): Promise<Row[]> {
    return manager.query(text, values);
  },
};

function isActive(manager: TypeOrmTransaction): boolean | undefined {
  return 'isTransactionActive' in manager
    ? manager.isTransactionActive
    : manager.queryRunner?.isTransactionActive;
}
