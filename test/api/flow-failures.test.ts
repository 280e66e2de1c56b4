import type { Job } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';
import { family, settled } from './family';

const on = useInstances();

describe('a child that fails for good', () => {
  test('does to its parent what it was last added with', async () => {
    const queue = on.queue();
    const { job: parent } = await on.flow().add({
      name: 'parent',
      queueName: queue.name,
      children: [{ name: 'child', queueName: queue.name, opts: { jobId: 'c' } }],
    });
    const opts = { parent: { id: parent.id!, queue: parent.queueQualifiedName } };
    await queue.add('child', {}, { ...opts, jobId: 'c', failParentOnFailure: true });
    expect((await queue.getJob('c'))!.parent).toEqual({
      id: parent.id,
      queueKey: parent.queueQualifiedName,
      fpof: true,
    });
    on.worker(queue, async () => {
      throw new Error('bad child');
    });
    await until(async () => (await queue.getFailedCount()) === 2);
    expect((await queue.getJob(parent.id!))?.failedReason).toContain('c failed');
  });

  test('keeps its parent waiting, which goes on when it is retried and completes', async () => {
    const { parents, parent, queue, tree, key } = await family(on, [
      { name: 'bad', opts: { attempts: 2 } },
    ]);
    let isBad = true;
    on.worker(queue, async () => {
      if (isBad) throw new Error('bad child');
      return 'better';
    });
    await settled(queue, 1);
    expect(await parent.getState()).toBe('waiting-children');
    expect(await parent.getDependencies()).toEqual({
      processed: {},
      unprocessed: [key(0)],
      failed: [],
      ignored: {},
    });
    isBad = false;
    await tree.children![0]!.job.retry();
    await until(() => parent.isWaiting());
    expect(await parent.getChildrenValues()).toEqual({ [key(0)]: 'better' });
    expect(await parents.getWaitingCount()).toBe(1);
  });

  test('fails its parent with failParentOnFailure, and the parent its own', async () => {
    const parents = on.queue();
    const { queue, work } = await family(on, []);
    const tree = await on.flow().add({
      name: 'grandparent',
      queueName: parents.name,
      children: [
        {
          name: 'parent',
          queueName: parents.name,
          opts: { failParentOnFailure: true, attempts: 5 },
          children: [
            { name: 'bad', queueName: queue.name, opts: { failParentOnFailure: true } },
            { name: 'good', queueName: queue.name },
          ],
        },
      ],
    });
    const parent = tree.children![0]!;
    const ran: string[] = [];
    const worker = on.worker(parents, async (job) => void ran.push(job.name));
    const heard = record(worker, 'active', 'failed');
    work();
    await until(async () => (await tree.job.getState()) === 'failed');
    await settled(queue, 2);
    const bad = `bull:${queue.name}:${parent.children![0]!.job.id}`;
    const reasons = (await parents.getFailed()).map((job) => [job.name, job.failedReason]);
    expect(Object.fromEntries(reasons)).toEqual({
      parent: `child ${bad} failed`,
      grandparent: `child bull:${parents.name}:${parent.job.id} failed`,
    });
    expect(ran).toEqual([]);
    expect(heard.filter(([event]) => event === 'active').length).toBe(2);
    expect(await parent.job.getDependencies()).toMatchObject({
      failed: [bad],
      processed: { [`bull:${queue.name}:${parent.children![1]!.job.id}`]: 'good done' },
    });
  });

  test('fails its parent without another run, though that failed for a reason of its own meanwhile', async () => {
    const queue = on.queue();
    const children = on.queue();
    const { job: parent } = await on.flow().add({
      name: 'parent',
      queueName: queue.name,
      opts: { attempts: 3 },
      children: [
        { name: 'first', queueName: children.name, opts: { continueParentOnFailure: true } },
        { name: 'second', queueName: children.name, opts: { failParentOnFailure: true } },
      ],
    });
    const isRunning = deferred();
    let runs = 0;
    on.worker(
      children,
      async (job) => {
        if (job.name === 'second') await isRunning.promise;
        throw new Error('bad child');
      },
      { concurrency: 2 },
    );
    on.worker(queue, async () => {
      runs++;
      isRunning.resolve();
      await until(async () => (await children.getFailedCount()) === 2);
      throw new Error('bad parent');
    });
    await until(() => parent.isFailed());
    const failed = await queue.getJob(parent.id!);
    expect([runs, failed!.failedReason]).toEqual([1, expect.stringMatching(/^child .* failed$/)]);
  });

  test('fails a delayed parent at once', async () => {
    const queue = on.queue();
    const parent = await queue.add('parent', {}, { delay: 3_600_000 });
    const children = on.queue();
    await children.add(
      'bad',
      {},
      {
        parent: { id: parent.id!, queue: queue.qualifiedName },
        failParentOnFailure: true,
      },
    );
    on.worker(queue, async () => {});
    on.worker(children, async () => {
      throw new Error('bad child');
    });
    await until(() => parent.isFailed());
  });

  test('lets its parent go on at once with continueParentOnFailure', async () => {
    const { parents, parent, queue, work, key } = await family(on, [
      { name: 'bad', opts: { continueParentOnFailure: true } },
      { name: 'later', opts: { delay: 3_600_000 } },
    ]);
    work();
    await until(() => parent.isWaiting());
    expect(await parent.getIgnoredChildrenFailures()).toEqual({ [key(0)]: 'bad child' });
    on.worker(parents, async () => 'too early');
    await until(() => parent.isFailed());
    expect((await parents.getJob(parent.id!))?.failedReason).toBe(
      `Job ${parent.id} has pending dependencies. moveToFinished`,
    );
    expect(await queue.getDelayedCount()).toBe(1);
  });

  test('is ignored with ignoreDependencyOnFailure once all others are done', async () => {
    const { parent, queue, work, key } = await family(on, [
      { name: 'bad', opts: { ignoreDependencyOnFailure: true } },
      { name: 'later', opts: { delay: 3_600_000 } },
    ]);
    work();
    await settled(queue, 1);
    expect(await parent.getState()).toBe('waiting-children');
    await (await queue.getDelayed())[0]!.promote();
    await until(() => parent.isWaiting());
    expect(await parent.getDependencies()).toEqual({
      processed: { [key(1)]: 'later done' },
      unprocessed: [],
      failed: [],
      ignored: { [key(0)]: 'bad child' },
    });
  });

  test.each([
    ['removeDependencyOnFailure', { removeDependencyOnFailure: true }],
    ['removeOnFail', { removeOnFail: true }],
  ])('is forgotten by its parent with %s', async (_, opts) => {
    const { parent, work } = await family(on, [{ name: 'bad', opts }]);
    work();
    await until(() => parent.isWaiting());
    expect(await parent.getDependenciesCount()).toEqual({
      processed: 0,
      unprocessed: 0,
      ignored: 0,
      failed: 0,
    });
  });

  test('and is removed by retention releases its parent', async () => {
    const { parent, queue, work } = await family(on, [{ name: 'bad', opts: { removeOnFail: 1 } }]);
    work();
    await settled(queue, 1);
    await queue.add('bad', {}, { removeOnFail: 1 });
    await until(() => parent.isWaiting(), { timeout: 3_000 });
  });
});

describe('a parent', () => {
  test('that completes with pending children fails instead, and may be retried', async () => {
    const queue = on.queue();
    const children = on.queue();
    const worker = on.worker(queue, async (job) => {
      const parent = { id: job.id!, queue: job.queueQualifiedName };
      if (job.attemptsMade === 0) await children.add('c', {}, { parent });
      return 'done';
    });
    const heard = record(worker, 'failed', 'error');
    await queue.add('a', {});
    await until(() => heard.length === 2);
    expect(heard[0]).toMatchObject([
      'error',
      { message: 'Job 1 has pending dependencies. moveToFinished', code: -4 },
    ]);
    const job = heard[1]![1] as Job;
    expect(job.failedReason).toBe('Job 1 has pending dependencies. moveToFinished');
    on.worker(children, async () => {});
    await until(async () => (await job.getDependenciesCount()).unprocessed === 0);
    await job.retry();
    await until(() => job.isCompleted());
  });

  test('with failed children cannot complete, whatever attempts are left', async () => {
    const queue = on.queue();
    const children = on.queue();
    on.worker(children, async () => {
      throw new Error('bad child');
    });
    on.worker(queue, async (job) => {
      const parent = { id: job.id!, queue: job.queueQualifiedName };
      const child = await children.add('c', {}, { parent, failParentOnFailure: true });
      await until(() => child.isFailed());
    });
    await queue.add('a', {}, { attempts: 5 });
    await until(async () => (await queue.getFailedCount()) === 1);
    expect((await queue.getFailed())[0]).toMatchObject({
      failedReason:
        'Cannot complete job 1 because it has at least one failed child. moveToFinished',
      attemptsMade: 1,
    });
  });

  test('keeps the values of children that were removed when they completed', async () => {
    const { parent, work, key } = await family(on, [
      { name: 'a', opts: { removeOnComplete: true } },
    ]);
    work();
    await until(() => parent.isWaiting());
    expect(await parent.getChildrenValues()).toEqual({ [key(0)]: 'a done' });
  });
});
