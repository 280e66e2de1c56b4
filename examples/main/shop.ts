/** The tables of the shop, and what is done to them. Whatever a step does can be done twice without harm. */

import type { ClientBase, Pool } from 'pg';
import { LARGE_AMOUNT, QUEUES, SHOP } from './names';
import type { Order, OrdersFileRow } from './orders-file';

/** Says that a schema is this program's, which it may drop. */
const MARK = 'Made by the TuskMQ demo, which drops it when it is started again.';

const tables = `
  create table ${SHOP}.import (file text not null, rows integer not null);
  create table ${SHOP}.rejected_row (line integer primary key, reason text not null, text text not null);
  create table ${SHOP}.orders (
    id text primary key, line integer not null unique, placed_at timestamptz not null, customer text not null, country text not null,
    currency text not null, payment text not null, amount numeric(12, 2) not null, status text not null default 'received'
  );
  create table ${SHOP}.order_item (
    order_id text references ${SHOP}.orders, product text, quantity integer not null, primary key (order_id, product)
  );
  create table ${SHOP}.reservation (
    order_id text, product text, quantity integer not null, primary key (order_id, product)
  );
  create table ${SHOP}.invoice (
    order_id text primary key, currency text not null, amount numeric(12, 2) not null, billed_at timestamptz default clock_timestamp()
  );
  -- Without a key that would forbid a second entry: what the audit finds here is what the program did.
  create table ${SHOP}.ledger (
    entry bigint generated always as identity, order_id text not null, currency text not null, amount numeric(12, 2) not null
  );
  create table ${SHOP}.parcel (order_id text, product text, packed_by integer not null, primary key (order_id, product));
  create table ${SHOP}.customs_paper (order_id text, kind text, primary key (order_id, kind));
`;

/**
 * Drops what the last run left, and makes the tables and an empty schema for the queues.
 * @throws Error when a schema of that name is somebody else's
 */
export async function openShop(client: ClientBase): Promise<void> {
  await inTransaction(client, async () => {
    for (const schema of [SHOP, QUEUES]) {
      const { rows } = await client.query(
        `select obj_description(oid, 'pg_namespace') as mark from pg_namespace where nspname = $1`,
        [schema],
      );
      if (rows[0] && rows[0].mark !== MARK) {
        throw new Error(
          `The schema "${schema}" was not made by this program: use another database`,
        );
      }
      await client.query(`drop schema if exists ${schema} cascade`);
      await client.query(`create schema ${schema}; comment on schema ${schema} is '${MARK}'`);
    }
    await client.query(tables);
  });
}

export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

type Accepted = Extract<OrdersFileRow, { order: Order }>;
type Rejected = Extract<OrdersFileRow, { reason: string }>;

export async function insertOrders(client: ClientBase, rows: Accepted[]): Promise<void> {
  const orders = rows.map(({ line, order }) => ({ line, ...order, placed_at: order.placedAt }));
  await client.query(
    `insert into ${SHOP}.orders (id, line, placed_at, customer, country, currency, payment, amount)
     select o.id, o.line, o.placed_at, o.customer, o.country, o.currency, o.payment, o.amount
     from json_populate_recordset(null::${SHOP}.orders, $1) o`,
    [JSON.stringify(orders)],
  );
  await client.query(
    `insert into ${SHOP}.order_item (order_id, product, quantity)
     select o.id, i.product, i.quantity
     from json_to_recordset($1) o(id text, items json), json_to_recordset(o.items) i(product text, quantity integer)`,
    [JSON.stringify(orders)],
  );
}

export async function insertRejectedRow(client: ClientBase, row: Rejected): Promise<void> {
  await client.query(`insert into ${SHOP}.rejected_row values ($1, $2, $3)`, [
    row.line,
    row.reason,
    row.text,
  ]);
}

export async function recordImport(client: ClientBase, file: string, rows: number): Promise<void> {
  await client.query(`insert into ${SHOP}.import values ($1, $2)`, [file, rows]);
}

/** What the steps need to know of an order. */
export interface OrderFacts {
  products: string[];
  isLarge: boolean;
  isOnHold: boolean;
}

export async function readOrder(pool: Pool, orderId: string): Promise<OrderFacts> {
  const { rows } = await pool.query<OrderFacts>(
    `select o.amount >= ${LARGE_AMOUNT} as "isLarge", o.payment = 'transfer' as "isOnHold",
            array(select i.product from ${SHOP}.order_item i where i.order_id = o.id) as products
     from ${SHOP}.orders o where o.id = $1`,
    [orderId],
  );
  if (!rows[0]) throw new Error(`There is no order ${orderId}`);
  return rows[0];
}

export async function setStatus(pool: Pool, orderId: string, status: string): Promise<void> {
  await pool.query(`update ${SHOP}.orders set status = $2 where id = $1`, [orderId, status]);
}

export async function reserveStock(pool: Pool, orderId: string): Promise<void> {
  await pool.query(
    `insert into ${SHOP}.reservation select * from ${SHOP}.order_item where order_id = $1 on conflict do nothing`,
    [orderId],
  );
}

/**
 * Bills an order once, however often it is called. One statement is one transaction: there is no
 * invoice without its entry in the ledger.
 */
export async function bill(pool: Pool, orderId: string): Promise<void> {
  await pool.query(
    `with billed as (
       insert into ${SHOP}.invoice (order_id, currency, amount)
       select id, currency, amount from ${SHOP}.orders where id = $1
       on conflict do nothing
       returning order_id, currency, amount
     )
     insert into ${SHOP}.ledger (order_id, currency, amount) select * from billed`,
    [orderId],
  );
}

export async function packParcel(pool: Pool, orderId: string, product: string): Promise<void> {
  await pool.query(`insert into ${SHOP}.parcel values ($1, $2, $3) on conflict do nothing`, [
    orderId,
    product,
    process.pid,
  ]);
}

export async function writeCustomsPaper(pool: Pool, orderId: string, kind: string): Promise<void> {
  await pool.query(`insert into ${SHOP}.customs_paper values ($1, $2) on conflict do nothing`, [
    orderId,
    kind,
  ]);
}
