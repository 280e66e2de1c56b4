/**
 * Durable steps: what a step has done is not done again, however often its job has to run. The stock
 * is taken together with the result of its step; the job sleeps and waits for an approval without a
 * worker; and it is completed in the same transaction as its last write.
 */

import { Pool } from 'pg';
import { Queue, QueueEvents, Worker } from '../lib';

export async function main(
  connection: string,
): Promise<{ runs: number; stock: number; steps: string[] }> {
  const pool = new Pool({ connectionString: connection });
  await pool.query('create table if not exists example_stock (item text primary key, amount int)');
  await pool.query("insert into example_stock values ('bicycle', 10)");
  let runs = 0;

  const worker = new Worker(
    'shipping',
    async (job) => {
      runs++;
      const { left } = await job.step('reserve', async ({ tx }) => {
        const { rows } = await tx.query<{ amount: number }>(
          'update example_stock set amount = amount - 1 where item = $1 returning amount',
          [job.data.item],
        );
        console.log(`reserved; ${rows[0]!.amount} left`);
        return { left: rows[0]!.amount };
      });

      await job.sleep('time to think', 100);
      const approval = await job.waitForSignal<{ by: string }>('approved', { timeout: 60_000 });
      console.log(`run ${runs}: approved by ${approval?.by}`);

      if (job.attemptsMade === 0) throw new Error('the carrier does not answer');
      return job.step('ship', async ({ tx }) => {
        await tx.job.log(`shipped, ${left} left`);
        return tx.complete({ approvedBy: approval?.by });
      });
    },
    { connection },
  );
  const queue = new Queue('shipping', { connection });
  const queueEvents = new QueueEvents('shipping', { connection });

  const job = await queue.add('order', { item: 'bicycle' }, { attempts: 2 });
  await queue.signal(job.id!, 'approved', { by: 'Ada' });
  await job.waitUntilFinished(queueEvents);

  const steps = (await job.getSteps()).map(({ name, state }) => `${name}: ${state}`);
  const { rows } = await pool.query<{ amount: number }>('select amount from example_stock');
  console.log(`${steps.join(', ')}; ${runs} runs, stock ${rows[0]!.amount}`);

  await pool.query('drop table example_stock');
  await Promise.all([worker, queueEvents, queue].map((it) => it.close()));
  await pool.end();
  return { runs, stock: rows[0]!.amount, steps };
}
