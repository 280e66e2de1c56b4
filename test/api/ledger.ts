import type { Job, Processor } from '../../lib';
import { type Instances, record } from '../helpers/instances';
import { until } from '../helpers/wait';

export const INSERT = 'insert into ledger values ($1, $2)';

/** A table of the application's, into which jobs write, by the name of their queue. */
export function useLedger(on: Instances) {
  beforeAll(() => on.sql('create table ledger (job text, entry text)'));

  return {
    /** What was written for the jobs of a queue, in order. */
    async ledger(queue: { name: string }): Promise<string[]> {
      const rows = await on.sql<{ entry: string }>('select entry from ledger where job = $1', [
        queue.name,
      ]);
      return rows.map(({ entry }) => entry);
    },

    /** Runs one job to its end; resolves to it as stored, and to what its worker told. */
    async run(processor: Processor, opts = {}, workerOpts = {}) {
      const queue = on.queue();
      const worker = on.worker(queue, processor, workerOpts);
      const heard = record(worker, 'completed', 'failed', 'error');
      await queue.add('job', { n: 1 }, { jobId: 'j', ...opts });
      await until(async () => ['completed', 'failed'].includes(await queue.getJobState('j')));
      return { queue, worker, heard, job: (await queue.getJob('j')) as Job };
    },
  };
}
