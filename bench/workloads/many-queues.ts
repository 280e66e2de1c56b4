import { drain } from './drain';
import { payloads } from './fill';
import { jobsPerSecond, type Workload } from './workload';

interface ManyQueuesParams {
  queues: number;
  jobsEach: number;
}

/** One process works at many queues, with one slot for each. */
export const manyQueues: Workload<ManyQueuesParams> = {
  title: 'Process in 1,000 queues',
  metrics: {
    rate: jobsPerSecond,
    'client CPU': { unit: 'µs/job', better: 'less' },
  },
  variants: {
    '': { full: { queues: 1_000, jobsEach: 10 }, quick: { queues: 100, jobsEach: 10 } },
  },
  leftOut: { 'bullmq-postgres': 'a session for each worker: more than the server has' },
  queues: namesOf,
  async run({ peer, params }) {
    const queues = namesOf(params);
    for (const queue of queues) await peer.addBulk(payloads(params.jobsEach), queue);
    await peer.close();
    const { rate, cpu } = await drain(peer, queues.length * params.jobsEach, {
      queues,
      concurrency: 1,
      longestMs: 30_000,
    });
    return { rate, 'client CPU': cpu };
  },
};

function namesOf({ queues }: ManyQueuesParams): string[] {
  return Array.from({ length: queues }, (_, i) => `bench-${i}`);
}
