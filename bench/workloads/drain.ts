import { performance } from 'node:perf_hooks';
import type { Peer, WorkOptions } from '../peers/peer';

/** A slow peer is cut off after so long; its rate is that of what it has done by then. */
const LONGEST_MS = 15_000;
/** Completions before the clock starts: the first claim, connections and compilation are not the steady state. */
const WARM_UP_SHARE = 0.1;

/**
 * Lets one worker run jobs that are there already.
 * @returns completions a second after the warm-up, and how many there were in all
 */
export async function drain(
  peer: Peer,
  jobs: number,
  concurrency: number,
  process: WorkOptions['process'] = async () => {},
): Promise<{ rate: number; completed: number }> {
  const warmUp = Math.max(Math.round(jobs * WARM_UP_SHARE), 1);
  let completed = 0;
  let from = 0;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const deadline = setTimeout(finish, LONGEST_MS);
  const work = await peer.work({
    concurrency,
    process,
    onCompleted: () => {
      completed++;
      if (completed === warmUp) from = performance.now();
      if (completed === jobs) finish();
    },
  });
  await finished;
  const seconds = (performance.now() - from) / 1000;
  const measured = completed - warmUp;
  clearTimeout(deadline);
  await work.close(false);
  if (measured <= 0) throw new Error(`Only ${completed} of ${jobs} jobs were done`);
  return { rate: measured / seconds, completed };
}
