/**
 * A program of the harness: works at both queues until it is told to finish. It says of each step
 * what came of it, and whether the run had lost its job before the commit was tried.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { type Job, Queue, Worker } from '../../lib';
import { CHILDREN, PARENTS, processChild, processParent, type Surroundings } from './processor';

/** What a worker process tells of its steps. */
export type Outcome =
  /** Committed, by a run that held its job as far as it could see. */
  | 'committed'
  /** Refused with the typed error; whether the run knew or not that it had lost its job. */
  | 'refused'
  | 'stale, refused'
  /** The connection was lost before the commit could be tried or answered; nothing of it stays. */
  | 'stale, cut off'
  /** A run that had certainly lost its job committed all the same. */
  | 'stale, committed'
  | 'failed';

export type WorkerMessage = { outcome: Outcome; what?: string } | { surprise: string };

/** What the harness tells a worker process, in WORKER_ORDER. */
export interface WorkerOrder {
  /** By way of the proxy. */
  url: string;
  /** Straight to the server: for the oracle alone. */
  directUrl: string;
  lockDurationMs: number;
  concurrency: number;
}

const order: WorkerOrder = JSON.parse(process.env['WORKER_ORDER']!);
const { lockDurationMs: lockDuration, concurrency, url: connection } = order;
/** Workers of each queue, so many that their exchanges travel together. */
const WORKERS = Math.min(5, concurrency);
const oracle = new Pool({ connectionString: order.directUrl, max: 2, application_name: 'oracle' });
oracle.on('error', () => {});

const tell = (message: WorkerMessage) => process.connected && process.send!(message);

/** Tokens are never given twice: a run whose token is not that of its job has lost it for good. */
async function isStale(job: Job): Promise<boolean> {
  const { rows } = await oracle
    .query('select lock_token from tuskmq.job_state where queue_id = $1 and id = $2', [
      await (job as any).queue.queueId(),
      job.id,
    ])
    .catch(() => ({ rows: [{ lock_token: job.token }] }));
  return rows[0]?.lock_token !== job.token;
}

/** Most steps are short; some stay open for long enough to be hit. */
const pauseMs = () => (Math.random() < 0.1 ? Math.random() * 300 : Math.random() * 5);

const around: Surroundings = {
  children: new Queue(CHILDREN, { connection }),
  async watch(job, step) {
    let wasDone = false;
    let wasStale = false;
    const beforeCommit = async () => {
      wasDone = true;
      await sleep(pauseMs());
      wasStale = await isStale(job);
    };
    try {
      const value = await step(beforeCommit);
      // One that an earlier run has done is not done again.
      if (!wasDone) return value;
      tell(
        wasStale
          ? { outcome: 'stale, committed', what: `${job.queueName} ${job.id} ${job.token}` }
          : { outcome: 'committed' },
      );
      return value;
    } catch (error) {
      const { name } = error as Error;
      if (name === 'WaitingChildrenError') {
        tell({ outcome: wasStale ? 'stale, committed' : 'committed' });
      } else if (name === 'LockLostError') {
        tell({ outcome: wasStale ? 'stale, refused' : 'refused' });
      } else {
        tell({ outcome: wasStale ? 'stale, cut off' : 'failed', what: `${error}` });
      }
      throw error;
    }
  },
};

const opts = {
  connection,
  migrate: false,
  lockDuration,
  concurrency: Math.ceil(concurrency / WORKERS),
  maxStalledCount: 1_000_000,
  transactionConnections: concurrency,
};
const workers = Array.from({ length: WORKERS }, () => [
  new Worker(PARENTS, (job, token) => processParent(job as Job, token!, around), opts),
  new Worker(CHILDREN, (job, token) => processChild(job as Job, token!, around), opts),
]).flat();
for (const worker of workers) worker.on('error', () => {});
around.children.on('error', () => {});
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: Error) => tell({ surprise: `${event}: ${error?.stack ?? error}` }));
}
process.on('message', async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await around.children.close();
  await oracle.end();
  process.disconnect();
});
process.once('disconnect', () => process.exit());
