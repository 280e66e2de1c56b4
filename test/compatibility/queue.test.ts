import { type Job, type JobType, QueueKeys, Worker } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const names = (jobs: { name: string }[]) => jobs.map(({ name }) => name);

describe('a queue', () => {
  test('names its keys under its prefix', () => {
    const queue = on.queue('emails', { prefix: '{p:q}' });
    expect(queue.qualifiedName).toBe('{p:q}:emails');
    expect(queue.toKey('anything')).toBe('{p:q}:emails:anything');
    expect(queue.keys).toMatchObject({ '': '{p:q}:emails:', wait: '{p:q}:emails:wait' });
    const keys = new QueueKeys();
    expect(keys.prefix).toBe('bull');
    expect(keys.getQueueQualifiedName('q')).toBe('bull:q');
    expect(keys.toKey('q', 'meta')).toBe('bull:q:meta');
    expect(keys.getKeys('q')['prioritized']).toBe('bull:q:prioritized');
  });

  test('tells its settings and its version', async () => {
    const queue = on.queue();
    const version = expect.stringMatching(/^tuskmq:\d+\.\d+\.\d+/);
    expect(await queue.getVersion()).toEqual(version);
    expect(queue.metaValues).toEqual({
      'opts.maxLenEvents': 10_000,
      version: expect.stringMatching(/^bullmq:tuskmq:\d+\.\d+\.\d+/),
    });
    expect(await queue.getMeta()).toEqual({ version, maxLenEvents: 10_000, paused: false });
    await queue.pause();
    expect(await queue.getMeta()).toMatchObject({ paused: true });
  });

  test('knows and frees a deduplication id by the earlier names too', async () => {
    const queue = on.queue();
    await queue.add('a', {}, { deduplication: { id: 'd' } });
    expect(await queue.getDebounceJobId('d')).toBe('1');
    expect(await queue.removeDebounceKey('d')).toBe(1);
    expect(await queue.getDebounceJobId('d')).toBeNull();
  });

  test('tells its global limits among its settings', async () => {
    const queue = on.queue();
    await queue.setGlobalConcurrency(3);
    await queue.setGlobalRateLimit(4, 5_000);
    const meta = await queue.getMeta();
    expect(meta).toMatchObject({ concurrency: 3, max: 4, duration: 5_000, paused: false });
    await queue.removeGlobalRateLimit();
    expect(await queue.getMeta()).toEqual({
      version: meta.version,
      maxLenEvents: 10_000,
      paused: false,
      concurrency: 3,
    });
  });

  test('has a token of its own and default options that are copied', () => {
    const queue = on.queue(undefined, { defaultJobOptions: { attempts: 3 } });
    expect(queue.token).toMatch(/^[0-9a-f-]{36}$/);
    expect(queue.token).not.toBe(on.queue(queue.name).token);
    expect(queue.defaultJobOptions).toEqual({ attempts: 3 });
    expect(queue.defaultJobOptions).not.toBe(queue.jobsOpts);
  });

  test('counts delayed jobs that are due before a time', async () => {
    const queue = on.queue();
    await queue.add('soon', {}, { delay: 60_000 });
    await queue.add('late', {}, { delay: 600_000 });
    expect(await queue.getDelayedCount()).toBe(2);
    expect(await queue.getDelayedCount(Date.now() + 300_000)).toBe(1);
    expect(await queue.getDelayedCount(0)).toBe(0);
    await expect(queue.getDelayedCount(1.5)).rejects.toThrow(
      'timestamp must be a safe integer in milliseconds',
    );
  });

  test('counts what waits by priority', async () => {
    const queue = on.queue();
    for (const priority of [0, 0, 2, 2, 2, 9]) await queue.add('a', {}, { priority });
    expect(await queue.getCountsPerPriority([0, 2, 7, 2])).toEqual({ 0: 2, 2: 3, 7: 0 });
  });

  test('lists ids in ranges by state', async () => {
    const queue = on.queue();
    for (const priority of [0, 0, 0, 1, 2]) await queue.add('a', {}, { priority });
    expect(await queue.getRanges(['wait', 'prioritized'], 0, 1, true)).toEqual([
      '1',
      '2',
      '4',
      '5',
    ]);
    expect(await queue.getRanges('waiting', 1, -1, false)).toEqual(['2', '1']);
    expect(await queue.getRanges('waiting')).toEqual(['3', '2']);
    expect(await queue.getRanges(['paused' as JobType, 'wait'], 0, 0, true)).toEqual(['1']);
    expect(await queue.getJobs('paused' as JobType)).toEqual([]);
  });

  test('pages through the children of a job by what became of them', async () => {
    const queue = on.queue();
    const { job } = await on.flow().add({
      name: 'parent',
      queueName: on.name(),
      children: ['a', 'b', 'c'].map((jobId) => ({
        name: jobId,
        queueName: queue.name,
        opts: { jobId },
      })),
    });
    const hand = on.worker(queue, null);
    await (await hand.getNextJob('t'))!.moveToCompleted({ ok: true }, 't', false);
    const parents = on.queue(job.queueName);
    const done = await parents.getDependencies(job.id!, 'processed', 0, -1);
    expect(done.items).toEqual([{ id: `bull:${queue.name}:a`, v: { ok: true } }]);
    expect(done.total).toBe(1);
    expect(done.jobs).toMatchObject([
      {
        id: 'a',
        data: '{}',
        returnvalue: '{"ok":true}',
        parentKey: `bull:${job.queueName}:${job.id}`,
      },
    ]);
    expect(await parents.getDependencies(job.id!, 'pending', 1, 1)).toMatchObject({
      items: [{ id: `bull:${queue.name}:c` }],
      jobs: [{ id: 'c' }],
      total: 2,
    });
    expect(await parents.getDependencies('none', 'pending', 0, -1)).toEqual({
      items: [],
      jobs: [],
      total: 0,
    });
  });

  test('lists its workers and those who listen to it', async () => {
    const queue = on.queue();
    on.worker(queue, async () => {}, { name: 'w1' });
    await on.events(queue);
    await until(async () => (await queue.getWorkersCount()) === 1);
    const base = `bull:${Buffer.from(queue.name).toString('base64')}`;
    const texts = { id: expect.any(String), age: expect.any(String), idle: expect.any(String) };
    expect(await queue.getWorkers()).toEqual([
      {
        ...texts,
        addr: expect.stringContaining(`:${process.pid}`),
        name: queue.name,
        rawname: `${base}:w:w1`,
      },
    ]);
    expect(await queue.getQueueEvents()).toEqual([
      {
        ...texts,
        addr: expect.stringContaining(`:${process.pid}`),
        name: queue.name,
        rawname: `${base}:qe`,
      },
    ]);
  });

  test('knows how long its rate limit lasts', async () => {
    const queue = on.queue();
    expect(await queue.getRateLimitTtl()).toBe(-2);
    await queue.rateLimit(60_000);
    const ttl = await queue.getRateLimitTtl();
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
    await queue.rateLimit(0);
    expect(await queue.getRateLimitTtl()).toBe(-2);
  });

  test('retries all that ended in a state, their attempts kept', async () => {
    const queue = on.queue();
    await queue.addBulk([
      { name: 'a', data: {} },
      { name: 'b', data: {}, opts: { priority: 2 } },
      { name: 'c', data: {} },
    ]);
    const hand = on.worker(queue, null);
    for (let i = 0; i < 2; i++) {
      await (await hand.getNextJob('t'))!.moveToFailed(new Error('no'), 't');
    }
    await (await hand.getNextJob('t'))!.moveToCompleted(1, 't', false);
    await queue.retryJobs({ timestamp: Date.now() - 60_000 });
    expect(await queue.getFailedCount()).toBe(2);
    await queue.retryJobs({ count: 1 });
    expect(await queue.getJobCounts('failed', 'completed')).toEqual({ failed: 0, completed: 1 });
    const [a] = await queue.getWaiting();
    expect(a).toMatchObject({ name: 'a', attemptsMade: 1, attemptsStarted: 1 });
    expect([a?.failedReason, a?.finishedOn]).toEqual([undefined, undefined]);
    await queue.retryJobs({ state: 'completed' });
    expect(await queue.getCompletedCount()).toBe(0);
    expect(await queue.count()).toBe(3);
  });

  test('promotes all that is delayed', async () => {
    const queue = on.queue();
    await queue.add('plain', {});
    for (const priority of [0, 3])
      await queue.add(`late${priority}`, {}, { delay: 60_000, priority });
    await queue.promoteJobs({ count: 1 });
    expect(await queue.getDelayedCount()).toBe(0);
    expect(names(await queue.getWaiting())).toEqual(['plain', 'late0']);
    expect(names(await queue.getPrioritized())).toEqual(['late3']);
  });

  test('trims its events to a number and tells how many went', async () => {
    const queue = on.queue();
    await on.events(queue);
    for (let i = 0; i < 3; i++) await queue.add('a', {});
    expect(await queue.trimEvents(2)).toBe(4);
    expect(await queue.trimEvents(2)).toBe(0);
  });

  test('has nothing that is orphaned or deprecated', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    expect(await queue.removeOrphanedJobs(10, 10)).toBe(0);
    expect(await queue.removeDeprecatedPriorityKey()).toBe(0);
    expect(await queue.count()).toBe(1);
  });

  test('tells its own listeners what is done through it', async () => {
    const queue = on.queue();
    const heard = record(queue, 'paused', 'resumed', 'progress', 'removed');
    const [kept, gone] = [await queue.add('a', {}), await queue.add('a', {})];
    await queue.pause();
    await queue.resume();
    await queue.updateJobProgress(kept.id!, 50);
    await kept.updateProgress({ at: 60 });
    await queue.remove(kept.id!);
    await gone.remove();
    await queue.remove('none');
    expect(heard).toEqual([
      ['paused'],
      ['resumed'],
      ['progress', kept.id, 50],
      ['progress', kept, { at: 60 }],
      ['removed', kept.id],
      ['removed', gone],
      ['removed', 'none'],
    ]);
    await expect(queue.updateJobProgress('none', 1)).rejects.toMatchObject({
      message: 'Missing key for job none. updateProgress',
      code: -1,
    });
  });
});

describe('a job', () => {
  test('answers for each state that it is in', async () => {
    const queue = on.queue();
    const asked = async (job: Job) => ({
      state: await job.getState(),
      is: [
        await job.isWaiting(),
        await job.isActive(),
        await job.isDelayed(),
        await job.isWaitingChildren(),
        await job.isCompleted(),
        await job.isFailed(),
      ].indexOf(true),
    });
    const [good, bad] = [await queue.add('good', {}), await queue.add('bad', {})];
    expect(await asked(good)).toEqual({ state: 'waiting', is: 0 });
    const hand = new Worker(queue.name, null, { connection: on.url });
    const [first, second] = [await hand.getNextJob('t'), await hand.getNextJob('t')];
    expect(await asked(good)).toEqual({ state: 'active', is: 1 });
    await first!.moveToCompleted(1, 't', false);
    await second!.moveToFailed(new Error('no'), 't');
    await hand.close();
    expect(await asked(good)).toEqual({ state: 'completed', is: 4 });
    expect(await asked(bad)).toEqual({ state: 'failed', is: 5 });
    expect(await asked(await queue.add('a', {}, { delay: 60_000 }))).toEqual({
      state: 'delayed',
      is: 2,
    });
    expect(await asked(await queue.add('a', {}, { priority: 1 }))).toEqual({
      state: 'prioritized',
      is: -1,
    });
    const { job } = await on.flow().add({
      name: 'parent',
      queueName: queue.name,
      children: [{ name: 'child', queueName: queue.name }],
    });
    expect(await asked(job)).toEqual({ state: 'waiting-children', is: 3 });
    await good.remove();
    expect(await asked(good)).toEqual({ state: 'unknown', is: -1 });
    expect(await queue.getJobState(bad.id!)).toBe('failed');
  });
});
