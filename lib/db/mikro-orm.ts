import { type KnexTransaction, knex } from './knex';
import { type KyselyTransaction, kysely } from './kysely';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The EntityManager of MikroORM's `em.transactional(async (em) => …)`, or one after `em.begin()`. */
export interface MikroOrmTransaction {
  isInTransaction(): boolean;
  // biome-ignore lint/suspicious/noExplicitAny: Knex's transaction up to version 6, then Kysely's
  getTransactionContext(): any;
}

export const mikroOrm: TransactionAdapter<MikroOrmTransaction> = {
  serves: (handle) => hasMethod(handle, 'getTransactionContext'),
  refusal: (em) =>
    em.isInTransaction()
      ? undefined
      : 'the `em` of `em.transactional(async (em) => …)` of MikroORM',
  // Not by `em.execute`, which writes values into the text and then takes their question marks for
  // parameters.
  query(em, text, values) {
    const context: KnexTransaction | KyselyTransaction = em.getTransactionContext();
    return knex.serves(context)
      ? knex.query(context as KnexTransaction, text, values)
      : kysely.query(context as KyselyTransaction, text, values);
  },
};
