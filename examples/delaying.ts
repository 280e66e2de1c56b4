/**
 * Delaying: a step puts its own job off with `moveToDelayed`, and the processor throws a
 * `DelayedError` to say so. The worker does other jobs in the meantime.
 */

import { DelayedError, Queue, QueueEvents, Worker } from '../lib';

enum Step {
  Initial,
  Second,
  Finish,
}

export async function main(connection: string): Promise<{ steps: string[]; waited: number }> {
  const steps: string[] = [];
  const startedAt: number[] = [];

  async function doInitialStepStuff(): Promise<void> {
    steps.push('initial');
    console.log('initial step: done; the rest in 200 ms');
  }

  async function doSecondStepStuff(): Promise<void> {
    steps.push('second');
    console.log('second step: done');
  }

  const worker = new Worker(
    'delaying',
    async (job, token) => {
      startedAt.push(Date.now());
      let step: Step = job.data.step;
      while (step !== Step.Finish) {
        switch (step) {
          case Step.Initial: {
            await doInitialStepStuff();
            await job.moveToDelayed(Date.now() + 200, token);
            await job.updateData({ step: Step.Second });
            throw new DelayedError();
          }
          case Step.Second: {
            await doSecondStepStuff();
            await job.updateData({ step: Step.Finish });
            step = Step.Finish;
            break;
          }
          default: {
            throw new Error('invalid step');
          }
        }
      }
      return step;
    },
    { connection },
  );
  const queue = new Queue('delaying', { connection });
  const queueEvents = new QueueEvents('delaying', { connection });

  const job = await queue.add('remind', { step: Step.Initial });
  await job.waitUntilFinished(queueEvents);
  const waited = startedAt[1]! - startedAt[0]!;
  console.log(`the job was started twice, ${waited} ms apart`);

  await worker.close();
  await queueEvents.close();
  await queue.close();
  return { steps, waited };
}
