import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MemberMessage, Membership } from '../fleet-member';
import { percentile } from '../statistics';
import { leaveOut, type Workload } from './workload';

interface FleetParams {
  processes: number;
  workersOfEach: number;
  jobs: number;
}

/** They have nothing to do for so long before each job. */
const IDLE_MS = [60, 120] as const;
const WARM_UP = 20;
/** Until those that have just started sleep. */
const SETTLE_MS = 3_000;

const SHAPE = { processes: 20, workersOfEach: 50 };

/** From the call of `add` to the start of the processor, in one of many processes that wait for a job of the same queue. */
export const fleet: Workload<FleetParams> = {
  title: 'Pickup, 1,000 idle workers in 20 processes',
  metrics: {
    p50: { unit: 'ms', better: 'less' },
    p99: { unit: 'ms', better: 'less' },
  },
  variants: { '': { full: { ...SHAPE, jobs: 300 }, quick: { ...SHAPE, jobs: 100 } } },
  leftOut: leaveOut(
    ['bullmq-postgres', 'graphile-worker', 'graphile-worker-local', 'pg-boss'],
    'needs more than the 100 sessions of the server',
  ),
  async run({ peer, peerName, params, place }) {
    const { processes, workersOfEach, jobs } = params;
    let onStart = (_at: number) => {};
    const members: ChildProcess[] = [];
    for (let i = 0; i < processes; i++) {
      const order: Membership = { peer: peerName, place, workers: workersOfEach };
      members.push(await startMember(order, (at) => onStart(at)));
    }
    await sleep(SETTLE_MS);
    const latencies: number[] = [];
    for (let i = 0; i < jobs + WARM_UP; i++) {
      const started = new Promise<number>((resolve) => {
        onStart = resolve;
      });
      const addedAt = performance.timeOrigin + performance.now();
      const [, startedAt] = await Promise.all([peer.add({ index: i }), started]);
      latencies.push(startedAt - addedAt);
      const [least, most] = IDLE_MS;
      await sleep(least + Math.random() * (most - least));
    }
    for (const member of members) {
      member.disconnect();
      await once(member, 'exit');
    }
    await peer.close();
    const measured = latencies.slice(WARM_UP);
    return { p50: percentile(measured, 50), p99: percentile(measured, 99) };
  },
};

/** Resolves when its workers are connected. */
async function startMember(
  order: Membership,
  onStart: (at: number) => void,
): Promise<ChildProcess> {
  const member = fork(path.join(__dirname, '../fleet-member.ts'), { execArgv: process.execArgv });
  member.send(order);
  await new Promise<void>((resolve, reject) => {
    member.on('message', (message: MemberMessage) => {
      if (message === 'ready') resolve();
      else onStart(message.startedAt);
    });
    member.once('exit', () => reject(new Error('A process of the fleet ended early.')));
  });
  return member;
}
