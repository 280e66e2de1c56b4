import type { PeerJob } from '../peers/peer';
import { drain } from './drain';
import { fill } from './fill';
import { jobsPerSecond, leaveOut, type Workload } from './workload';

const STEPS = 3;

/** Each job saves where it stands after each of its steps, as BullMQ's step jobs do, so that another worker resumes there. */
export const steps: Workload<{ jobs: number }> = {
  title: 'Jobs of 3 saved steps, c=50',
  metrics: { rate: jobsPerSecond },
  variants: { '': { full: { jobs: 10_000 }, quick: { jobs: 1_000 } } },
  leftOut: leaveOut(
    ['graphile-worker', 'graphile-worker-local', 'pg-boss'],
    'a running job cannot save its data',
  ),
  async run({ peer, params: { jobs } }) {
    await fill(peer, jobs);
    await peer.close();
    const { rate } = await drain(peer, jobs, { concurrency: 50, process: runSteps });
    return { rate };
  },
};

async function runSteps(job: PeerJob): Promise<void> {
  const { index } = job.data;
  for (let step = 1; step <= STEPS; step++) await job.updateData!({ index, step });
}
