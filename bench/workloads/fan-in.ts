import { performance } from 'node:perf_hooks';
import { jobsPerSecond, WITHOUT_FLOWS, type Workload } from './workload';

/** One flow: many children that do nothing, and a parent that reads what all of them returned. */
export const fanIn: Workload<{ children: number }> = {
  title: 'Fan-in of 10,000',
  metrics: { add: jobsPerSecond, 'process c=50': jobsPerSecond },
  variants: { '': { full: { children: 10_000 }, quick: { children: 1_000 } } },
  leftOut: WITHOUT_FLOWS,
  async run({ peer, params: { children } }) {
    const flows = peer.flows!;
    const from = performance.now();
    await flows.addFanIn(children);
    const addedAt = performance.now();
    let onDone = (_childrenSeen: number) => {};
    const done = new Promise<number>((resolve) => {
      onDone = resolve;
    });
    const parents = await flows.workOnParents(onDone);
    const startedAt = performance.now();
    const work = await peer.work({ concurrency: 50, process: async (job) => job.data.index });
    const seen = await done;
    const seconds = (performance.now() - startedAt) / 1000;
    if (seen !== children) throw new Error(`The parent saw ${seen} of ${children} children`);
    await work.close(false);
    await parents.close(false);
    await peer.close();
    return { add: children / ((addedAt - from) / 1000), 'process c=50': children / seconds };
  },
};
