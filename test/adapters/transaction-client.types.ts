/**
 * For the compiler alone, which `npm run check` runs: the transaction of each library is taken
 * without a cast, and so far as types can tell one from the other, what is none is refused.
 */

import type { PGlite, Transaction as PgliteTransaction } from '@electric-sql/pglite';
import type { EntityManager as MikroOrmManager } from '@mikro-orm/postgresql';
import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Knex } from 'knex';
import type { ControlledTransaction, Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { Client, Pool, PoolClient } from 'pg';
import type { Sql, TransactionSql } from 'postgres';
import type { Transaction as SequelizeTransaction } from 'sequelize';
import type { QueryRunner, EntityManager as TypeOrmManager } from 'typeorm';
import type { Queue } from '../../lib';
import type { openPrisma } from './prisma-client';

interface Tables {
  orders: { id: string; total: number };
}

type PrismaClient = ReturnType<typeof openPrisma>;
type TransactionOf<Database extends { transaction(work: never): unknown }> = Parameters<
  Parameters<Database['transaction']>[0]
>[0];

export function accepted(
  queue: Queue,
  own: { query(text: string, params: string[]): Promise<{ rows: { r: string }[] }> },
  client: Client,
  poolClient: PoolClient,
  pglite: PgliteTransaction,
  postgresJs: TransactionSql,
  drizzle: TransactionOf<NodePgDatabase>,
  drizzleOnPostgresJs: TransactionOf<PostgresJsDatabase<{ orders: never }>>,
  kysely: KyselyTransaction<Tables>,
  kyselyControlled: ControlledTransaction<Tables, ['a']>,
  knex: Knex.Transaction,
  prisma: Omit<PrismaClient, ITXClientDenyList>,
  typeorm: TypeOrmManager,
  typeormRunner: QueryRunner,
  mikroOrm: MikroOrmManager,
  sequelize: SequelizeTransaction,
) {
  return [
    queue.withTransaction(own),
    queue.withTransaction(client),
    queue.withTransaction(poolClient),
    queue.withTransaction(pglite),
    queue.withTransaction(postgresJs),
    queue.withTransaction(drizzle),
    queue.withTransaction(drizzleOnPostgresJs),
    queue.withTransaction(kysely),
    queue.withTransaction(kyselyControlled),
    queue.withTransaction(knex),
    queue.withTransaction(prisma),
    queue.withTransaction(typeorm),
    queue.withTransaction(typeormRunner),
    queue.withTransaction(mikroOrm),
    queue.withTransaction(sequelize),
  ];
}

export function refused(
  queue: Queue,
  pool: Pool,
  pglite: PGlite,
  postgresJs: Sql,
  drizzle: NodePgDatabase,
  kysely: Kysely<Tables>,
  knex: Knex,
  prisma: PrismaClient,
) {
  return [
    // @ts-expect-error a pool
    queue.withTransaction(pool),
    // @ts-expect-error the database
    queue.withTransaction(pglite),
    // @ts-expect-error not within `begin`
    queue.withTransaction(postgresJs),
    // @ts-expect-error the database
    queue.withTransaction(drizzle),
    // @ts-expect-error the database
    queue.withTransaction(kysely),
    // @ts-expect-error the database
    queue.withTransaction(knex),
    // @ts-expect-error the client
    queue.withTransaction(prisma),
    // @ts-expect-error nothing
    queue.withTransaction({}),
  ];
}
