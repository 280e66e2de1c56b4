import { Client } from 'pg';
import { databaseOf } from '../databases';
import { drain } from './drain';
import { fill } from './fill';
import type { Workload } from './workload';

const LOOK_EVERY_MS = 20;

/** The most sessions that one busy worker process holds. */
export const connections: Workload<{ jobs: number }> = {
  title: 'Connections',
  metrics: { most: { unit: 'sessions', better: 'less', target: { atMost: 3 } } },
  variants: {
    '1,000 slots, updateProgress': { full: { jobs: 5_000 }, quick: { jobs: 2_000 } },
  },
  peers: ['tuskmq', 'bullmq-postgres'],
  async run({ peer, place, monitorUrl, params: { jobs } }) {
    await fill(peer, jobs);
    await peer.close();
    const monitor = new Client({ connectionString: monitorUrl });
    await monitor.connect();
    let most = 0;
    let looking: Promise<void> | undefined;
    const timer = setInterval(() => {
      looking ??= look().finally(() => {
        looking = undefined;
      });
    }, LOOK_EVERY_MS);
    await drain(peer, jobs, 1_000, async (job) => {
      await job.updateProgress(50);
      await job.updateProgress(100);
    });
    clearInterval(timer);
    await looking;
    await monitor.end();
    return { most };

    async function look() {
      const { rows } = await monitor.query<{ count: number }>(
        `select count(*)::integer as count from pg_stat_activity
         where datname = $1 and backend_type = 'client backend'`,
        [databaseOf(place.url)],
      );
      most = Math.max(most, rows[0]!.count);
    }
  },
};
