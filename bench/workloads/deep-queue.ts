import { onRedis } from '../peers';
import { drain } from './drain';
import { fill } from './fill';
import { jobsPerSecond, leaveOut, type Workload } from './workload';

interface DeepParams {
  jobs: number;
  /** As many waiting jobs, delayed ones and finished ones lie in the queue. */
  depth: number;
}

/** The rate at c=50 beside a million jobs of each kind, of which no statistics are taken. */
export const deepQueue: Workload<DeepParams> = {
  title: 'Process c=50',
  metrics: { rate: jobsPerSecond },
  variants: {
    'shallow queue': { full: { jobs: 20_000, depth: 0 }, quick: { jobs: 5_000, depth: 0 } },
    'beside 3,000,000 jobs': {
      full: { jobs: 20_000, depth: 1_000_000 },
      quick: { jobs: 5_000, depth: 100_000 },
    },
  },
  leftOut: leaveOut(['bullmq-postgres', ...onRedis], 'filling it takes longer than a run may'),
  keepsDatabase: true,
  comparesVariants: true,
  async run({ peer, params: { jobs, depth }, repeat }) {
    if (repeat === 1) await peer.deepen!(depth);
    await fill(peer, jobs);
    await peer.close();
    const { rate } = await drain(peer, jobs, { concurrency: 50 });
    return { rate };
  },
};
