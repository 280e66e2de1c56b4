import { Job } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

async function failedJob(opts = {}) {
  const queue = on.queue();
  await queue.add('a', { n: 1 }, opts);
  const hand = on.worker(queue, null);
  await (await hand.getNextJob('t'))!.moveToFailed(new Error('no'), 't');
  return { queue, job: (await queue.getJob('1'))!, hand };
}

describe('Job.toJSON and asJSON', () => {
  test('of a stored job are plain, with data as value and as text', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const job = (await queue.getJob('1'))!;
    expect(JSON.parse(JSON.stringify(job))).toEqual({
      name: 'a',
      data: {},
      opts: { attempts: 0 },
      id: '1',
      progress: 0,
      returnvalue: null,
      stacktrace: [],
      delay: 0,
      priority: 0,
      attemptsStarted: 0,
      attemptsMade: 0,
      stalledCounter: 0,
      timestamp: job.timestamp,
      queueQualifiedName: `bull:${queue.name}`,
    });
    expect(job.asJSON()).toMatchObject({
      data: '{}',
      returnvalue: 'null',
      stacktrace: '[]',
      opts: { attempts: 0 },
    });
    expect(Job.fromJSON(queue, job.toJSON() as never).toJSON()).toEqual(job.toJSON());
  });

  test('of one that was only made here have what it would begin with', () => {
    const queue = on.queue();
    const before = Date.now();
    const job = new Job(queue, 'a', { n: 1 }, { delay: 5 });
    expect(job.timestamp).toBeGreaterThanOrEqual(before);
    expect(job.opts).toEqual({ attempts: 0, delay: 5 });
    expect(Object.keys(job.asJSON())).not.toContain('failedReason');
    const copy = Job.fromJSON(queue, { name: 'a', data: '{}', opts: {} } as never, '7');
    expect([copy.id, copy.attemptsMade, copy.attemptsStarted, copy.stalledCounter]).toEqual([
      '7',
      0,
      0,
      0,
    ]);
  });

  test("read options with BullMQ's short names", () => {
    const stored = { de: { id: 'd' }, fpof: true, kl: 5, tm: 'trace', omc: true, delay: 1 };
    expect(Job.optsFromJSON(JSON.stringify(stored))).toEqual({
      deduplication: { id: 'd' },
      failParentOnFailure: true,
      keepLogs: 5,
      telemetry: { metadata: 'trace', omitContext: true },
      delay: 1,
    });
    expect(Job.optsFromJSON('{"telemetry":{"omitContext":true},"attempts":2}')).toEqual({
      telemetry: { omitContext: true },
      attempts: 2,
    });
    expect(Job.optsFromJSON()).toEqual({});
  });

  test('show what a copy of the job has too, which may be assigned', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {}, { deduplication: { id: 'd' } });
    const named = { deduplicationId: 'd', queueQualifiedName: `bull:${queue.name}` };
    expect({ ...job }).toMatchObject(named);
    expect(JSON.parse(JSON.stringify(job))).toMatchObject(named);
    job.deduplicationId = 'e';
    expect(job.toJSON().deduplicationId).toBe('e');
  });

  test('name the parent of a child', async () => {
    const queue = on.queue();
    const parent = await queue.add('p', {});
    await queue.add('c', {}, { parent: { id: parent.id!, queue: parent.queueQualifiedName } });
    const child = (await queue.getJob('2'))!;
    expect([child.parentKey, child.parent]).toEqual([
      `bull:${queue.name}:1`,
      { id: '1', queueKey: `bull:${queue.name}` },
    ]);
  });
});

describe('Job.promote and changeDelay', () => {
  test('are for delayed jobs alone', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {}, { delay: 60_000 });
    await job.changeDelay(90_000);
    expect(job.delay).toBe(90_000);
    await job.promote();
    expect([job.delay, await job.getState()]).toEqual([0, 'waiting']);
    for (const [call, command] of [
      [() => job.promote(), 'promote'],
      [() => job.changeDelay(1), 'changeDelay'],
    ] as const) {
      await expect(call()).rejects.toMatchObject({
        message: `Job 1 is not in the delayed state. ${command}`,
        code: -3,
      });
    }
  });

  test('put a promoted job behind those that wait, into its class', async () => {
    const queue = on.queue();
    const late = await queue.add('late', {}, { delay: 60_000 });
    const first = await queue.add('prior', {}, { delay: 60_000, priority: 1 });
    await queue.add('plain', {});
    await late.promote();
    await first.promote();
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['plain', 'late']);
    expect((await queue.getPrioritized()).map(({ name }) => name)).toEqual(['prior']);
  });
});

describe('Job.changePriority', () => {
  test('moves a job to the back of its new class, or to its front', async () => {
    const queue = on.queue();
    const [a, b, c] = await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: {} })));
    await c!.changePriority({ priority: 5 });
    await a!.changePriority({ priority: 5 });
    await b!.changePriority({ priority: 5, lifo: true });
    expect((await queue.getPrioritized()).map(({ name }) => name)).toEqual(['b', 'c', 'a']);
    await c!.changePriority({});
    expect([c!.priority, await c!.getState()]).toEqual([0, 'waiting']);
  });
});

describe('Job.retry', () => {
  test('lets a failed job run again, its counters kept unless reset', async () => {
    const { queue, job } = await failedJob();
    await job.retry();
    expect([job.failedReason, job.finishedOn, await job.getState()]).toEqual([
      null,
      null,
      'waiting',
    ]);
    expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 1, attemptsStarted: 1 });
    await expect(job.retry()).rejects.toMatchObject({
      message: 'Job 1 is not in the failed state. reprocessJob',
      code: -3,
    });
    const again = await failedJob();
    await again.job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    expect(await again.queue.getJob('1')).toMatchObject({ attemptsMade: 0, attemptsStarted: 0 });
  });

  test('lets a completed job run again only when asked for one', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.attemptsStarted);
    const heard = record(worker, 'completed');
    const job = await queue.add('a', {});
    await until(() => heard.length === 1);
    await expect(job.retry()).rejects.toMatchObject({ code: -3 });
    await job.retry('completed');
    await until(() => heard.length === 2);
    expect((await queue.getJob('1'))?.returnvalue).toBe(2);
  });
});

describe('Job.remove', () => {
  test('removes a job with its logs and children, and tells of it', async () => {
    const queue = on.queue();
    const tree = await on.flow().add({
      name: 'p',
      queueName: queue.name,
      children: [
        { name: 'c', queueName: queue.name, children: [{ name: 'd', queueName: queue.name }] },
      ],
    });
    const job = (await queue.getJob(tree.job.id!))!;
    await job.log('row');
    const heard = record(queue, 'removed');
    await job.remove();
    expect(await queue.count()).toBe(0);
    expect(await queue.getJobLogs(job.id!)).toEqual({ logs: [], count: 0 });
    expect(heard).toEqual([['removed', job]]);
  });

  test('can spare the children, and releases the parent', async () => {
    const queue = on.queue();
    const tree = await on.flow().add({
      name: 'p',
      queueName: queue.name,
      children: [
        { name: 'c', queueName: queue.name, children: [{ name: 'd', queueName: queue.name }] },
      ],
    });
    await tree.children![0]!.job.remove({ removeChildren: false });
    expect(await tree.job.getState()).toBe('waiting');
    expect((await queue.getWaiting()).map(({ name }) => name).sort()).toEqual(['d', 'p']);
  });

  test('removes nothing when the job or a child is active', async () => {
    const queue = on.queue();
    const children = on.queue();
    const tree = await on.flow().add({
      name: 'p',
      queueName: queue.name,
      children: ['c', 'd'].map((name) => ({ name, queueName: children.name })),
    });
    const active = (await on.worker(children, null).getNextJob('t'))!;
    for (const job of [tree.job, active]) {
      await expect(job.remove()).rejects.toThrow(
        `Job ${job.id} could not be removed because it is locked by another worker`,
      );
    }
    expect(await queue.remove(tree.job.id!)).toBe(0);
    expect(await children.getJobCounts('active', 'waiting')).toEqual({ active: 1, waiting: 1 });
  });
});

describe('Job.log', () => {
  test('appends rows, read from any side and in pages', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {});
    expect(await job.log('one')).toBe(1);
    expect(await queue.addJobLog('1', 'two\0')).toBe(2);
    expect(await job.log('three')).toBe(3);
    expect(await queue.getJobLogs('1')).toEqual({ logs: ['one', 'two\uFFFD', 'three'], count: 3 });
    expect(await queue.getJobLogs('1', 0, 1, false)).toEqual({
      logs: ['three', 'two\uFFFD'],
      count: 3,
    });
    await job.clearLogs(1);
    expect((await queue.getJobLogs('1')).logs).toEqual(['three']);
    await job.clearLogs();
    expect(await queue.getJobLogs('1')).toEqual({ logs: [], count: 0 });
  });

  test('keeps the last rows that the job asks for, also when many come at once', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {}, { keepLogs: 2 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => job.log(`row ${i}`)));
    expect((await queue.getJobLogs('1')).count).toBe(2);
  });
});

describe('calls of a job that nobody waits for', () => {
  test('log in their order', async () => {
    const queue = on.queue();
    const jobs = await queue.addBulk(Array.from({ length: 10 }, () => ({ name: 'a', data: {} })));
    const rows = ['a', 'b', 'c', 'd', 'e'];
    const counts = await Promise.all(
      jobs.map((job) => Promise.all(rows.map((row) => job.log(row)))),
    );
    expect(counts).toEqual(jobs.map(() => [1, 2, 3, 4, 5]));
    for (const job of jobs) expect((await queue.getJobLogs(job.id!)).logs).toEqual(rows);
  });

  test('log beside one whose job is gone, which alone is refused', async () => {
    const queue = on.queue();
    const [gone, job] = await queue.addBulk([
      { name: 'a', data: {} },
      { name: 'b', data: {} },
    ]);
    await gone!.remove();
    expect(await Promise.allSettled([gone!.log('x'), job!.log('y'), job!.log('z')])).toMatchObject([
      { reason: { message: 'Missing key for job 1. addLog' } },
      { value: 1 },
      { value: 2 },
    ]);
  });

  test('build on the data and the progress of those before', async () => {
    const queue = on.queue();
    const job = await queue.add('a', { z: 1 } as Record<string, number>);
    await Promise.all(['x', 'y'].map((key) => job.updateData({ ...job.data, [key]: 1 })));
    const progress = job.updateProgress(50);
    expect(job.progress).toBe(50);
    await progress;
    expect(await queue.getJob('1')).toMatchObject({ data: { x: 1, y: 1, z: 1 }, progress: 50 });
  });
});

describe('Job.updateData and updateProgress', () => {
  test.each(['updateData', 'updateProgress'] as const)(
    '%s stores whatever text there is, under whatever id, also 10 MB of it',
    async (method) => {
      const queue = on.queue();
      const texts = [
        'quotes " and \', backslashes \\ and \\", braces {a,"b"}, null and NULL',
        'nothing \u0000, a line\n, half a pair \ud800, a pair \u{1f418}',
        'text with a " and a \\ '.repeat(500_000),
      ];
      const jobs = await queue.addBulk(
        ['{"a,b"}', 'back\\slash', 'null'].map((jobId) => ({
          name: 'job',
          data: {},
          opts: { jobId },
        })),
      );
      await Promise.all(jobs.map((job, i) => job[method]({ text: texts[i] })));
      const field = method === 'updateData' ? 'data' : 'progress';
      const stored = await Promise.all(jobs.map(({ id }) => queue.getJob(id!)));
      // Not toEqual, which would print 10 MB.
      expect(stored.map((job, i) => job![field].text === texts[i])).toEqual([true, true, true]);
    },
  );

  test.each(['updateData', 'updateProgress'] as const)(
    '%s rejects for jobs that are gone, and not for those that travel with them',
    async (method) => {
      const queue = on.queue();
      const names = ['a', 'gone', 'b', 'lost', 'c'];
      const jobs = await queue.addBulk(names.map((name) => ({ name, data: {} })));
      await Promise.all([jobs[1]!.remove(), jobs[3]!.remove()]);
      // In no order, each job twice.
      const order = [4, 1, 0, 3, 2, 1, 4, 0, 3, 2];
      const settled = await Promise.allSettled(
        order.map((i, n) => jobs[i]![method]({ n, name: names[i] })),
      );
      expect(settled.map(({ status }) => status)).toEqual(
        order.map((i) => (i % 2 ? 'rejected' : 'fulfilled')),
      );
      expect((settled[1] as PromiseRejectedResult).reason.message).toBe(
        `Missing key for job ${jobs[1]!.id}. ${method}`,
      );
      const field = method === 'updateData' ? 'data' : 'progress';
      const stored = await Promise.all([0, 2, 4].map((i) => queue.getJob(jobs[i]!.id!)));
      expect(stored.map((job) => job![field])).toEqual([
        { n: 7, name: 'a' },
        { n: 9, name: 'b' },
        { n: 6, name: 'c' },
      ]);
    },
  );

  test('store the last of many that are under way, and tell of progress', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {});
    const heard = record(queue, 'progress');
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => [job.updateData({ i }), job.updateProgress(i)]).flat(),
    );
    expect(await queue.getJob('1')).toMatchObject({ data: { i: 49 }, progress: 49 });
    expect(heard.at(-1)).toEqual(['progress', job, 49]);
    await queue.updateJobProgress('1', 'half');
    expect(heard.at(-1)).toEqual(['progress', '1', 'half']);
    await expect(job.updateData({ n: 1n })).rejects.toThrow(
      'The data of job 1 cannot be stored as JSON',
    );
    await expect(queue.updateJobProgress('2', 1)).rejects.toMatchObject({ code: -1 });
  });
});
