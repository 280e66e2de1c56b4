import { drain } from './drain';
import { fill } from './fill';
import type { Metric, Workload } from './workload';

interface ProcessParams {
  jobs: number;
  concurrency: number;
}

const jobsPerSecond: Metric = { unit: 'jobs/s', better: 'more' };

function atConcurrency(concurrency: number, jobs: number, timesBullmqPostgres?: number) {
  return {
    full: { jobs, concurrency },
    quick: { jobs: Math.max(jobs / 5, 200), concurrency },
    metrics: {
      rate: timesBullmqPostgres
        ? { ...jobsPerSecond, target: { timesBullmqPostgres } }
        : jobsPerSecond,
    },
  };
}

/** One worker runs jobs that do nothing and were added before. */
export const processing: Workload<ProcessParams> = {
  title: 'Process no-op',
  metrics: { rate: jobsPerSecond },
  variants: {
    'c=1': atConcurrency(1, 2_000, 1.3),
    'c=10': atConcurrency(10, 10_000),
    'c=50': atConcurrency(50, 20_000, 10),
    'c=500': atConcurrency(500, 30_000),
  },
  async run({ peer, params: { jobs, concurrency } }) {
    await fill(peer, jobs);
    await peer.close();
    const { rate } = await drain(peer, jobs, concurrency);
    return { rate };
  },
};
