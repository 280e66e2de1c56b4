import { drain } from './drain';
import { fill } from './fill';
import { jobsPerSecond, type Variant, type Workload } from './workload';

interface ProcessParams {
  jobs: number;
  concurrency: number;
  /** Of text in the payload, beside the job's number. */
  textBytes: number;
}

/** Always several times as many jobs as the largest batch that a peer takes, which is 500. */
function at(concurrency: number, jobs: number, textBytes = 0): Variant<ProcessParams> {
  return {
    full: { jobs, concurrency, textBytes },
    quick: { jobs: Math.max(jobs / 5, 2_500), concurrency, textBytes },
  };
}

/** One worker runs jobs that do nothing and were added before. */
export const processing: Workload<ProcessParams> = {
  title: 'Process no-op',
  metrics: {
    rate: jobsPerSecond,
    'client CPU': { unit: 'µs/job', better: 'less' },
  },
  variants: {
    'c=1': at(1, 5_000),
    'c=10': at(10, 10_000),
    'c=50': at(50, 20_000),
    'c=500': at(500, 30_000),
    'c=50, 1.5 kB': at(50, 20_000, 1_500),
  },
  async run({ peer, params: { jobs, concurrency, textBytes } }) {
    await fill(peer, jobs, textBytes);
    await peer.close();
    const { rate, cpu } = await drain(peer, jobs, { concurrency });
    return { rate, 'client CPU': cpu };
  },
};
