import type { Queue } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const names = (jobs: { name: string }[]) => jobs.map(({ name }) => name);

/** A queue with a job in every state. */
async function everyState() {
  const queue = on.queue();
  for (const name of ['done', 'bad', 'running']) await queue.add(name, {});
  const hand = on.worker(queue, null);
  const [done, bad] = [
    await hand.getNextJob('t'),
    await hand.getNextJob('t'),
    await hand.getNextJob('t'),
  ];
  await done!.moveToCompleted('r', 't', false);
  await bad!.moveToFailed(new Error('no'), 't');
  await queue.add('late', {}, { delay: 60_000 });
  await queue.add('soon', {}, { delay: 30_000 });
  for (const name of ['w1', 'w2', 'w3']) await queue.add(name, {});
  await queue.add('p2', {}, { priority: 2 });
  await queue.add('p1', {}, { priority: 1 });
  await on.flow().add({
    name: 'parent',
    queueName: queue.name,
    children: [{ name: 'child', queueName: on.name() }],
  });
  return queue;
}

describe('the getters of a queue', () => {
  test('count by state, under the names asked for', async () => {
    const queue = await everyState();
    expect(await queue.getJobCounts()).toEqual({
      active: 1,
      completed: 1,
      delayed: 2,
      failed: 1,
      prioritized: 2,
      waiting: 3,
      'waiting-children': 1,
    });
    expect(await queue.getJobCounts('wait', 'failed')).toEqual({ wait: 3, failed: 1 });
    expect(await queue.getJobCountByTypes('active', 'delayed')).toBe(3);
    expect(await queue.count()).toBe(8);
    expect([
      await queue.getWaitingCount(),
      await queue.getActiveCount(),
      await queue.getDelayedCount(),
      await queue.getPrioritizedCount(),
      await queue.getWaitingChildrenCount(),
      await queue.getCompletedCount(),
      await queue.getFailedCount(),
    ]).toEqual([3, 1, 2, 2, 1, 1, 1]);
  });

  test('list by state, next to run first', async () => {
    const queue = await everyState();
    expect(names(await queue.getWaiting())).toEqual(['w1', 'w2', 'w3']);
    expect(names(await queue.getPrioritized())).toEqual(['p1', 'p2']);
    expect(names(await queue.getDelayed())).toEqual(['soon', 'late']);
    expect(names(await queue.getActive())).toEqual(['running']);
    expect(names(await queue.getWaitingChildren())).toEqual(['parent']);
    expect(names(await queue.getCompleted())).toEqual(['done']);
    expect(names(await queue.getFailed())).toEqual(['bad']);
    expect((await queue.getJobs()).length).toBe(11);
    expect(await queue.getJobs(['completed'], 5)).toEqual([]);
  });

  test.each([
    [0, -1, true, ['w1', 'w2', 'w3']],
    [0, -1, false, ['w3', 'w2', 'w1']],
    [1, 1, true, ['w2']],
    [0, 1, false, ['w3', 'w2']],
    [2, 9, true, ['w3']],
    [-2, -1, true, ['w2', 'w3']],
    [0, -2, true, ['w1', 'w2']],
  ])('list from %s to %s, ascending %s', async (start, end, asc, expected) => {
    const queue = await everyState();
    expect(names(await queue.getJobs('waiting', start, end, asc))).toEqual(expected);
  });

  test('list finished jobs newest first', async () => {
    const queue = on.queue();
    on.worker(queue, async () => {});
    for (const name of ['a', 'b', 'c']) await queue.add(name, {});
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(names(await queue.getCompleted())).toEqual(['c', 'b', 'a']);
    expect(names(await queue.getCompleted(1, 1))).toEqual(['b']);
  });

  test('know nothing of jobs that are not there', async () => {
    const queue = on.queue();
    expect(await queue.getJob('none')).toBeUndefined();
    expect(await queue.getJob('')).toBeUndefined();
    expect(await queue.getJobState('none')).toBe('unknown');
    expect(await queue.getJobLogs('none')).toEqual({ logs: [], count: 0 });
    expect(await queue.remove('none')).toBe(1);
  });
});

describe('Queue.drain', () => {
  test('removes what waits, with true also what is delayed, and nothing else', async () => {
    const queue = await everyState();
    await queue.drain();
    expect(await queue.getJobCounts()).toEqual({
      active: 1,
      completed: 1,
      delayed: 2,
      failed: 1,
      prioritized: 0,
      waiting: 0,
      'waiting-children': 1,
    });
    await queue.drain(true);
    expect(await queue.getDelayedCount()).toBe(0);
  });

  test('releases parents in other queues', async () => {
    const queue = on.queue();
    const parents = on.queue();
    const { job } = await on.flow().add({
      name: 'parent',
      queueName: parents.name,
      children: [1, 2].map(() => ({ name: 'c', queueName: queue.name })),
    });
    await queue.drain();
    expect(await job.getState()).toBe('waiting');
  });
});

describe('Queue.clean', () => {
  test.each<[Parameters<Queue['clean']>[2], number]>([
    ['completed', 1],
    ['failed', 1],
    ['delayed', 2],
    ['waiting', 3],
    ['wait', 3],
    ['prioritized', 2],
    ['active', 0],
    ['paused', 0],
  ])('removes jobs that are %s', async (type, count) => {
    const queue = await everyState();
    const before = await queue.getJobs();
    const heard = record(queue, 'cleaned');
    const ids = await queue.clean(0, 0, type);
    expect(ids.length).toBe(count);
    expect((await queue.getJobs()).length).toBe(before.length - count);
    expect(heard).toEqual([['cleaned', ids, type === 'waiting' ? 'wait' : type]]);
  });

  test('spares the young, and removes no more than the limit', async () => {
    const queue = on.queue();
    await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'a', data: {} })));
    await queue.add('old', {}, { timestamp: Date.now() - 60_000 });
    expect(await queue.clean(30_000, 0, 'waiting')).toEqual(['6']);
    expect((await queue.clean(0, 2, 'waiting')).length).toBe(2);
    expect(await queue.getWaitingCount()).toBe(3);
  });
});

describe('Queue.obliterate', () => {
  test('leaves nothing of a queue, which then begins anew', async () => {
    const queue = on.queue();
    await queue.addBulk(
      Array.from({ length: 7 }, (_, i) => ({ name: 'a', data: {}, opts: { delay: i } })),
    );
    await queue.addJobLog('1', 'row');
    await queue.obliterate({ count: 2 });
    expect(await queue.getJobs()).toEqual([]);
    expect(await queue.isPaused()).toBe(false);
    expect((await queue.add('a', {})).id).toBe('1');
    expect(await queue.getJobLogs('1')).toEqual({ logs: [], count: 0 });
  });

  test.each([0, -1, Number.NaN])(
    'refuses batches of %d jobs, and removes nothing',
    async (count) => {
      const queue = on.queue();
      await queue.add('a', {});
      await expect(queue.obliterate({ count })).rejects.toThrow(RangeError);
      expect(await queue.isPaused()).toBe(false);
      expect((await queue.add('b', {})).id).toBe('2');
    },
  );

  test('goes on counting in a transaction with an older snapshot', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    const tx = await on.client();
    await tx.query('begin isolation level repeatable read');
    await tx.query('select 1');
    await queue.add('unseen', {});
    await queue.withTransaction(tx).obliterate();
    await tx.query('commit');
    expect((await queue.add('next', {})).id).toBe('2');
  });

  test('goes on counting while a transaction is open that has added a job', async () => {
    const queue = on.queue();
    await queue.addBulk([1, 2, 3].map((i) => ({ name: `${i}`, data: {} })));
    const tx = await on.client();
    await tx.query('begin');
    await queue.withTransaction(tx).add('4', {});
    await queue.obliterate();
    await tx.query('commit');
    const added = await queue.addBulk([5, 6, 7, 8].map((i) => ({ name: `${i}`, data: {} })));
    expect(added.map(({ id }) => id)).toEqual(['5', '6', '7', '8']);
    await queue.obliterate();
    expect((await queue.add('a', {})).id).toBe('1');
  });

  test('refuses while jobs are active, unless forced', async () => {
    const queue = await everyState();
    await expect(queue.obliterate()).rejects.toThrow('Cannot obliterate queue with active jobs');
    await expect(queue.obliterate({ force: null as never })).rejects.toThrow('with active jobs');
    expect(await queue.isPaused()).toBe(true);
    await queue.obliterate({ force: true });
    expect(await queue.getJobs()).toEqual([]);
  });
});

describe('retention', () => {
  async function finished(removal: object, count = 4, workerOpts = {}) {
    const queue = on.queue();
    const worker = on.worker(
      queue,
      async (job) => {
        if (job.name === 'bad') throw new Error('no');
      },
      workerOpts,
    );
    const heard = record(worker, 'completed', 'failed');
    for (let i = 0; i < count; i++) {
      await queue.add(i % 2 ? 'bad' : 'good', {}, removal);
    }
    await until(() => heard.length === count);
    return {
      completed: (await queue.getCompleted()).map(({ id }) => id),
      failed: (await queue.getFailed()).map(({ id }) => id),
    };
  }

  test.each([
    [{}, ['3', '1'], ['4', '2']],
    [{ removeOnComplete: false, removeOnFail: false }, ['3', '1'], ['4', '2']],
    [{ removeOnComplete: true }, [], ['4', '2']],
    [{ removeOnFail: true }, ['3', '1'], []],
    [{ removeOnComplete: 1, removeOnFail: 1 }, ['3'], ['4']],
    [{ removeOnComplete: { count: 1 }, removeOnFail: { count: 0 } }, ['3'], []],
    [
      { removeOnComplete: { age: 3_600 }, removeOnFail: { age: 3_600, count: 1 } },
      ['3', '1'],
      ['4'],
    ],
    [{ removeOnComplete: { count: -1 } }, ['3', '1'], ['4', '2']],
  ])('%j keeps what it says', async (removal, completed, failed) => {
    expect(await finished(removal)).toEqual({ completed, failed });
  });

  test('of the worker holds for jobs without a wish of their own', async () => {
    const worker = { removeOnComplete: { count: 0 }, removeOnFail: { count: 1 } };
    expect(await finished({}, 4, worker)).toEqual({ completed: [], failed: ['4'] });
    expect(await finished({ removeOnComplete: false }, 4, worker)).toEqual({
      completed: ['3', '1'],
      failed: ['4'],
    });
  });

  test('by age removes what finished before, at most so many at once', async () => {
    const queue = on.queue();
    await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'a', data: {} })));
    on.worker(queue, async () => {});
    await until(async () => (await queue.getCompletedCount()) === 5);
    await on.sql(
      "update tuskmq.job_state set finished_at = finished_at - interval '1 hour' where queue_id = $1",
      [await queue.queueId()],
    );
    await queue.add('a', {}, { removeOnComplete: { age: 60, limit: 3 } });
    await until(async () => (await queue.getCompletedCount()) === 3);
    await queue.add('a', {}, { removeOnComplete: { age: 60 } });
    await until(async () => (await queue.getCompletedCount()) === 2);
  });

  /** So many jobs that ended, of which so many are kept. */
  async function kept(jobs: number, keep: number) {
    const queue = on.queue();
    const added = Array.from({ length: jobs }, () => ({
      name: 'a',
      data: {},
      opts: { removeOnComplete: keep },
    }));
    await queue.addBulk(added);
    const completed = record(
      on.worker(queue, async () => {}, { concurrency: 20 }),
      'completed',
    );
    await until(() => completed.length === jobs);
    const ids = (await queue.getCompleted()).map(({ id }) => Number(id));
    return { queue, ids };
  }

  test('by count keeps the last so many, and does not touch them', async () => {
    const { queue, ids } = await kept(500, 100);
    expect(ids).toHaveLength(100);
    expect(Math.min(...ids)).toBeGreaterThan(300);
    // A row that was locked bears the mark.
    const locked = await on.sql(
      "select id from tuskmq.job_state where queue_id = $1 and xmax <> '0'",
      [await queue.queueId()],
    );
    expect(locked).toEqual([]);
  });

  test('by a large count keeps a few more, for it is not looked at each time', async () => {
    const { ids } = await kept(5_000, 1_200);
    expect(ids.length).toBeGreaterThanOrEqual(1_200);
    expect(ids.length).toBeLessThan(2_400);
  });
});
