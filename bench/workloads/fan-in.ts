import { performance } from 'node:perf_hooks';
import type { Workload } from './workload';

/** One flow: many children that do nothing, and a parent that reads what all of them returned. */
export const fanIn: Workload<{ children: number }> = {
  title: 'Fan-in',
  metrics: {
    add: { unit: 'jobs/s', better: 'more' },
    process: { unit: 'jobs/s', better: 'more' },
  },
  variants: {
    '5,000 into one': { full: { children: 5_000 }, quick: { children: 1_000 } },
  },
  async run({ peer, params: { children } }) {
    const from = performance.now();
    await peer.addFanIn(children);
    const addedAt = performance.now();
    let onDone = (_childrenSeen: number) => {};
    const done = new Promise<number>((resolve) => {
      onDone = resolve;
    });
    const parents = await peer.workOnParents(onDone);
    const startedAt = performance.now();
    const work = await peer.work({ concurrency: 50, process: async (job) => job.data.index });
    const seen = await done;
    const seconds = (performance.now() - startedAt) / 1000;
    if (seen !== children) throw new Error(`The parent saw ${seen} of ${children} children`);
    await work.close(false);
    await parents.close(false);
    await peer.close();
    return { add: children / ((addedAt - from) / 1000), process: children / seconds };
  },
};
