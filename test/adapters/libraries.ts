import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { drizzle as drizzleOnPostgresJs } from 'drizzle-orm/postgres-js';
import knexOn from 'knex';
import {
  CamelCasePlugin,
  Kysely,
  ParseJSONResultsPlugin,
  PostgresDialect,
  sql as sqlOfKysely,
} from 'kysely';
import { Client, Pool } from 'pg';
import postgres from 'postgres';
import { Sequelize } from 'sequelize';
import { DataSource } from 'typeorm';
import type { TransactionClient } from '../../lib';
import { openPrisma } from './prisma-client';

/** Writes a row of the application's into `orders`, in the words of the library. */
export type InsertOrder = (id: string) => Promise<unknown>;

/** A library, connected. */
export interface Library {
  /**
   * Does work in a transaction that the library opens, commits, and rolls back when the work
   * throws.
   */
  transaction(
    work: (tx: TransactionClient, insert: InsertOrder) => Promise<void>,
  ): Promise<unknown>;
  /** Handles that are no transaction: on each, a statement would be one of its own. */
  outside: unknown[];
  /** Whether a statement after the end of the transaction is not refused by anybody. */
  isBlindToItsEnd?: true;
  close(): Promise<unknown>;
}

/** Begins, commits and rolls back on a client, as `pg` leaves it to its users. */
async function onClient(
  client: Pick<Client, 'query'>,
  work: (tx: TransactionClient, insert: InsertOrder) => Promise<void>,
) {
  await client.query('begin');
  try {
    await work(client, (id) => client.query('insert into orders values ($1)', [id]));
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

export const libraries: Record<string, (url: string) => Promise<Library>> = {
  async 'pg, Client'(url) {
    const client = new Client({ connectionString: url });
    await client.connect();
    return {
      transaction: (work) => onClient(client, work),
      outside: [client],
      close: () => client.end(),
    };
  },

  async 'pg, PoolClient'(url) {
    const pool = new Pool({ connectionString: url });
    return {
      async transaction(work) {
        const client = await pool.connect();
        await onClient(client, work).finally(() => client.release());
      },
      outside: [pool],
      close: () => pool.end(),
    };
  },

  async 'an object with query'(url) {
    const client = new Client({ connectionString: url });
    await client.connect();
    return {
      transaction: (work) =>
        onClient(client, (_, insert) => {
          const own = { query: (text: string, values: string[]) => client.query(text, values) };
          return work(own, insert);
        }),
      outside: [{}, { query: 'select 1' }],
      isBlindToItsEnd: true,
      close: () => client.end(),
    };
  },

  async 'postgres.js'(url) {
    const db = postgres(url);
    const reserved = await db.reserve();
    return {
      transaction: (work) =>
        db.begin((tx) => work(tx, async (id) => tx`insert into orders values (${id})`)),
      outside: [db, reserved],
      isBlindToItsEnd: true,
      async close() {
        reserved.release();
        await db.end();
      },
    };
  },

  async 'Drizzle on pg'(url) {
    const pool = new Pool({ connectionString: url });
    const db = drizzle(pool);
    return {
      transaction: (work) =>
        db.transaction((tx) =>
          work(tx, async (id) => tx.execute(sql`insert into orders values (${id})`)),
        ),
      outside: [db],
      isBlindToItsEnd: true,
      close: () => pool.end(),
    };
  },

  async 'Drizzle on postgres.js'(url) {
    const client = postgres(url);
    const db = drizzleOnPostgresJs(client);
    return {
      transaction: (work) =>
        db.transaction((tx) =>
          work(tx, async (id) => tx.execute(sql`insert into orders values (${id})`)),
        ),
      outside: [db],
      isBlindToItsEnd: true,
      close: () => client.end(),
    };
  },

  async Kysely(url) {
    const pool = new Pool({ connectionString: url });
    const db = new Kysely<{ orders: { id: string } }>({ dialect: new PostgresDialect({ pool }) });
    return {
      transaction: (work) =>
        db
          .transaction()
          .execute((trx) => work(trx, (id) => trx.insertInto('orders').values({ id }).execute())),
      outside: [db],
      close: () => db.destroy(),
    };
  },

  async 'Kysely, controlled, with plugins'(url) {
    const pool = new Pool({ connectionString: url });
    const plugins = [new ParseJSONResultsPlugin(), new CamelCasePlugin()];
    const db = new Kysely({ dialect: new PostgresDialect({ pool }), plugins });
    return {
      async transaction(work) {
        const trx = await db.startTransaction().execute();
        try {
          await work(trx, (id) => sqlOfKysely`insert into orders values (${id})`.execute(trx));
          await trx.commit().execute();
        } catch (error) {
          await trx.rollback().execute();
          throw error;
        }
      },
      outside: [],
      close: () => db.destroy(),
    };
  },

  async Knex(url) {
    const db = knexOn({ client: 'pg', connection: url });
    return {
      transaction: (work) =>
        db.transaction((trx) => work(trx, async (id) => trx('orders').insert({ id }))),
      outside: [db],
      close: () => db.destroy(),
    };
  },

  async Prisma(url) {
    const client = openPrisma(url);
    return {
      transaction: (work) =>
        client.$transaction(async (tx: PrismaTransaction) =>
          work(tx, (id) => tx.$executeRawUnsafe('insert into orders values ($1)', id)),
        ),
      outside: [client],
      close: () => client.$disconnect(),
    };
  },

  async TypeORM(url) {
    const source = await new DataSource({ type: 'postgres', url }).initialize();
    return {
      transaction: (work) =>
        source.transaction((manager) =>
          work(manager, (id) => manager.query('insert into orders values ($1)', [id])),
        ),
      outside: [source, source.manager],
      close: () => source.destroy(),
    };
  },

  async 'TypeORM, QueryRunner'(url) {
    const source = await new DataSource({ type: 'postgres', url }).initialize();
    const runner = source.createQueryRunner();
    return {
      async transaction(work) {
        await runner.startTransaction();
        try {
          await work(runner, (id) => runner.query('insert into orders values ($1)', [id]));
          await runner.commitTransaction();
        } catch (error) {
          await runner.rollbackTransaction();
          throw error;
        }
      },
      outside: [runner],
      async close() {
        await runner.release();
        await source.destroy();
      },
    };
  },

  async MikroORM(url) {
    const order = new EntitySchema({
      name: 'Order',
      tableName: 'orders',
      properties: { id: { type: 'string', primary: true } },
    });
    const orm = await MikroORM.init({ clientUrl: url, entities: [order] });
    return {
      transaction: (work) =>
        orm.em.fork().transactional((em) => work(em, (id) => em.insert('Order', { id } as never))),
      outside: [orm.em, orm.em.fork()],
      close: () => orm.close(),
    };
  },

  async Sequelize(url) {
    const sequelize = new Sequelize(url, { logging: false });
    return {
      transaction: (work) =>
        sequelize.transaction((transaction) =>
          work(transaction, (id) =>
            sequelize.query('insert into orders values ($id)', { bind: { id }, transaction }),
          ),
        ),
      outside: [sequelize],
      close: () => sequelize.close(),
    };
  },
};

/** What the generated client calls `Prisma.TransactionClient`. */
type PrismaTransaction = Pick<
  ReturnType<typeof openPrisma>,
  '$queryRawUnsafe' | '$executeRawUnsafe'
>;
