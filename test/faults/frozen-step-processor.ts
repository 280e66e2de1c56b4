import type { Job } from '../../lib';

/** One step that writes a line into the ledger, and stops half-way. */
export async function processFrozen(job: Job, halfWay: () => Promise<void>): Promise<string> {
  await job.step('write', async ({ tx }) => {
    if (job.name !== 'without transaction') {
      await tx.query('insert into ledger (job, line) values ($1, 1)', [job.name]);
    }
    // Takes the lock on the job's own row early.
    if (job.name === 'with the row of its job') await tx.job.updateProgress(50);
    await halfWay();
  });
  return 'done';
}
