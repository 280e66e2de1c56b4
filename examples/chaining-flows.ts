/**
 * Chaining flows: a running job adds a whole flow beneath itself with `opts.parent`, goes on with
 * other work, and then waits until the flow is done. In a flow, a job runs when its children are
 * done.
 */

import { FlowProducer, Queue, QueueEvents, WaitingChildrenError, Worker } from '../lib';

enum Step {
  Initial,
  Second,
  Third,
  Finish,
}

export async function main(connection: string): Promise<{ order: string[]; price: number }> {
  const order: string[] = [];
  const flow = new FlowProducer({ connection });
  const quotes = new Worker('quotes', async (job) => job.data.price, { connection });
  const sums = new Worker(
    'sums',
    async (job) => {
      const prices = Object.values(await job.getChildrenValues<number>());
      return prices.reduce((sum, price) => sum + price, 0);
    },
    { connection },
  );
  const worker = new Worker(
    'trips',
    async (job, token) => {
      let step: Step = job.data.step;
      while (step !== Step.Finish) {
        switch (step) {
          case Step.Initial: {
            await flow.add({
              name: 'sum',
              queueName: 'sums',
              children: [
                { name: 'flight', queueName: 'quotes', data: { price: 320 } },
                { name: 'hotel', queueName: 'quotes', data: { price: 410 } },
              ],
              opts: { parent: { id: job.id!, queue: job.queueQualifiedName } },
            });
            await job.updateData({ step: Step.Second });
            step = Step.Second;
            break;
          }
          case Step.Second: {
            console.log('trip: packs the suitcase in the meantime');
            await job.updateData({ step: Step.Third });
            step = Step.Third;
            break;
          }
          case Step.Third: {
            const shouldWait = await job.moveToWaitingChildren(token);
            if (shouldWait) throw new WaitingChildrenError();
            await job.updateData({ step: Step.Finish });
            step = Step.Finish;
            break;
          }
          default: {
            throw new Error('invalid step');
          }
        }
      }
      return Object.values(await job.getChildrenValues<number>())[0];
    },
    { connection },
  );
  for (const each of [quotes, sums, worker]) {
    each.on('completed', (job, result) => {
      order.push(job.name);
      console.log(`${job.name}: done, ${JSON.stringify(result)}`);
    });
  }
  const queue = new Queue('trips', { connection });
  const queueEvents = new QueueEvents('trips', { connection });

  const job = await queue.add('trip', { step: Step.Initial });
  const price: number = await job.waitUntilFinished(queueEvents);

  // What is closed gracefully has reported everything that it finished.
  await Promise.all([worker, sums, quotes, queueEvents, queue, flow].map((it) => it.close()));
  return { order, price };
}
