import { setTimeout as sleep } from 'node:timers/promises';
import { type Costs, openCostMeter } from '../meters/costs';
import { onRedis } from '../peers';
import { drain } from './drain';
import { payload } from './fill';
import { leaveOut, type Workload } from './workload';

interface CostParams {
  jobs: number;
  textBytes: number;
}

const IN_FLIGHT = 50;

/** What a job costs the server, by its own counters: added with 50 in flight, then run at c=50. */
export const serverCost: Workload<CostParams> = {
  title: 'Server cost a job',
  metrics: {
    'WAL, add': { unit: 'bytes', better: 'less' },
    'WAL, process c=50': { unit: 'bytes', better: 'less' },
    'WAL beyond twice the payload': { unit: 'bytes', better: 'less' },
    'commits, add': { unit: 'commits', better: 'less' },
    'commits, process c=50': { unit: 'commits', better: 'less' },
    'dead rows': { unit: 'rows', better: 'less' },
  },
  variants: {
    small: { full: { jobs: 10_000, textBytes: 0 }, quick: { jobs: 2_000, textBytes: 0 } },
    '1.5 kB': {
      full: { jobs: 10_000, textBytes: 1_500 },
      quick: { jobs: 2_000, textBytes: 1_500 },
    },
  },
  leftOut: leaveOut(onRedis, 'not about PostgreSQL'),
  async run({ peer, place, monitorUrl, params: { jobs, textBytes } }) {
    const meter = await openCostMeter(place, monitorUrl);
    const atStart = await read();
    let next = 0;
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (next < jobs) await peer.add(payload(next++, textBytes));
      }),
    );
    await peer.close();
    const added = await read();
    const { completed } = await drain(peer, jobs, { concurrency: 50 });
    const processed = await read();
    await meter.close();
    const wal = {
      add: (added.walBytes - atStart.walBytes) / jobs,
      process: (processed.walBytes - added.walBytes) / completed,
    };
    const payloadBytes = JSON.stringify(payload(jobs, textBytes)).length;
    return {
      'WAL, add': wal.add,
      'WAL, process c=50': wal.process,
      'WAL beyond twice the payload': wal.add + wal.process - 2 * payloadBytes,
      'commits, add': (added.commits - atStart.commits) / jobs,
      'commits, process c=50': (processed.commits - added.commits) / completed,
      'dead rows':
        (added.deadRows - atStart.deadRows) / jobs +
        (processed.deadRows - added.deadRows) / completed,
    };

    /** Sessions publish their counters when they end or have been idle for a second. */
    async function read(): Promise<Costs> {
      await sleep(1_500);
      return meter.read();
    }
  },
};
