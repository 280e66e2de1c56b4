/** Workers of one process report and claim together. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolConfig } from 'pg';
import type { AnyProcessor, Queue, Worker } from '../../lib';
import { startProxy } from '../helpers/cutting-proxy';
import { record, refuseResults, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** What a test has opened beside its instances, which are closed first. */
let opened: { end(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened) await each.end();
  opened = [];
});

const QUEUES = 30;
const JOBS = 10;

/** A pool of two connections that counts, by name, the functions called on it and the codes of their errors. */
function countingPool(config: PoolConfig = {}) {
  const pool = new Pool({ connectionString: on.url, max: 2, ...config });
  opened.unshift(pool);
  pool.on('error', () => {});
  const calls: Record<string, number> = {};
  const errors: Record<string, number> = {};
  pool.on('connect', (client) => {
    client.on('error', () => {});
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown> | undefined;
    client.query = ((...args: unknown[]) => {
      const name = /tuskmq"\.(\w+)/.exec((args[0] as { text?: string }).text ?? '')?.[1];
      if (name) calls[name] = (calls[name] ?? 0) + 1;
      const answer = query(...args);
      answer?.catch(({ code, message }) => {
        errors[code ?? message] = (errors[code ?? message] ?? 0) + 1;
      });
      return answer;
    }) as typeof client.query;
  });
  return { pool, calls, errors };
}

/** Adds jobs to each of many queues, and has a worker of its own work at each. */
async function work(
  processor: AnyProcessor = async (job) => job.data,
  config?: PoolConfig,
  count = QUEUES,
) {
  const { pool, ...counts } = countingPool(config);
  const queues = Array.from({ length: count }, () => on.queue());
  for (const queue of queues) {
    await queue.addBulk(Array.from({ length: JOBS }, (_, i) => ({ name: 'job', data: { i } })));
  }
  const workers = queues.map((queue) => on.worker(queue, processor, { connection: pool }));
  return { ...counts, queues, workers };
}

const heardOf = (workers: readonly Worker[], ...events: Parameters<typeof record>[1][]) =>
  workers.map((worker) => record(worker, ...events));

const countsOf = (queues: readonly Queue[]) =>
  Promise.all(
    queues.map((queue) => queue.getJobCounts('waiting', 'active', 'completed', 'failed')),
  );

const ALL_DONE = { waiting: 0, active: 0, completed: JOBS, failed: 0 };

test('many workers share transactions, and each gets its own jobs in order', async () => {
  const { calls, queues, workers } = await work();
  const ran: unknown[][] = workers.map(() => []);
  for (const [i, worker] of workers.entries()) {
    worker.on('completed', (job, result) => ran[i]!.push([job.queueName, job.id, result.i]));
  }
  await until(() => ran.every((jobs) => jobs.length === JOBS));
  expect(ran).toEqual(
    queues.map(({ name }) => Array.from({ length: JOBS }, (_, i) => [name, `${i + 1}`, i])),
  );
  expect(calls['settle_and_claim_all']).toBeGreaterThan(0);
  expect(calls['settle_and_claim_all']! + calls['settle_and_claim']!).toBeLessThan(
    (QUEUES * JOBS) / 2,
  );
});

test('what cannot be stored of one does not fail the others, which ran with it', async () => {
  await refuseResults(on, 'poison');
  const { queues, workers } = await work(async (job) =>
    job.queueName === queues[7]!.name && job.id === '3' ? 'poison' : undefined,
  );
  const heard = heardOf(workers, 'failed', 'error');
  await until(async () => (await queues[7]!.getFailedCount()) === 1);
  await until(async () => {
    const counts = await countsOf(queues);
    return counts.every(({ waiting, active }) => waiting! + active! === 0);
  });
  const counts = await countsOf(queues);
  expect(counts.splice(7, 1)).toEqual([{ ...ALL_DONE, completed: JOBS - 1, failed: 1 }]);
  expect(counts).toEqual(counts.map(() => ALL_DONE));
  expect(heard.flatMap((errors, i) => errors.map(([event]) => [i, event]))).toEqual([
    [7, 'failed'],
  ]);
});

test('one that waits for a lock holds up nobody but itself', async () => {
  const isLocked = deferred();
  const isHeld = deferred();
  const { queues } = await work(async (job) => {
    if (job.queueName === queues[0]!.name) isHeld.resolve();
    await isLocked.promise;
  });
  await isHeld.promise;
  const holder = await on.client();
  await holder.query('begin');
  await holder.query("select from tuskmq.job_state where queue_id = $1 and id = '1' for update", [
    await queues[0]!.queueId(),
  ]);
  isLocked.resolve();
  await until(async () => {
    const counts = await countsOf(queues.slice(1));
    return counts.every(({ completed }) => completed === JOBS);
  });
  expect(await queues[0]!.getJobState('1')).toBe('active');
  await holder.query('commit');
  await until(async () => (await queues[0]!.getCompletedCount()) === JOBS);
});

test('what was under way when a connection was lost is reported again, and nothing is lost', async () => {
  const proxy = await startProxy(on.url);
  opened.push({ end: () => proxy.close() });
  const { queues, workers } = await work(async () => sleep(1), { connectionString: proxy.url });
  const stalled = heardOf(workers, 'stalled');
  const completed = heardOf(workers, 'completed');
  for (const when of ['after', 'before', 'after', 'after'] as const) {
    await proxy.cut('settle_and_claim_all', when);
  }
  await until(() => completed.every(({ length }) => length === JOBS));
  expect(await countsOf(queues)).toEqual(queues.map(() => ALL_DONE));
  expect(stalled.flat()).toEqual([]);
});

test('an answer that the client did not wait for is a lost one: its jobs go back, and run once', async () => {
  const runs: Record<string, number> = {};
  const isLocked = deferred();
  const { errors, queues } = await work(
    async ({ queueName, id }) => {
      runs[`${queueName} ${id}`] = (runs[`${queueName} ${id}`] ?? 0) + 1;
      await isLocked.promise;
    },
    // The server carries out all the same what takes longer.
    { query_timeout: 50 },
    6,
  );
  await until(() => Object.keys(runs).length === 6);
  const holder = await on.client();
  await holder.query('begin');
  await holder.query("select from tuskmq.job_state where status = 'active' for update");
  isLocked.resolve();
  await until(() => errors['Query read timeout']);
  await holder.query('commit');
  await until(async () => (await countsOf(queues)).every(({ completed }) => completed === JOBS));
  expect(await countsOf(queues)).toEqual(queues.map(() => ALL_DONE));
  expect(Object.values(runs)).toEqual(Array(6 * JOBS).fill(1));
});

test('workers of a queue with a global concurrency do not wait for each other in vain', async () => {
  const { pool, errors } = countingPool();
  const queue = on.queue();
  await queue.setGlobalConcurrency(7);
  const completed = Array.from({ length: 8 }, () =>
    record(
      on.worker(queue, async () => {}, { connection: pool }),
      'completed',
    ),
  );
  for (let i = 0; i < 300; i++) {
    await queue.add('job', {});
    if (i % 10 === 0) await sleep(1);
  }
  await until(() => completed.flat().length === 300);
  expect(errors).toEqual({});
});
