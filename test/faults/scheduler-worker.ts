/**
 * A program of scheduler-death.test.ts: runs the jobs of a queue's schedulers, by as many workers as its parent
 * process orders. Where the order says `dieAt`, it announces that it has come there, and then does nothing for ever.
 */

import { Pool } from 'pg';
import { defaultRepeatStrategy, type RepeatStrategy, Worker } from '../../lib';

export interface Order {
  queue: string;
  workers: number;
  /** Before the next job of the schedule is made, or when it has been and the current one runs. */
  dieAt?: 'scheduling' | 'processing';
}

const connection = process.env['DATABASE_URL']!;
const pool = new Pool({ connectionString: connection, max: 2 });

function serve({ queue, workers, dieAt }: Order): void {
  const at = async (boundary: string) => {
    if (boundary !== dieAt) return;
    process.send!({ at: boundary });
    await new Promise(() => {});
  };
  const repeatStrategy: RepeatStrategy = async (millis, opts) => {
    await at('scheduling');
    return defaultRepeatStrategy(millis, opts);
  };
  for (let i = 0; i < workers; i++) {
    new Worker(
      queue,
      async (job) => {
        await at('processing');
        await pool.query('insert into schedule_ledger (queue, job) values ($1, $2)', [
          queue,
          job.id,
        ]);
      },
      // Shorter than usual, for machines so busy that nobody is steady enough to notice deaths earlier.
      { connection, lockDuration: 10_000, settings: { repeatStrategy } },
    );
  }
}

process.on('message', serve);
process.once('disconnect', () => process.exit());
// A process without a worker has no heartbeat, and is no judge of others.
new Worker('idle', async () => {}, { connection });
