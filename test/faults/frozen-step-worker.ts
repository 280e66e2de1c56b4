/**
 * A program of frozen-step.test.ts: runs one queue, whose processor announces that it is in the
 * middle of its step, and goes on when it is told to.
 */

import { once } from 'node:events';
import { Worker } from '../../lib';
import { processFrozen } from './frozen-step-processor';

const connection = process.env['DATABASE_URL']!;
const worker = new Worker(
  process.env['QUEUE']!,
  (job) =>
    processFrozen(job, async () => {
      process.send!({ at: 'inside' });
      await once(process, 'message');
    }),
  { connection, lockDuration: Number(process.env['LOCK_DURATION']) },
);
worker.on('completed', () => process.send!({ at: 'completed' }));
worker.on('error', (error) =>
  process.send!({ at: 'error', name: error.name, message: error.message }),
);
process.once('disconnect', () => process.exit());
