/**
 * A program of step-death.test.ts: runs the queues that it is told by its parent process to run.
 * Where an order says `dieAt`, it announces that it has come there, and then does nothing for ever.
 */

import { Pool } from 'pg';
import { FlowProducer, Queue, Worker } from '../../lib';
import { patterns } from './step-patterns';

export interface Order {
  queue: string;
  /** A pattern, or `children` to run what the patterns add. */
  run: string;
  dieAt?: string;
}

const connection = process.env['DATABASE_URL']!;
const pool = new Pool({ connectionString: connection, max: 2 });
const flow = new FlowProducer({ connection });

function ranIn(queue: string) {
  return async (step: string) => {
    await pool.query('insert into step_ledger (queue, step) values ($1, $2)', [queue, step]);
  };
}

function serve({ queue, run, dieAt }: Order): void {
  const ran = ranIn(queue);
  const childQueue = `${queue} children`;
  if (run === 'children') {
    new Worker(childQueue, (job) => ran(job.name), { connection });
    return;
  }
  const surroundings = {
    ran,
    at: async (boundary: string) => {
      if (boundary !== dieAt) return;
      process.send!({ at: boundary });
      await new Promise(() => {});
    },
    children: new Queue(childQueue, { connection }),
    flow,
  };
  const pattern = patterns[run]!;
  new Worker(queue, (job, token) => pattern.process(job, token, surroundings), { connection });
}

process.on('message', serve);
process.once('disconnect', () => process.exit());
// A process without a worker has no heartbeat, and is no judge of others.
new Worker('idle', async () => {}, { connection });
