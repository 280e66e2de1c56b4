import type { JobsOptions, Queue } from '../../lib';
import type { Instances } from '../helpers/instances';
import { until } from '../helpers/wait';

/** A parent with children in queues of their own, which a worker completes or (named `bad`) fails. */
export async function family(
  on: Instances,
  children: { name: string; opts?: JobsOptions }[],
  parentOpts: JobsOptions = {},
) {
  const parents = on.queue();
  const queue = on.queue();
  const flow = on.flow();
  const tree = await flow.add({
    name: 'parent',
    queueName: parents.name,
    opts: parentOpts,
    children: children.map(({ name, opts = {} }) => ({
      name,
      queueName: queue.name,
      data: {},
      opts,
    })),
  });
  const work = () =>
    on.worker(queue, async (job) => {
      if (job.name === 'bad') throw new Error('bad child');
      return `${job.name} done`;
    });
  const key = (i: number) =>
    tree.children![i]!.job.queueQualifiedName + `:${tree.children![i]!.job.id}`;
  return { parents, queue, flow, tree, parent: tree.job, work, key };
}

/** Resolves when so many jobs of the queue have ended. */
export const settled = (queue: Queue, count: number) =>
  until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === count);
