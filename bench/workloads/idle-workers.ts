import { setTimeout as sleep } from 'node:timers/promises';
import { openMeter } from '../meters';
import type { Workload } from './workload';

interface IdleParams {
  workers: number;
  /** Until pools have let go of what they needed to start. */
  settleMs: number;
  watchMs: number;
}

/** What workers of so many queues ask of their server while there is nothing to do. */
export const idleWorkers: Workload<IdleParams> = {
  title: '100 idle workers',
  metrics: {
    queries: { unit: 'queries/s', better: 'less' },
    sessions: { unit: 'sessions', better: 'less' },
  },
  variants: {
    '': {
      full: { workers: 100, settleMs: 15_000, watchMs: 20_000 },
      quick: { workers: 100, settleMs: 12_000, watchMs: 5_000 },
    },
  },
  queues: namesOf,
  async run({ peer, params, place, server, monitorUrl }) {
    await peer.close();
    const meter = await openMeter(server, place, monitorUrl);
    const work = await peer.work({
      queues: namesOf(params),
      concurrency: 1,
      isIdle: true,
      process: async () => {},
    });
    await sleep(params.settleMs);
    const before = await meter.queries();
    await sleep(params.watchMs);
    const queries = (await meter.queries()) - before;
    const sessions = await meter.sessions();
    await meter.close();
    await work.close(true);
    return { queries: queries / (params.watchMs / 1000), sessions };
  },
};

function namesOf({ workers }: IdleParams): string[] {
  return Array.from({ length: workers }, (_, i) => `bench-${i}`);
}
