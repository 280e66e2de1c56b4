/**
 * Process step jobs: the step to go on with is saved in the job's data, so that a job which fails
 * and is tried again, or whose worker dies, begins at that step and not at the first.
 */

import { type Job, Queue, QueueEvents, Worker } from '../lib';

enum Step {
  Initial,
  Second,
  Finish,
}

export async function main(connection: string): Promise<{ steps: string[]; result: Step }> {
  const steps: string[] = [];

  async function doInitialStepStuff(): Promise<void> {
    steps.push('initial');
    console.log('initial step: done');
  }

  async function doSecondStepStuff(job: Job): Promise<void> {
    steps.push('second');
    if (job.attemptsMade === 0) {
      console.log('second step: fails, and is tried again');
      throw new Error('the printer is out of paper');
    }
    console.log('second step: done');
  }

  const worker = new Worker(
    'steps',
    async (job) => {
      let step: Step = job.data.step;
      while (step !== Step.Finish) {
        switch (step) {
          case Step.Initial: {
            await doInitialStepStuff();
            await job.updateData({ step: Step.Second });
            step = Step.Second;
            break;
          }
          case Step.Second: {
            await doSecondStepStuff(job);
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
  const queue = new Queue('steps', { connection });
  const queueEvents = new QueueEvents('steps', { connection });

  const job = await queue.add('print', { step: Step.Initial }, { attempts: 2, backoff: 100 });
  const result = await job.waitUntilFinished(queueEvents);
  console.log(`steps run: ${steps.join(', ')}`);

  await worker.close();
  await queueEvents.close();
  await queue.close();
  return { steps, result };
}
