import { performance } from 'node:perf_hooks';
import type { Peer, WorkOptions } from '../peers/peer';

/** A slow peer is cut off after so long; its rate is that of what it has done by then. */
const LONGEST_MS = 15_000;
/** Completions before the clock starts: the first claim, connections and compilation are not the steady state. */
const WARM_UP_SHARE = 0.1;

export interface DrainOptions extends Partial<WorkOptions> {
  concurrency: number;
  /** Default: 15,000. */
  longestMs?: number;
}

export interface Drained {
  /** Completions a second, after the warm-up. */
  rate: number;
  /** Microseconds of this process's CPU time a job, after the warm-up. */
  cpu: number;
  completed: number;
}

/** Lets workers run jobs that are there already. */
export async function drain(
  peer: Peer,
  jobs: number,
  { longestMs = LONGEST_MS, onCompleted, ...options }: DrainOptions,
): Promise<Drained> {
  const warmUp = Math.max(Math.round(jobs * WARM_UP_SHARE), 1);
  let completed = 0;
  let start: { at: number; cpu: NodeJS.CpuUsage; completed: number } | undefined;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const deadline = setTimeout(finish, longestMs);
  const work = await peer.work({
    process: async () => {},
    ...options,
    onCompleted: () => {
      completed++;
      onCompleted?.();
      // Many that are told at once were done together: they belong before the start, all of them.
      if (completed === warmUp) {
        queueMicrotask(() => {
          start = { at: performance.now(), cpu: process.cpuUsage(), completed };
        });
      }
      if (completed === jobs) finish();
    },
  });
  await finished;
  const end = performance.now();
  clearTimeout(deadline);
  const measured = completed - (start?.completed ?? completed);
  const { user, system } = process.cpuUsage(start?.cpu);
  await work.close(false);
  if (!start || measured === 0) throw new Error(`Only ${completed} of ${jobs} jobs were done`);
  return {
    rate: measured / ((end - start.at) / 1000),
    cpu: (user + system) / measured,
    completed,
  };
}
