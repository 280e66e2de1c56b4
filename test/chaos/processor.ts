/**
 * The jobs of the harness, of several kinds. Each has three steps and writes one row of the ledger in
 * the transaction of each.
 */

import { type Job, type JobTransaction, type Queue, WaitingChildrenError } from '../../lib';
import { enter } from './ledger';

export const PARENTS = 'chaos';
export const CHILDREN = 'chaos-children';

export interface JobData {
  /** Of `job.transaction`: steps that are done. */
  done?: number;
}

export interface Surroundings {
  children: Queue;
  /**
   * Is called with what a step does, between its writes and its COMMIT, and then with what came of
   * the step.
   */
  watch<Value>(
    job: Job,
    step: (beforeCommit: () => Promise<void>) => Promise<Value>,
  ): Promise<Value>;
}

type Kind = (job: Job<JobData>, token: string, around: Surroundings) => Promise<unknown>;
type Tx = JobTransaction<any, any>;

/** Three durable steps, and one more that touches no transaction. */
const steps: Kind = async (job, token, { watch }) => {
  for (const step of [1, 2, 3]) {
    await watch(job, (beforeCommit) =>
      job.step(`${step}`, async ({ tx }) => {
        await enter(tx, PARENTS, job.id!, step, token);
        await beforeCommit();
        return step;
      }),
    );
  }
  return watch(job, (beforeCommit) =>
    job.step('plain', async () => {
      await beforeCommit();
      return 'done';
    }),
  );
};

/** The last step completes the job; tries that fail are repeated within the run. */
const completing: Kind = async (job, token, { watch }) => {
  for (const step of [1, 2, 3]) {
    await watch(job, (beforeCommit) =>
      job.step(
        `${step}`,
        async ({ tx }) => {
          await enter(tx, PARENTS, job.id!, step, token);
          await beforeCommit();
          return step === 3 ? tx.complete('done') : step;
        },
        { retries: 2, backoff: 50 },
      ),
    );
  }
  return 'done';
};

/** The second step adds two children in its transaction, and the job waits for them. */
const waiting: Kind = async (job, token, { watch, children }) => {
  for (const step of [1, 2, 3]) {
    if (step === 3) await job.waitForChildren();
    await watch(job, (beforeCommit) =>
      job.step(`${step}`, async ({ tx }) => {
        await enter(tx, PARENTS, job.id!, step, token);
        if (step === 2) await addChildren(job, tx, children);
        await beforeCommit();
        return step;
      }),
    );
  }
  return 'done';
};

/** BullMQ's step jobs, with the saved step and its writes in one commit. */
const transactions: Kind = async (job, token, { watch }) => {
  for (let step = (job.data.done ?? 0) + 1; step <= 3; step++) {
    await watch(job, (beforeCommit) =>
      job.transaction(async (tx) => {
        await enter(tx, PARENTS, job.id!, step, token);
        await beforeCommit();
        if (step === 3) tx.complete('done');
        else await (tx.job as Job<JobData>).updateData({ done: step });
      }),
    );
  }
  return 'done';
};

/** The second transaction adds two children and lets the job wait for them, all in one commit. */
const moving: Kind = async (job, token, { watch, children }) => {
  for (let step = (job.data.done ?? 0) + 1; step <= 3; step++) {
    await watch(job, (beforeCommit) =>
      job.transaction(async (tx) => {
        const own = tx.job as Job<JobData>;
        await enter(tx, PARENTS, job.id!, step, token);
        if (step === 2) await addChildren(job, tx, children);
        await beforeCommit();
        if (step === 3) tx.complete('done');
        else await own.updateData({ done: step });
        if (step === 2 && (await own.moveToWaitingChildren(token))) {
          throw new WaitingChildrenError();
        }
      }),
    );
  }
  return 'done';
};

async function addChildren(job: Job, tx: Tx, children: Queue): Promise<void> {
  const parent = { id: job.id!, queue: job.queueQualifiedName };
  const opts = { parent, attempts: ATTEMPTS, backoff: BACKOFF_MS };
  await children.withTransaction(tx).addBulk([
    { name: 'child', data: {}, opts },
    { name: 'child', data: {}, opts },
  ]);
}

/** Far more than faults can use up. */
export const ATTEMPTS = 10_000;
export const BACKOFF_MS = 50;
export const CHILDREN_PER_PARENT = 2;

export const kinds: Record<string, Kind> = { steps, completing, waiting, transactions, moving };
export const KINDS_WITH_CHILDREN = ['waiting', 'moving'];

export function processParent(job: Job<JobData>, token: string, around: Surroundings) {
  return kinds[job.name]!(job, token, around);
}

export async function processChild(job: Job, token: string, { watch }: Surroundings) {
  return watch(job, (beforeCommit) =>
    job.step('1', async ({ tx }) => {
      await enter(tx, CHILDREN, job.id!, 1, token);
      await beforeCommit();
      return tx.complete('child');
    }),
  );
}
