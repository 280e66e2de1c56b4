import type { Executor } from './database';
import { type DrizzleTransaction, drizzle } from './drizzle';
import { type KnexTransaction, knex } from './knex';
import { type KyselyTransaction, kysely } from './kysely';
import { type MikroOrmTransaction, mikroOrm } from './mikro-orm';
import { type PostgresJsTransaction, postgresJs } from './postgres-js';
import { type PrismaTransaction, prisma } from './prisma';
import { type QueryClient, queryClient } from './query-client';
import { type SequelizeTransaction, sequelize } from './sequelize';
import { withTextParameters } from './text-parameters';
import type { TransactionAdapter } from './transaction-adapter';
import { type TypeOrmTransaction, typeorm } from './typeorm';

/**
 * An open transaction of the application's: that of `pg`, PGlite, postgres.js, Drizzle, Kysely,
 * Knex, Prisma, TypeORM, MikroORM or Sequelize, or an object of its own with the `query` method of
 * a `pg` client.
 */
export type TransactionClient =
  | QueryClient
  | PostgresJsTransaction
  | DrizzleTransaction
  | KyselyTransaction
  | KnexTransaction
  | PrismaTransaction
  | TypeOrmTransaction
  | MikroOrmTransaction
  | SequelizeTransaction;

/** The first that serves a handle has it. The last takes whatever has a `query` method. */
const adapters = [
  prisma,
  mikroOrm,
  drizzle,
  kysely,
  knex,
  postgresJs,
  sequelize,
  typeorm,
  queryClient,
] as TransactionAdapter<TransactionClient>[];

/** The last statement on each transaction: `pg` refuses to queue them itself from version 9 on. */
const underWay = new WeakMap<TransactionClient, Promise<unknown>>();

/**
 * The application's transaction as an executor, one statement after the other. Nothing is prepared, set or listened to on its
 * connection.
 * @throws TypeError when this is no open transaction, on which each statement would be a
 * transaction of its own; as far as the library lets one see, also when it has ended since
 */
export function transactionExecutor(tx: TransactionClient): Executor {
  const adapter =
    Object(tx) === tx ? adapters.find((candidate) => candidate.serves(tx)) : undefined;
  if (!adapter) {
    throw new TypeError(
      'withTransaction expects an open transaction of pg, PGlite, postgres.js, Drizzle, Kysely, Knex, Prisma, TypeORM, MikroORM or Sequelize, or an object with `query(text, params)`',
    );
  }
  const checkout = adapter.checkout?.(tx);
  const refuse = (instead: string | undefined) => {
    if (instead) throw new TypeError(`withTransaction expects ${instead}`);
  };
  const check = () => {
    if (adapter.checkout?.(tx) !== checkout) {
      throw new TypeError('The transaction is over: its connection was given back to the pool');
    }
    refuse(adapter.refusal(tx));
  };
  check();
  return {
    async query(text, values) {
      const statement = withTextParameters(text, values);
      const answer = (underWay.get(tx) ?? Promise.resolve()).then(async () => {
        check();
        refuse(await adapter.ask?.(tx));
        return adapter.query(tx, statement.text, statement.values);
      });
      underWay.set(
        tx,
        answer.catch(() => {}),
      );
      return answer;
    },
  };
}
