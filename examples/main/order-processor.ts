/**
 * The order job: all four patterns of step jobs in one processor. After each step the next one is
 * saved, so whoever takes the job over goes on from there. The step during which a worker died is
 * done again: each is written so that this changes nothing.
 */

import type { Pool } from 'pg';
import {
  DelayedError,
  type FlowProducer,
  type Job,
  type Processor,
  type Queue,
  UnrecoverableError,
  WaitingChildrenError,
} from '../../lib';
import { CUSTOMS, HOLD_MS, type OrderJob, type OrderStep } from './names';
import { bill, packParcel, readOrder, reserveStock, setStatus } from './shop';

export interface OrderTools {
  pool: Pool;
  parcels: Queue;
  flows: FlowProducer;
}

export function orderProcessor({ pool, parcels, flows }: OrderTools): Processor<OrderJob> {
  return async (job, token) => {
    const { orderId } = job.data;
    const order = await readOrder(pool, orderId);
    const save = async (next: OrderStep) => {
      await job.updateData({ orderId, step: next });
      return next;
    };
    let step = job.data.step;
    while (step !== 'done') {
      switch (step) {
        case 'validate': {
          if (order.products.length === 0) throw new UnrecoverableError(`${orderId} has no items`);
          step = await save('reserve');
          break;
        }
        case 'reserve': {
          await reserveStock(pool, orderId);
          step = await save(order.isOnHold ? 'hold' : 'bill');
          break;
        }
        case 'hold': {
          await job.moveToDelayed(Date.now() + HOLD_MS, token);
          await save('bill');
          throw new DelayedError();
        }
        case 'bill': {
          await bill(pool, orderId);
          step = await save('pack');
          break;
        }
        case 'pack': {
          if (order.products.length === 1) {
            await packParcel(pool, orderId, order.products[0]!);
            step = await save(order.isLarge ? 'declare' : 'ship');
          } else {
            await addParcels(parcels, job, order.products);
            step = await save(order.isLarge ? 'declare' : 'await-children');
          }
          break;
        }
        case 'declare': {
          await addCustoms(flows, job);
          step = await save('await-children');
          break;
        }
        case 'await-children': {
          if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
          step = await save('ship');
          break;
        }
        case 'ship': {
          await setStatus(pool, orderId, 'shipped');
          step = await save('done');
          break;
        }
        default: {
          throw new Error(`invalid step ${step satisfies never}`);
        }
      }
    }
  };
}

/** A parcel an item. The ids make a repetition of this step add nothing. */
async function addParcels(parcels: Queue, job: Job<OrderJob>, products: string[]): Promise<void> {
  const { orderId } = job.data;
  const parent = { id: job.id!, queue: job.queueQualifiedName };
  await parcels.addBulk(
    products.map((product) => ({
      name: 'parcel',
      data: { orderId, product },
      opts: { jobId: `${orderId}-${product}`, parent },
    })),
  );
}

/** The clearance, which runs when duty is paid and the inspection is over. */
async function addCustoms(flows: FlowProducer, job: Job<OrderJob>): Promise<void> {
  const { orderId } = job.data;
  const paper = (kind: string) => ({
    name: kind,
    queueName: CUSTOMS,
    data: { orderId },
    opts: { jobId: `${orderId}-${kind}` },
  });
  const clearance = paper('clearance');
  await flows.add({
    ...clearance,
    opts: { ...clearance.opts, parent: { id: job.id!, queue: job.queueQualifiedName } },
    children: [paper('duty'), paper('inspection')],
  });
}
