/**
 * Runs many jobs through one worker of this process, and says how much of its heap is in use at ten
 * moments on the way. The queue is kept short, so that it is the worker that is looked at. Started
 * with --expose-gc and the number of jobs; DATABASE_URL says where.
 */

import { Queue, Worker } from '../../lib';

const BATCH = 500;
const SAMPLES = 10;

async function main(): Promise<void> {
  const jobs = Number(process.argv[2]);
  const queue = new Queue('memory');
  const worker = new Worker('memory', async (job) => ({ seen: job.data.index }), {
    concurrency: 100,
    removeOnComplete: { count: 1_000 },
  });
  let added = 0;
  let done = 0;
  const addMore = async () => {
    const from = added;
    added += BATCH;
    await queue.addBulk(
      Array.from({ length: BATCH }, (_, i) => ({
        name: 'job',
        data: { index: from + i, text: 'x'.repeat(200) },
      })),
    );
  };
  const finished = new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('completed', () => {
      done++;
      if (done % (jobs / SAMPLES) === 0) {
        global.gc!();
        process.send!({ done, bytes: process.memoryUsage().heapUsed });
      }
      if (done === jobs) resolve();
      else if (done % BATCH === 0 && added < jobs) addMore().catch(reject);
    });
  });
  for (let i = 0; i < 4; i++) await addMore();
  await finished;
  await worker.close();
  await queue.close();
  process.disconnect();
}

void main();
