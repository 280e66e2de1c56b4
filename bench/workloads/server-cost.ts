import { Client } from 'pg';
import { databaseOf } from '../databases';
import { drain } from './drain';
import { payloads } from './fill';
import type { Workload } from './workload';

interface Counters {
  walBytes: number;
  commits: number;
}

const IN_FLIGHT = 50;

/** What a job costs the server, by its own counters: added with 50 in flight, then run at c=50. */
export const serverCost: Workload<{ jobs: number }> = {
  title: 'Server cost a job',
  metrics: {
    'WAL, add': { unit: 'bytes', better: 'less' },
    'WAL, process c=50': { unit: 'bytes', better: 'less' },
    'commits, add': { unit: 'commits', better: 'less' },
    'commits, process c=50': { unit: 'commits', better: 'less' },
  },
  variants: { '': { full: { jobs: 10_000 }, quick: { jobs: 2_000 } } },
  peers: ['tuskmq', 'bullmq-postgres'],
  async run({ peer, place, monitorUrl, params: { jobs } }) {
    const monitor = new Client({ connectionString: monitorUrl });
    await monitor.connect();
    const atStart = await read();
    const waiting = payloads(jobs);
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        for (let data = waiting.pop(); data; data = waiting.pop()) await peer.add(data);
      }),
    );
    await peer.close();
    const added = await read();
    const { completed } = await drain(peer, jobs, 50);
    const processed = await read();
    await monitor.end();
    return {
      'WAL, add': (added.walBytes - atStart.walBytes) / jobs,
      'WAL, process c=50': (processed.walBytes - added.walBytes) / completed,
      'commits, add': (added.commits - atStart.commits) / jobs,
      'commits, process c=50': (processed.commits - added.commits) / completed,
    };

    /** Sessions publish their counters when they end or have been idle for a second. */
    async function read(): Promise<Counters> {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { rows } = await monitor.query<{ wal: string; commits: string }>(
        `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal, xact_commit as commits
         from pg_stat_database where datname = $1`,
        [databaseOf(place.url)],
      );
      return { walBytes: Number(rows[0]!.wal), commits: Number(rows[0]!.commits) };
    }
  },
};
