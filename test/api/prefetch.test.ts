import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../../lib';
import { useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** A queue of so many jobs, and a worker with one slot whose jobs end when the test says so. */
async function scene(prefetch: number, count = 5) {
  const queue = on.queue();
  await queue.addBulk(Array.from({ length: count }, (_, i) => ({ name: `${i}`, data: {} })));
  const started: Job[] = [];
  const ends: (() => void)[] = [];
  const worker = on.worker(
    queue,
    (job) => {
      started.push(job);
      const end = deferred<void>();
      ends.push(() => end.resolve());
      return end.promise;
    },
    { prefetch },
  );
  await until(() => started.length === 1);
  return { queue, worker, started, ends };
}

describe('prefetch', () => {
  test('holds so many jobs beyond those that run, and runs no more at a time', async () => {
    const { queue, started, ends } = await scene(2);
    await until(async () => (await queue.getActiveCount()) === 3);
    expect(started.length).toBe(1);
    expect(await queue.getWaitingCount()).toBe(2);
    for (let i = 0; i < 5; i++) {
      await until(() => started.length === i + 1);
      ends[i]!();
    }
    await until(async () => (await queue.getCompletedCount()) === 5);
    expect(started.map(({ name }) => name)).toEqual(['0', '1', '2', '3', '4']);
  });

  test('runs no more at a time when the concurrency is lowered, and more when it is raised', async () => {
    const { queue, worker, started, ends } = await scene(4);
    await until(async () => (await queue.getActiveCount()) === 5);
    worker.concurrency = 3;
    expect(started.length).toBe(3);
    worker.concurrency = 1;
    ends[0]!();
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect(started.length).toBe(3);
    for (let i = 1; i < 5; i++) {
      await until(() => started.length > i);
      ends[i]!();
    }
    await until(async () => (await queue.getCompletedCount()) === 5);
  });

  test('gives the jobs it holds back when the worker is paused, as if never claimed', async () => {
    const { queue, worker, ends } = await scene(2);
    await until(async () => (await queue.getActiveCount()) === 3);
    await worker.pause(true);
    await until(async () => (await queue.getWaitingCount()) === 4);
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['1', '2', '3', '4']);
    expect(await queue.getJob('2')).toMatchObject({ attemptsStarted: 0, stalledCounter: 0 });
    ends[0]!();
  });

  test('gives the jobs it holds back when the worker closes', async () => {
    const { queue, worker, ends } = await scene(3);
    await until(async () => (await queue.getActiveCount()) === 4);
    const closing = worker.close();
    // While the job that runs goes on.
    await until(async () => (await queue.getWaitingCount()) === 4);
    ends[0]!();
    await closing;
    expect(await queue.getWaitingCount()).toBe(4);
    expect(await queue.getJob('3')).toMatchObject({ attemptsStarted: 0, stalledCounter: 0 });
  });

  test('auto fetches many short jobs at a time, and gives those behind a long one back', async () => {
    const queue = on.queue();
    await queue.addBulk(Array.from({ length: 300 }, (_, i) => ({ name: `${i}`, data: {} })));
    const order: string[] = [];
    const end = deferred<void>();
    const worker = on.worker(
      queue,
      async (job) => {
        order.push(job.name);
        if (job.name === '200') await end.promise;
      },
      { prefetch: 'auto' },
    );
    await until(async () => (await queue.getCompletedCount()) === 200);
    // What goes back goes to the head of the queue, whose places are below 0.
    await until(async () => {
      const rows = await on.sql(
        `select from tuskmq.job_state s join tuskmq.queue q on q.id = s.queue_id
         where q.name = $1 and s.id = '202' and s.status = 'waiting' and s.seq < 0`,
        [queue.name],
      );
      return rows.length === 1;
    });
    expect(await queue.getJobCounts('active', 'waiting')).toEqual({ active: 1, waiting: 99 });
    expect(await queue.getJob('202')).toMatchObject({ attemptsStarted: 0, stalledCounter: 0 });
    const [claims] = await on.sql<{ count: number }>(
      `select count(distinct lock_token)::integer from tuskmq.job_state s join tuskmq.queue q on q.id = s.queue_id
       where q.name = $1 and s.id::integer <= 200`,
      [queue.name],
    );
    expect(claims!.count).toBeLessThan(200);
    end.resolve();
    await until(async () => (await queue.getCompletedCount()) === 300);
    expect(order).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
    await worker.close();
  });

  test('auto fetches nothing beyond the slots while jobs take their time', async () => {
    const queue = on.queue();
    await queue.addBulk(Array.from({ length: 6 }, () => ({ name: 'long', data: {} })));
    const counts: number[] = [];
    on.worker(
      queue,
      async () => {
        await sleep(100);
        counts.push(await queue.getActiveCount());
      },
      { prefetch: 'auto' },
    );
    await until(async () => (await queue.getCompletedCount()) === 6);
    expect(counts).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('auto and skipLockRenewal cannot be used together', () => {
    expect(() =>
      on.worker('refused', async () => {}, { prefetch: 'auto', skipLockRenewal: true }),
    ).toThrow('prefetch and skipLockRenewal cannot be used together');
  });

  test('is refused when it is no whole number', () => {
    expect(() => on.worker('refused', async () => {}, { prefetch: -1 })).toThrow(
      "prefetch must be an integer greater or equal than 0, or 'auto'",
    );
  });
});
