import { performance } from 'node:perf_hooks';
import { Client } from 'pg';
import { onRedis } from '../peers';
import { drain } from './drain';
import { fill } from './fill';
import { jobsPerSecond, leaveOut, type Workload } from './workload';

interface SnapshotParams {
  jobs: number;
  isHeld: boolean;
}

/** Beyond it a slow peer is cut off. */
const LONGEST_MS = 90_000;

/**
 * A long run at c=50 while another transaction of the same database holds a snapshot from before the
 * first job, so that no dead row can be removed.
 */
export const oldSnapshot: Workload<SnapshotParams> = {
  title: 'Process 500,000, c=50',
  metrics: {
    rate: jobsPerSecond,
    'last tenth to first': { unit: '%', better: 'more' },
  },
  variants: {
    'no old snapshot': {
      full: { jobs: 500_000, isHeld: false },
      quick: { jobs: 30_000, isHeld: false },
    },
    'an old snapshot': {
      full: { jobs: 500_000, isHeld: true },
      quick: { jobs: 30_000, isHeld: true },
    },
  },
  leftOut: leaveOut(onRedis, 'not about PostgreSQL'),
  mostRepeats: 1,
  comparesVariants: true,
  async run({ peer, place, params: { jobs, isHeld } }) {
    const release = isHeld ? await holdSnapshot(place.url) : undefined;
    await fill(peer, jobs);
    await peer.close();
    const at: number[] = [];
    const { rate } = await drain(peer, jobs, {
      concurrency: 50,
      longestMs: LONGEST_MS,
      onCompleted: () => at.push(performance.now()),
    });
    await release?.();
    return { rate, 'last tenth to first': 100 * lastToFirst(at) };
  },
};

async function holdSnapshot(url: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select count(*) from pg_class');
  return () => client.end();
}

/** How many times as fast the last tenth of the completions was as the first; the first hundredth is warm-up. */
function lastToFirst(at: readonly number[]): number {
  const length = Math.floor(at.length / 10);
  const start = Math.floor(at.length / 100);
  const end = at.length - 1;
  return (at[start + length]! - at[start]!) / (at[end]! - at[end - length]!);
}
