import { type Job, Worker } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

describe('a worker', () => {
  test('has an id of its own', () => {
    const ids = [1, 2].map(() => on.worker(on.name(), null).id);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('tells its own listeners what it does', async () => {
    const queue = on.queue();
    const worker = on.worker(
      queue,
      async (job) => {
        await job.updateProgress(50);
      },
      { autorun: false },
    );
    const events = ['ready', 'progress', 'drained', 'paused', 'resumed', 'closing', 'closed'];
    const heard = record(worker, ...events);
    await queue.add('a', {});
    const running = worker.run();
    await until(() => heard.some(([event]) => event === 'drained'));
    await worker.pause();
    await worker.resume();
    await worker.close();
    await running;
    expect(heard.map(([event]) => event)).toEqual([
      'ready',
      'progress',
      'drained',
      'paused',
      'resumed',
      'closing',
      'closed',
    ]);
    expect(heard[1]?.slice(1)).toMatchObject([{ id: '1' }, 50]);
    expect(heard[5]).toEqual(['closing', 'closing queue']);
  });

  test('limits the rate of its queue', async () => {
    const queue = on.queue();
    await on.worker(queue, null).rateLimit(60_000);
    expect(await queue.getRateLimitTtl()).toBeGreaterThan(50_000);
  });

  test('without a processor looks for locks that ran out when told to', async () => {
    const queue = on.queue();
    const events = record(await on.events(queue), 'stalled');
    await queue.add('a', {});
    const hand = on.worker(queue, null, { lockDuration: 100 });
    const heard = record(hand, 'stalled');
    await hand.getNextJob('t');
    await hand.startStalledCheckTimer();
    await hand.startStalledCheckTimer();
    await until(() => heard.length > 0 && events.length > 0);
    expect(heard).toEqual([['stalled', '1', 'active']]);
    expect(events).toEqual([['stalled', { jobId: '1' }, expect.any(String)]]);
    expect(await queue.getJob('1')).toMatchObject({ stalledCounter: 1 });
    expect(await queue.getJobState('1')).toBe('waiting');
  });

  test('leaves locks that ran out to others when told to', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const blind = on.worker(queue, null, { lockDuration: 100, skipStalledCheck: true });
    const watchful = on.worker(queue, null, { lockDuration: 100 });
    const heard = [record(blind, 'stalled'), record(watchful, 'stalled')];
    await blind.getNextJob('t');
    await blind.startStalledCheckTimer();
    await watchful.startStalledCheckTimer();
    await until(() => heard[1]!.length > 0);
    expect(heard).toEqual([[], [['stalled', '1', 'active']]]);
  });

  test('lets the lock of a job run out when it is told not to renew it', async () => {
    const queue = on.queue();
    const gate = deferred();
    const worker = on.worker(queue, () => gate.promise, {
      lockDuration: 200,
      skipLockRenewal: true,
      maxStalledCount: 0,
    });
    const heard = record(worker, 'stalled');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    gate.resolve();
    expect(heard[0]).toEqual(['stalled', '1', 'active']);
  });

  test('tells which jobs it may have lost when its lease ran out', async () => {
    const queue = on.queue();
    const gate = deferred();
    const worker = on.worker(queue, () => gate.promise);
    const heard = record(worker, 'active', 'lockRenewalFailed');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    await on.sql('select tuskmq.unregister_process(id) from tuskmq.process');
    await until(() => heard.some(([event]) => event === 'lockRenewalFailed'));
    gate.resolve();
    expect(heard.find(([event]) => event === 'lockRenewalFailed')).toEqual([
      'lockRenewalFailed',
      expect.arrayContaining(['1']),
    ]);
  });

  test('tells which jobs it holds when it renews its locks, as often as it is told to', async () => {
    const queue = on.queue();
    const gate = deferred();
    const worker = on.worker(queue, () => gate.promise, { lockRenewTime: 20 });
    const times: number[] = [];
    const heard = record(worker, 'locksRenewed');
    worker.on('locksRenewed', () => times.push(performance.now()));
    await queue.add('a', {});
    await until(() => heard.length > 4);
    gate.resolve();
    expect(heard[0]).toEqual(['locksRenewed', { count: 1, jobIds: ['1'] }]);
    // Four renewals of the 500 ms that there are otherwise would take two seconds.
    expect(times[4]! - times[0]!).toBeLessThan(2_000);
  });

  test('connects again after the time given, until it is closed', async () => {
    const connection = 'postgres://nobody@127.0.0.1:1/none';
    const worker = on.worker('q', () => {}, { connection, runRetryDelay: 10 });
    const heard = record(worker, 'error');
    const begin = performance.now();
    await until(() => heard.length > 4);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  test('has the schedulers of its queue', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, null);
    const scheduler = await worker.jobScheduler;
    expect(await worker.jobScheduler).toBe(scheduler);
    await scheduler.upsertJobScheduler('s', { every: 60_000 }, 'n', {});
    expect(await queue.getJobSchedulersCount()).toBe(1);
    await worker.close();
    expect(scheduler.closing).toBeDefined();
    const closed = on.worker(queue, null);
    await closed.close();
    await expect(closed.jobScheduler).rejects.toThrow('Connection is closed.');
  });

  test('tries a job no more that was started as often as allowed', async () => {
    const queue = on.queue();
    const worker = on.worker(
      queue,
      async () => {
        throw new Error('no');
      },
      { maxStartedAttempts: 2 },
    );
    const heard = record(worker, 'failed');
    const job = await queue.add('a', {}, { attempts: 9 });
    // A worker tells of what is on disk: others may see it before.
    await until(() => heard.length > 1);
    expect(await job.isFailed()).toBe(true);
    expect(await queue.getJob(job.id!)).toMatchObject({
      attemptsMade: 2,
      attemptsStarted: 2,
      failedReason: 'no',
    });
  });

  test('runs its processor through callProcessJob, which can be wrapped', async () => {
    class Traced extends Worker {
      readonly seen: unknown[] = [];
      protected override async callProcessJob(job: Job, token: string, signal?: AbortSignal) {
        const result = await super.callProcessJob(job, token, signal);
        this.seen.push([job.id, token === job.token, result]);
        return result;
      }
    }
    const queue = on.queue();
    const worker = new Traced(queue.name, async () => 'r', { connection: on.url });
    const job = await queue.add('a', {});
    await until(() => job.isCompleted());
    await worker.close();
    expect(worker.seen).toEqual([['1', true, 'r']]);
  });
});
