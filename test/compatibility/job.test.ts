import { Job } from '../../lib';
import { useInstances } from '../helpers/instances';

const on = useInstances();

describe('the delay of a job', () => {
  test('is what it was given last, as long as it is delayed or waits for its children', async () => {
    const queue = on.queue();
    const stored = async () => (await queue.getJob('1'))?.delay;
    const job = await queue.add('a', {}, { delay: 50_000, timestamp: 1_000, attempts: 2 });
    expect(await stored()).toBe(50_000);
    await job.changeDelay(70_000);
    expect([await stored(), job.delay]).toEqual([70_000, 70_000]);
    await job.promote();
    expect([await stored(), job.delay]).toEqual([0, 0]);

    const hand = on.worker(queue, null);
    const run = await hand.getNextJob('t');
    expect(run?.delay).toBe(0);
    await run!.moveToDelayed(Date.now() + 60_000, 't');
    expect(await stored()).toBeGreaterThan(50_000);
    expect(await stored()).toBeLessThan(70_000);
    await job.promote();
    const again = await hand.getNextJob('u');
    again!.opts.backoff = 90_000;
    await again!.moveToFailed(new Error('no'), 'u');
    expect([await stored(), again?.delay]).toEqual([90_000, 90_000]);
    await job.promote();
    await (await hand.getNextJob('v'))!.moveToCompleted('done', 'v', false);
    expect(await stored()).toBe(0);
  });

  test('of a parent begins once, when its children are done', async () => {
    const queue = on.queue();
    const flow = on.flow();
    const { job } = await flow.add({
      name: 'parent',
      queueName: queue.name,
      opts: { jobId: 'p', delay: 80_000 },
      children: [{ name: 'child', queueName: queue.name }],
    });
    const stored = async () => (await queue.getJob('p'))?.delay;
    expect(await stored()).toBe(80_000);
    const hand = on.worker(queue, null);
    await (await hand.getNextJob('t'))!.moveToCompleted('done', 't', false);
    expect([await job.getState(), await stored()]).toEqual(['delayed', 80_000]);

    await job.promote();
    const run = await hand.getNextJob('t');
    await flow.add({
      name: 'later',
      queueName: queue.name,
      opts: { parent: { id: 'p', queue: queue.qualifiedName } },
    });
    expect(await run!.moveToWaitingChildren('t')).toBe(true);
    expect(await stored()).toBe(0);
    await (await hand.getNextJob('t'))!.moveToCompleted('done', 't', false);
    expect(await job.getState()).toBe('waiting');
  });
});

describe('a job', () => {
  test('that is retried forgets in its object when it ran and ended', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const run = await on.worker(queue, null).getNextJob('t');
    await run!.moveToFailed(new Error('no'), 't');
    await run!.retry();
    expect(run).toMatchObject({
      finishedOn: null,
      processedOn: null,
      failedReason: null,
      returnvalue: null,
    });
  });

  test('names its scheduler and its deduplication id, also as JSON', async () => {
    const queue = on.queue();
    const single = await queue.add('a', {}, { deduplication: { id: 'd' } });
    expect(single.asJSON()).toMatchObject({ deduplicationId: 'd' });
    const made = await queue.upsertJobScheduler('s', { every: 60_000 });
    expect(made?.asJSON()).toMatchObject({ repeatJobKey: 's' });
    const copy = Job.fromJSON(queue, single.asJSONSandbox());
    expect(copy.deduplicationId).toBe('d');
    expect(Job.fromJSON(queue, made!.asJSON()).repeatJobKey).toBe('s');
  });

  test('is created, one or many, by its class', async () => {
    const queue = on.queue();
    const one = await Job.create(queue, 'one', { n: 1 }, { priority: 2 });
    const many = await Job.createBulk(queue, [
      { name: 'two', data: { n: 2 } },
      { name: 'three', data: { n: 3 }, opts: { delay: 60_000 } },
    ]);
    expect([one, ...many].map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(await Job.fromId(queue, '3')).toMatchObject({
      name: 'three',
      data: { n: 3 },
      delay: 60_000,
    });
    expect(await Job.fromId(queue, 'none')).toBeUndefined();
    expect(await Job.addJobLog(queue, '1', 'row')).toBe(1);
    await expect(Job.addJobLog(queue, 'none', 'row')).rejects.toMatchObject({ code: -1 });
  });

  test('is made of what moveToCompleted returned', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    await queue.add('b', { n: 2 }, { attempts: 4, priority: 7 });
    const hand = on.worker(queue, null, { name: 'hand' });
    const first = await hand.getNextJob('t');
    expect(first?.processedBy).toBe('hand');
    const [json, id, limitDelay, delayUntil] = await first!.moveToCompleted('r', 't');
    expect(first).toMatchObject({
      returnvalue: 'r',
      attemptsMade: 1,
      finishedOn: expect.any(Number),
    });
    expect([id, limitDelay, delayUntil]).toEqual(['2', 0, 0]);
    expect(json).toMatchObject({
      name: 'b',
      data: '{"n":2}',
      opts: { attempts: 4, priority: 7 },
      priority: 7,
      delay: 0,
      attemptsStarted: 1,
      attemptsMade: 0,
      processedBy: 'hand',
    });
    expect(json).not.toHaveProperty('token');
    const next = Job.fromJSON(hand, json!, id);
    expect(next).toMatchObject({
      id: '2',
      data: { n: 2 },
      returnvalue: null,
      stacktrace: [],
      priority: 7,
    });
    expect(await next.moveToCompleted('s', 't')).toEqual([]);
    expect(await queue.getCompletedCount()).toBe(2);
  });

  test('has its options from the text in which they are stored', () => {
    expect(Job.optsFromJSON('{"attempts":3,"jobId":"x"}')).toEqual({ attempts: 3, jobId: 'x' });
    expect(Job.optsFromJSON()).toEqual({});
  });

  test('keeps its token from those who only read it', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const held = await on.worker(queue, null).getNextJob('secret');
    expect(held?.token).toBe('secret');
    expect((await queue.getJob('1'))?.token).toBeUndefined();
    expect((await queue.getActive())[0]?.token).toBeUndefined();
  });

  test('goes into another process with the names of its queue', async () => {
    const queue = on.queue();
    await queue.add('a', { n: 1 });
    const hand = on.worker(queue, null, { name: 'hand' });
    await (await hand.getNextJob('t'))!.moveToFailed(new Error('no'), 't');
    const job = await queue.getJob('1');
    const json = {
      id: '1',
      name: 'a',
      data: '{"n":1}',
      opts: { attempts: 0 },
      progress: 0,
      attemptsMade: 1,
      attemptsStarted: 1,
      stalledCounter: 0,
      timestamp: expect.any(Number),
      processedOn: expect.any(Number),
      finishedOn: expect.any(Number),
      processedBy: 'hand',
      failedReason: 'no',
      stacktrace: expect.stringContaining('Error: no'),
      returnvalue: 'null',
    };
    expect(job!.asJSON()).toEqual(json);
    expect(job!.asJSONSandbox()).toEqual({
      ...json,
      delay: 0,
      priority: 0,
      queueName: queue.name,
      queueQualifiedName: `bull:${queue.name}`,
      prefix: 'bull',
    });
    expect(Job.fromJSON(queue, job!.asJSONSandbox())).toMatchObject({ id: '1', data: { n: 1 } });
  });

  test('is detached from its parent once', async () => {
    const queue = on.queue();
    const { job, children } = await on.flow().add({
      name: 'parent',
      queueName: queue.name,
      children: [{ name: 'child', queueName: on.name() }],
    });
    const child = children![0]!.job;
    expect(await child.removeChildDependency()).toBe(true);
    expect([child.parent, child.parentKey]).toEqual([undefined, undefined]);
    expect(await job.getState()).toBe('waiting');
    await expect(child.removeChildDependency()).rejects.toMatchObject({
      message: 'Missing key for parent job undefined. removeChildDependency',
      code: -5,
    });
  });

  test('knows why children failed that it ignores', async () => {
    const queue = on.queue();
    const kids = on.queue();
    const { job } = await on.flow().add({
      name: 'parent',
      queueName: queue.name,
      children: [
        {
          name: 'child',
          queueName: kids.name,
          opts: { jobId: 'c', ignoreDependencyOnFailure: true },
        },
      ],
    });
    await (await on.worker(kids, null).getNextJob('t'))!.moveToFailed(new Error('no'), 't');
    const failures = { [`bull:${kids.name}:c`]: 'no' };
    expect(await job.getFailedChildrenValues()).toEqual(failures);
    expect(await job.getIgnoredChildrenFailures()).toEqual(failures);
    expect(await job.getState()).toBe('waiting');
  });

  test('with a priority waits among its equals, lifo or not', async () => {
    const queue = on.queue();
    await queue.add('first', {}, { priority: 5, attempts: 2 });
    await queue.add('second', {}, { priority: 5, lifo: true, attempts: 2 });
    const order = async () => (await queue.getPrioritized()).map(({ name }) => name);
    expect(await order()).toEqual(['first', 'second']);
    const hand = on.worker(queue, null);
    const [first, second] = [await hand.getNextJob('t'), await hand.getNextJob('t')];
    await first!.moveToFailed(new Error('no'), 't');
    await second!.moveToFailed(new Error('no'), 't');
    expect(await order()).toEqual(['first', 'second']);
  });

  test('has a log that is read from its end, too', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {});
    for (const row of ['r1', 'r2', 'r3']) await job.log(row);
    expect(await queue.getJobLogs('1', -1, -1)).toEqual({ logs: ['r3'], count: 3 });
    expect(await queue.getJobLogs('1', 0, -2)).toEqual({ logs: ['r1', 'r2'], count: 3 });
    expect(await queue.getJobLogs('1', -2, -1, false)).toEqual({ logs: ['r2', 'r1'], count: 3 });
  });
});
