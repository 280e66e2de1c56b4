/** Takes the orders file in: each order becomes a row of the shop and a job, both in one transaction. */

import path from 'node:path';
import type { ClientBase } from 'pg';
import type { Queue } from '../../lib';
import { ORDERS, type OrderJob } from './names';
import { type OrdersFileRow, readOrdersFile } from './orders-file';
import { insertOrders, insertRejectedRow, inTransaction, recordImport } from './shop';

/** Rows of the file in one transaction. */
const BATCH = 100;

export interface Intake {
  orders: number;
  rejected: number;
}

export async function takeIn(
  file: string,
  client: ClientBase,
  queue: Queue<OrderJob>,
  onRejected: (row: { line: number; reason: string }) => void,
): Promise<Intake> {
  const intake = { orders: 0, rejected: 0 };
  let batch: OrdersFileRow[] = [];

  async function takeInBatch(): Promise<void> {
    const accepted = batch.flatMap((row) => ('order' in row ? [row] : []));
    const rejected = batch.flatMap((row) => ('reason' in row ? [row] : []));
    await inTransaction(client, async () => {
      await insertOrders(client, accepted);
      await queue.withTransaction(client).addBulk(
        accepted.map(({ order }) => ({
          name: 'order',
          data: { orderId: order.id, step: 'validate' },
          opts: { jobId: order.id },
        })),
      );
      for (const row of rejected) await insertRejectedRow(client, row);
    });
    rejected.forEach(onRejected);
    intake.orders += accepted.length;
    intake.rejected += rejected.length;
    batch = [];
  }

  for await (const row of readOrdersFile(file)) {
    batch.push(row);
    if (batch.length === BATCH) await takeInBatch();
  }
  await takeInBatch();
  await recordImport(client, path.basename(file), intake.orders + intake.rejected);
  return intake;
}

/** Where the orders file of this program lies. */
export const ordersFile = path.join(__dirname, `${ORDERS}.csv`);
