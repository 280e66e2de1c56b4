import { openMeter } from '../meters';
import { onRedis } from '../peers';
import { drain } from './drain';
import { fill } from './fill';
import { leaveOut, type Workload } from './workload';

const LOOK_EVERY_MS = 20;

/** The most sessions that one busy worker process holds. */
export const connections: Workload<{ jobs: number }> = {
  title: 'Connections, 1,000 slots that report progress',
  metrics: { most: { unit: 'sessions', better: 'less' } },
  variants: { '': { full: { jobs: 5_000 }, quick: { jobs: 2_000 } } },
  leftOut: {
    ...leaveOut(['graphile-worker', 'graphile-worker-local', 'pg-boss'], 'jobs have no progress'),
    ...leaveOut(onRedis, 'not about PostgreSQL'),
  },
  async run({ peer, place, server, monitorUrl, params: { jobs } }) {
    await fill(peer, jobs);
    await peer.close();
    const meter = await openMeter(server, place, monitorUrl);
    let most = 0;
    let looking: Promise<void> | undefined;
    const timer = setInterval(() => {
      looking ??= look().finally(() => {
        looking = undefined;
      });
    }, LOOK_EVERY_MS);
    await drain(peer, jobs, {
      concurrency: 1_000,
      process: async (job) => {
        await job.updateProgress!(50);
        await job.updateProgress!(100);
      },
    });
    clearInterval(timer);
    await looking;
    await meter.close();
    return { most };

    async function look() {
      most = Math.max(most, await meter.sessions());
    }
  },
};
