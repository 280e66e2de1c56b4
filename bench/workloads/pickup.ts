import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../statistics';
import type { Workload } from './workload';

/** The worker has nothing to do for so long before each job. */
const IDLE_MS = [10, 30] as const;
const WARM_UP = 20;
/** One whose jobs wait for a poll is measured by as many as there is time for. */
const LONGEST_MS = 30_000;

/** From the call of `add` to the start of the processor, with an idle worker in the same process. */
export const pickup: Workload<{ jobs: number }> = {
  title: 'Pickup when idle',
  metrics: {
    p50: { unit: 'ms', better: 'less' },
    p99: { unit: 'ms', better: 'less' },
  },
  variants: { '': { full: { jobs: 300 }, quick: { jobs: 60 } } },
  async run({ peer, params: { jobs } }) {
    const latencies: number[] = [];
    let addedAt = 0;
    let onStart = () => {};
    const work = await peer.work({
      concurrency: 1,
      isIdle: true,
      process: async () => {
        latencies.push(performance.now() - addedAt);
        onStart();
      },
    });
    await sleep(500);
    const deadline = performance.now() + LONGEST_MS;
    for (let i = 0; i < jobs + WARM_UP && performance.now() < deadline; i++) {
      const started = new Promise<void>((resolve) => {
        onStart = resolve;
      });
      addedAt = performance.now();
      await Promise.all([peer.add({ index: i }), started]);
      const [least, most] = IDLE_MS;
      await sleep(least + Math.random() * (most - least));
    }
    await work.close(false);
    await peer.close();
    const measured = latencies.slice(WARM_UP);
    return { p50: percentile(measured, 50), p99: percentile(measured, 99) };
  },
};
