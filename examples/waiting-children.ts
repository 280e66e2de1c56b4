/**
 * Waiting children: a running job adds children, then lets go of its worker until they are done.
 * `moveToWaitingChildren` says whether there is anything to wait for; when there is, the processor
 * throws a `WaitingChildrenError`.
 */

import { Queue, QueueEvents, WaitingChildrenError, Worker } from '../lib';

enum Step {
  Initial,
  Second,
  Third,
  Finish,
}

export async function main(connection: string): Promise<{ children: string[]; values: unknown[] }> {
  const children: string[] = [];
  const childrenQueue = new Queue('rooms', { connection });
  const childrenWorker = new Worker(
    'rooms',
    async (job) => {
      children.push(job.name);
      console.log(`child ${job.name}: painted in ${job.data.colour}`);
      return job.data.colour;
    },
    { connection },
  );
  const worker = new Worker(
    'houses',
    async (job, token) => {
      const parent = { id: job.id!, queue: job.queueQualifiedName };
      let step: Step = job.data.step;
      while (step !== Step.Finish) {
        switch (step) {
          case Step.Initial: {
            await childrenQueue.add('kitchen', { colour: 'white' }, { parent });
            await job.updateData({ step: Step.Second });
            step = Step.Second;
            break;
          }
          case Step.Second: {
            await childrenQueue.add('hall', { colour: 'green' }, { parent });
            await job.updateData({ step: Step.Third });
            step = Step.Third;
            break;
          }
          case Step.Third: {
            const shouldWait = await job.moveToWaitingChildren(token);
            if (shouldWait) {
              console.log('parent: waits for its children');
              throw new WaitingChildrenError();
            }
            await job.updateData({ step: Step.Finish });
            step = Step.Finish;
            break;
          }
          default: {
            throw new Error('invalid step');
          }
        }
      }
      return Object.values(await job.getChildrenValues());
    },
    { connection },
  );
  const queue = new Queue('houses', { connection });
  const queueEvents = new QueueEvents('houses', { connection });

  const job = await queue.add('paint', { step: Step.Initial });
  const values: unknown[] = await job.waitUntilFinished(queueEvents);
  console.log(`parent: done; its children returned ${values.join(' and ')}`);

  await Promise.all([worker, childrenWorker, queueEvents].map((it) => it.close()));
  await Promise.all([queue, childrenQueue].map((it) => it.close()));
  return { children, values };
}
