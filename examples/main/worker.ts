/** A worker process of the shop: runs orders, parcels and customs papers until the program that started it lets go. */

import { Pool } from 'pg';
import { FlowProducer, Queue, Worker } from '../../lib';
import { CUSTOMS, ORDERS, PARCELS, QUEUES } from './names';
import { orderProcessor } from './order-processor';
import { packParcel, writeCustomsPaper } from './shop';

const connection = process.env['DATABASE_URL']!;
const options = { connection, schema: QUEUES, name: process.argv[2] };

const pool = new Pool({ connectionString: connection, max: 4 });
const parcels = new Queue(PARCELS, options);
const flows = new FlowProducer(options);

const workers = [
  new Worker(ORDERS, orderProcessor({ pool, parcels, flows }), { ...options, concurrency: 20 }),
  new Worker(PARCELS, (job) => packParcel(pool, job.data.orderId, job.data.product), {
    ...options,
    concurrency: 10,
  }),
  new Worker(CUSTOMS, (job) => writeCustomsPaper(pool, job.data.orderId, job.name), {
    ...options,
    concurrency: 5,
  }),
];
for (const worker of workers) {
  worker.on('failed', (job, error) => console.error(`${worker.name} ${job?.id} failed:`, error));
  worker.on('error', (error) => console.error(`${worker.name}:`, error));
}

async function close(): Promise<void> {
  await Promise.all([...workers, parcels, flows].map((it) => it.close()));
  await pool.end();
}

// Ctrl-C reaches the whole group of processes; what is to happen then is for the first of them to say.
process.on('SIGINT', () => {});
process.once('disconnect', () => void close());
