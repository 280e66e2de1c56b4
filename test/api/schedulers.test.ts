import { defaultRepeatStrategy, type Job, JobScheduler, type RepeatOptions } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { repeatOf } from '../helpers/schedule';
import { deferred, until } from '../helpers/wait';

const on = useInstances();
const HOUR = 3_600_000;

/** The database's time. */
const time = async () => Number((await on.sql('select tuskmq.get_time() as r'))[0]!['r'] as string);

/** The slots of jobs, by their ids. */
const slotsOf = (jobs: { id?: string }[]) => jobs.map(({ id }) => Number(id!.split(':').at(-1)));

describe('upsertJobScheduler', () => {
  test('runs an interval at once, with the shape that BullMQ gives its jobs', async () => {
    const queue = on.queue();
    const job = await queue.upsertJobScheduler(
      's1',
      { every: HOUR, limit: 4 },
      { name: 'nm', data: { a: 1 }, opts: { attempts: 2, priority: 0 } },
    );
    const [slot] = slotsOf([job!]);
    expect(Math.abs(slot! - (await time()))).toBeLessThan(10_000);
    expect(job!.toJSON()).toMatchObject({
      id: `repeat:s1:${slot}`,
      name: 'nm',
      data: { a: 1 },
      delay: 0,
      timestamp: slot,
      repeatJobKey: 's1',
      opts: {
        attempts: 2,
        priority: 0,
        repeat: { every: HOUR, limit: 4, count: 1 },
        jobId: `repeat:s1:${slot}`,
        delay: 0,
        timestamp: slot,
      },
    });
    expect((await queue.getJob(job!.id!))!.opts).toEqual(job!.opts);
    expect(await queue.getJobState(job!.id!)).toBe('waiting');
    expect(await queue.getJobScheduler('s1')).toEqual({
      key: 's1',
      name: 'nm',
      next: slot,
      iterationCount: 1,
      limit: 4,
      every: HOUR,
      offset: slot! % HOUR,
      template: { data: { a: 1 }, opts: { attempts: 2, priority: 0 } },
    });
  });

  test('runs a pattern at its first match, in its time zone', async () => {
    const queue = on.queue();
    const start = '2040-05-05T00:00:00Z';
    const job = await queue.upsertJobScheduler('cron', {
      pattern: '0 0 1 1 *',
      tz: 'Europe/Berlin',
      startDate: start,
      endDate: new Date('2050-01-01'),
    });
    const slot = Date.parse('2040-12-31T23:00:00Z');
    expect(job).toMatchObject({ id: `repeat:cron:${slot}`, name: 'cron', data: {} });
    expect(job!.opts).toMatchObject({
      attempts: 0,
      prevMillis: slot,
      repeat: { pattern: '0 0 1 1 *', tz: 'Europe/Berlin', count: 1 },
    });
    expect(job!.timestamp + job!.delay).toBe(slot);
    expect(await queue.getJobState(job!.id!)).toBe('delayed');
    expect(await queue.getJobScheduler('cron')).toEqual({
      key: 'cron',
      name: 'cron',
      next: slot,
      iterationCount: 1,
      pattern: '0 0 1 1 *',
      tz: 'Europe/Berlin',
      startDate: Date.parse(start),
      endDate: Date.parse('2050-01-01'),
      offset: 0,
    });
  });

  test('runs a pattern at once with immediately, and then by the pattern', async () => {
    const queue = on.queue();
    const before = await time();
    const job = await queue.upsertJobScheduler('s', { pattern: '0 0 1 1 *', immediately: true });
    expect(slotsOf([job!])[0]).toBeGreaterThanOrEqual(before);
    expect(repeatOf(job!)).toEqual({ pattern: '0 0 1 1 *', count: 1 });
    const worker = on.worker(queue, async () => {});
    await until(async () => (await queue.getDelayedCount()) === 1);
    const [next] = await queue.getDelayed();
    expect(new Date(slotsOf([next!])[0]!).getMonth()).toBe(0);
    await worker.close();
  });

  test('takes the time from the database, however wrong the clock here is', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    const real = Date.now;
    const year = 365 * 24 * HOUR;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => real() + year);
    try {
      const daily = await queue.upsertJobScheduler('d', { pattern: '0 0 * * *', tz: 'UTC' });
      const often = await queue.upsertJobScheduler('e', { every: HOUR, endDate: real() + HOUR });
      const slots = slotsOf([daily!, often!]);
      expect(Math.max(...slots)).toBeLessThan(real() + 2 * 24 * HOUR);
    } finally {
      clock.mockRestore();
    }
  });

  test('waits for an aligned slot with an offset, and for the start', async () => {
    const queue = on.queue();
    const aligned = await queue.upsertJobScheduler('o', { every: HOUR, offset: 300 });
    expect(slotsOf([aligned!])[0]! % HOUR).toBe(300);
    const startDate = (await time()) + HOUR;
    const started = await queue.upsertJobScheduler('s', { every: HOUR, startDate });
    expect(slotsOf([started!])).toEqual([startDate]);
  });

  test('replaces settings, template and the pending job of an id that exists', async () => {
    const queue = on.queue();
    const first = await queue.upsertJobScheduler('s', { every: HOUR }, { data: { v: 1 } });
    const second = await queue.upsertJobScheduler('s', { every: HOUR }, { name: 'n', data: {} });
    expect(second!.id).toBe(first!.id);
    expect(await queue.getJobs()).toHaveLength(1);
    expect((await queue.getJob(first!.id!))!.name).toBe('n');
    const third = await queue.upsertJobScheduler('s', { pattern: '0 0 1 1 *' });
    expect((await queue.getJobs()).map(({ id }) => id)).toEqual([third!.id]);
    expect(await queue.getJobScheduler('s')).not.toHaveProperty('every');
  });

  test('goes on with the next slot of a pattern when the job of this one was promoted, and has run', async () => {
    const queue = on.queue();
    const pattern = { pattern: '0 0 1 1 *', tz: 'UTC' };
    const promoted = await queue.upsertJobScheduler('s', pattern, { data: 1 });
    await promoted!.promote();
    on.worker(queue, async () => {});
    await until(() => promoted!.isCompleted());
    const again = await queue.upsertJobScheduler('s', pattern, { data: 2 });
    const [first, next] = slotsOf([promoted!, again!]);
    expect(next).toBe(defaultRepeatStrategy(first!, pattern));
    expect((await queue.getDelayed()).map(({ data }) => data)).toEqual([2]);
  });

  test('ends a scheduler whose new end comes before its next slot', async () => {
    const queue = on.queue();
    await queue.upsertJobScheduler('s', { every: HOUR, startDate: (await time()) + HOUR });
    const endDate = (await time()) + 10_000;
    expect(await queue.upsertJobScheduler('s', { every: HOUR, endDate })).toBeUndefined();
    expect([await queue.getJobSchedulersCount(), await queue.getDelayedCount()]).toEqual([0, 0]);
    await queue.upsertJobScheduler('p', { pattern: '0 0 1 1 *' });
    expect(await queue.upsertJobScheduler('p', { pattern: '0 0 1 1 *', endDate })).toBeUndefined();
    expect([await queue.getJobSchedulersCount(), await queue.getDelayedCount()]).toEqual([0, 0]);
  });

  test('has jobs of one slot run in the order in which they were made', async () => {
    const queue = on.queue();
    const startDate = (await time()) + 1_000;
    const ids = Array.from('bacfed');
    for (const id of ids) await queue.upsertJobScheduler(id, { every: HOUR, startDate });
    const ran: unknown[] = [];
    on.worker(queue, async (job) => ran.push(job.repeatJobKey));
    await until(() => ran.length === ids.length);
    expect(ran).toEqual(ids);
  });

  test('gives its jobs the default options of the queue', async () => {
    const queue = on.queue(on.name(), {
      defaultJobOptions: { attempts: 5, removeOnComplete: true },
    });
    const job = await queue.upsertJobScheduler('s', { every: HOUR }, { opts: { attempts: 2 } });
    expect(job!.opts).toMatchObject({ attempts: 2, removeOnComplete: true });
  });

  test('gives its jobs a backoff in the form that others have', async () => {
    const queue = on.queue();
    await queue.upsertJobScheduler('s', { every: 60_000 }, { opts: { attempts: 3, backoff: 700 } });
    const seen: unknown[] = [];
    on.worker(queue, async (job) => seen.push(job.opts.backoff));
    await until(() => seen.length === 1);
    expect(seen).toEqual([{ type: 'fixed', delay: 700 }]);
  });

  test('commits or rolls back with the transaction of the application', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).upsertJobScheduler('s', { every: HOUR });
    expect(await queue.getJobSchedulersCount()).toBe(0);
    await client.query('rollback');
    expect(await queue.getJobSchedulersCount()).toBe(0);
    expect(await queue.getJobs()).toEqual([]);
  });

  test('emits added and where the job went, and no waiting of the queue itself', async () => {
    const queue = on.queue();
    const heard = record(await on.events(queue), 'added', 'waiting', 'delayed');
    const local = record(queue, 'waiting');
    const now = await queue.upsertJobScheduler('a', { every: HOUR });
    const soon = await queue.upsertJobScheduler('b', { every: HOUR, offset: 1 });
    await until(() => heard.length === 4);
    expect(heard.map(([name, { jobId }]: any) => [name, jobId])).toEqual([
      ['added', now!.id],
      ['waiting', now!.id],
      ['added', soon!.id],
      ['delayed', soon!.id],
    ]);
    expect(local).toEqual([]);
  });

  test.each<[RepeatOptions, string]>([
    [{}, 'Either .pattern or .every options must be defined for this repeatable job'],
    [
      { every: 1, pattern: '* * * * *' },
      'Both .pattern and .every options are defined for this repeatable job',
    ],
    [{ pattern: 'non' }, 'Validation error, cannot resolve alias "non"'],
    [{ every: HOUR, endDate: 1 }, 'End date must be greater than current timestamp'],
    [{ pattern: '0 0 1 1 *', endDate: 1 }, 'End date must be greater than current timestamp'],
  ])('refuses %j', async (opts, message) => {
    const queue = on.queue();
    await expect(queue.upsertJobScheduler('s', opts)).rejects.toThrow(message);
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });

  test('refuses a template that no job can have', async () => {
    const queue = on.queue();
    const upsert = (opts: object, data: unknown = {}) =>
      queue.upsertJobScheduler('s', { every: HOUR }, { data, opts });
    await expect(upsert({ priority: 1.5 })).rejects.toThrow('Priority should not be float');
    await expect(upsert({}, 1n)).rejects.toThrow('cannot be stored as JSON');
  });

  test.each<[string, RepeatOptions]>([
    ['a limit of 0', { every: HOUR, limit: 0 }],
    ['a start after the end', { every: HOUR, startDate: '2050-01-02', endDate: '2050-01-01' }],
    ['a pattern without a match before the end', { pattern: '0 0 1 1 *', endDate: 0 }],
  ])('returns undefined for %s', async (_, opts) => {
    const queue = on.queue();
    const endDate = opts.endDate === 0 ? { endDate: (await time()) + 1_000 } : {};
    expect(await queue.upsertJobScheduler('s', { ...opts, ...endDate })).toBeUndefined();
    expect(await queue.getJobs()).toEqual([]);
  });

  test('rejects with the codes of BullMQ when jobs are in the way', async () => {
    const queue = on.queue();
    const at = Date.parse('2050-01-01T00:00:00Z');
    const ids = Array.from({ length: 40 }, (_, i) => `repeat:s:${at + i * HOUR}`);
    await queue.addBulk(ids.map((jobId) => ({ name: 'x', data: {}, opts: { jobId } })));
    const pattern = { pattern: '0 0 1 1 *', tz: 'UTC', startDate: at - 1 };
    await expect(queue.upsertJobScheduler('s', pattern)).rejects.toMatchObject({
      code: -10,
      message: 'Cannot create job scheduler iteration - job ID already exists. addJobScheduler',
    });
    const interval = { every: HOUR, startDate: at };
    await expect(queue.upsertJobScheduler('s', interval)).rejects.toMatchObject({
      code: -11,
      message:
        'Cannot create job scheduler iteration - current and next time slots already have jobs. addJobScheduler',
    });
  });
});

describe('a scheduler at work', () => {
  test('makes each next job when the current one is picked up, before it runs', async () => {
    const queue = on.queue();
    const pending = deferred<Job[]>();
    const worker = on.worker(queue, async () => pending.resolve(await queue.getDelayed()));
    const first = await queue.upsertJobScheduler('s', { every: HOUR }, { data: { a: 1 } });
    const [next, ...others] = await pending.promise;
    expect(others).toEqual([]);
    expect(slotsOf([next!])[0]! - slotsOf([first!])[0]!).toBe(HOUR);
    expect(next).toMatchObject({ data: { a: 1 }, repeatJobKey: 's' });
    expect(repeatOf(next!)).toEqual({ every: HOUR, count: 2 });
    await worker.close();
  });

  test('ends at its limit, and keeps its record', async () => {
    const queue = on.queue();
    const ran: Job[] = [];
    on.worker(queue, async (job) => {
      ran.push(job);
    });
    await queue.upsertJobScheduler('s', { every: 20, limit: 3 });
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(ran.map((job) => repeatOf(job)!.count)).toEqual([1, 2, 3]);
    const slots = slotsOf(ran);
    expect(new Set(slots.map((slot) => slot % 20)).size).toBe(1);
    expect(await queue.count()).toBe(0);
    expect(await queue.getJobScheduler('s')).toMatchObject({ iterationCount: 3, next: slots[2] });
  });

  test('makes no job after its end', async () => {
    const queue = on.queue();
    const endDate = (await time()) + 150;
    const worker = on.worker(queue, async () => {});
    await queue.upsertJobScheduler('s', { every: 50, endDate });
    await until(async () => (await time()) > endDate && (await queue.count()) === 0);
    await worker.close();
    expect(Math.max(...slotsOf(await queue.getCompleted()))).toBeLessThanOrEqual(endDate);
  });

  test('goes on when its jobs fail, and retries of old ones make no others', async () => {
    const queue = on.queue();
    on.worker(queue, async () => {
      throw new Error('no');
    });
    const opts = { attempts: 2, backoff: 1 };
    await queue.upsertJobScheduler('s', { every: 30, limit: 3 }, { opts });
    await until(async () => (await queue.getFailedCount()) === 3);
    const failed = await queue.getFailed();
    expect(failed.map(({ attemptsMade }) => attemptsMade)).toEqual([2, 2, 2]);
    await failed.at(-1)!.retry();
    await until(async () => (await queue.getFailedCount()) === 3);
    expect(await queue.getJobs()).toHaveLength(3);
  });

  test('makes one job for slots that no worker was there for', async () => {
    const queue = on.queue();
    const first = await queue.upsertJobScheduler('s', { every: 10, limit: 2 });
    await until(async () => (await time()) > slotsOf([first!])[0]! + 100);
    on.worker(queue, async () => {});
    await until(async () => (await queue.getCompletedCount()) === 2);
    const [second] = await queue.getCompleted();
    const missed = slotsOf([second!])[0]! - slotsOf([first!])[0]!;
    expect(missed).toBeGreaterThan(100);
    expect(missed % 10).toBe(0);
  });

  test('uses the repeat strategy of queue and worker', async () => {
    const asked: unknown[] = [];
    const settings = {
      repeatStrategy: async (millis: number, opts: RepeatOptions, name?: string) => {
        asked.push([opts.pattern, name]);
        return millis + 10;
      },
    };
    const queue = on.queue(on.name(), { settings });
    on.worker(queue, async () => {}, { settings });
    await queue.upsertJobScheduler('s', { pattern: 'soon', limit: 3 }, { name: 'n' });
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(asked.slice(0, 3)).toEqual([
      ['soon', 'n'],
      ['soon', 'n'],
      ['soon', 'n'],
    ]);
  });

  test('tells when the next job cannot be made, puts the current one off, and goes on when it can', async () => {
    const queue = on.queue(on.name(), { settings: { repeatStrategy: (millis) => millis } });
    const ran: string[] = [];
    let isBroken = true;
    const worker = on.worker(
      queue,
      async (job) => {
        ran.push(job.id!);
      },
      {
        settings: {
          repeatStrategy: () => {
            if (isBroken) throw new Error('boom');
            return undefined;
          },
        },
      },
    );
    const errors = record(worker, 'error');
    const job = await queue.upsertJobScheduler('s', { pattern: 'custom' });
    await until(() => errors.length > 0);
    expect((errors[0]![1] as Error).message).toBe(
      'Failed to add repeatable job for next iteration: boom',
    );
    await until(async () => (await job!.getState()) === 'delayed');
    expect(ran).toEqual([]);
    isBroken = false;
    await job!.promote();
    await until(() => job!.isCompleted());
    expect(ran).toEqual([job!.id]);
  });

  test('puts the current job back when it cannot even be put off', async () => {
    const queue = on.queue(on.name(), { settings: { repeatStrategy: (millis) => millis } });
    let tries = 0;
    const job = await queue.upsertJobScheduler('s', { pattern: 'custom' });
    await on.sql('alter function tuskmq.delay_job rename to no_delay');
    try {
      const repeatStrategy = () => {
        if (++tries === 1) throw new Error('boom');
        return undefined;
      };
      on.worker(queue, async () => {}, { settings: { repeatStrategy } });
      await until(() => job!.isCompleted());
    } finally {
      await on.sql('alter function tuskmq.no_delay rename to delay_job');
    }
    expect(tries).toBe(2);
    expect(await queue.getJob(job!.id!)).toMatchObject({ stalledCounter: 1, attemptsMade: 1 });
  });

  test('goes round a job that has taken the slot of a pattern', async () => {
    const queue = on.queue();
    const pattern = { pattern: '0 0 1 1 *', tz: 'UTC' };
    const taken = defaultRepeatStrategy(await time(), pattern)!;
    await queue.add('x', {}, { jobId: `repeat:s:${taken}`, delay: HOUR });
    const heard = record(await on.events(queue), 'duplicated');
    const worker = on.worker(queue, async () => {});
    await queue.upsertJobScheduler('s', { ...pattern, immediately: true });
    const next = defaultRepeatStrategy(taken, pattern)!;
    await until(async () => (await queue.getJobScheduler('s'))!.next === next);
    await until(() => heard.length === 1);
    expect(heard[0]![1]).toEqual({ jobId: `repeat:s:${taken}` });
    expect(slotsOf(await queue.getDelayed())).toEqual([taken, next]);
    await worker.close();
  });

  test('makes the next job for those who fetch by hand', async () => {
    const queue = on.queue();
    await queue.upsertJobScheduler('s', { every: HOUR });
    const worker = on.worker(queue, null);
    const job = await worker.getNextJob('t', { block: false });
    expect(await queue.getDelayedCount()).toBe(1);
    await job!.moveToCompleted(1, 't', false);
    await (await queue.getDelayed())[0]!.promote();
    await queue.add('other', {}, { lifo: true });
    const other = await worker.getNextJob('t', { block: false });
    const [, fetched] = (await other!.moveToCompleted(1, 't', true))!;
    expect(fetched).toMatch(/^repeat:s:/);
    expect(await queue.getDelayedCount()).toBe(1);
  });

  test('does not fail its jobs for stalling', async () => {
    const queue = on.queue();
    const job = await queue.upsertJobScheduler('s', { every: HOUR });
    const id = await queue.queueId();
    const client = await on.client();
    await client.query('set search_path = tuskmq');
    for (let stalls = 0; stalls < 3; stalls++) {
      await on.sql("select tuskmq.claim_jobs($1, 1, 't', 60000, '', null, null)", [id]);
      await client.query('select _recover_jobs($1, $2, 1)', [id, [job!.id]]);
    }
    const stalled = await queue.getJob(job!.id!);
    expect(stalled).toMatchObject({ stalledCounter: 3 });
    expect(stalled!.deferredFailure).toBeUndefined();
  });
});

describe('the current job of a scheduler', () => {
  test('cannot be removed by itself', async () => {
    const queue = on.queue();
    const job = await queue.upsertJobScheduler('s', { every: HOUR });
    const refusal = {
      code: -8,
      message: `Job ${job!.id} belongs to a job scheduler and cannot be removed directly. removeJob`,
    };
    await expect(job!.remove()).rejects.toMatchObject(refusal);
    await expect(queue.remove(job!.id!)).rejects.toMatchObject(refusal);
    expect(await job!.getState()).toBe('waiting');
  });

  test('is left by drain and clean', async () => {
    const queue = on.queue();
    const delayed = await queue.upsertJobScheduler('d', { every: HOUR, offset: 1 });
    const waiting = await queue.upsertJobScheduler('w', { every: HOUR });
    await queue.add('other', {});
    await queue.drain(true);
    expect(await queue.clean(0, 0, 'delayed')).toEqual([]);
    expect(await queue.clean(0, 0, 'wait')).toEqual([]);
    expect((await queue.getJobs()).map(({ id }) => id).sort()).toEqual([delayed!.id, waiting!.id]);
  });

  test('is cleaned away when it has run, and the scheduler has ended', async () => {
    const queue = on.queue();
    const job = await queue.upsertJobScheduler('s', { every: HOUR, limit: 1 });
    on.worker(queue, async () => {});
    await until(() => job!.isCompleted());
    expect(await queue.clean(0, 0, 'completed')).toEqual([job!.id]);
  });

  test('can be removed once it is not the current one any more', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => {});
    const job = await queue.upsertJobScheduler('s', { every: HOUR });
    await until(() => job!.isCompleted());
    await worker.close();
    await job!.remove();
    expect(await queue.getCompletedCount()).toBe(0);
  });

  test('goes with its scheduler when it is delayed', async () => {
    const queue = on.queue();
    const job = await queue.upsertJobScheduler('s', { every: HOUR, offset: 1 });
    const heard = record(await on.events(queue), 'removed');
    expect(await queue.removeJobScheduler('s')).toBe(true);
    expect(await queue.removeJobScheduler('s')).toBe(false);
    await until(() => heard.length === 1);
    expect(heard[0]![1]).toEqual({ jobId: job!.id, prev: 'delayed' });
    expect(await queue.getJobs()).toEqual([]);
    expect(await queue.getJobScheduler('s')).toBeUndefined();
  });

  test('runs to its end when its scheduler is removed meanwhile, without a successor', async () => {
    const queue = on.queue();
    const started = deferred();
    const goOn = deferred();
    on.worker(queue, async () => {
      started.resolve();
      await goOn.promise;
    });
    const job = await queue.upsertJobScheduler('s', { every: HOUR });
    await started.promise;
    await queue.removeJobScheduler('s');
    goOn.resolve();
    await until(() => job!.isCompleted());
    expect(await queue.count()).toBe(0);
  });

  test('goes with everything else when the queue is obliterated', async () => {
    const queue = on.queue();
    await queue.upsertJobScheduler('s', { every: HOUR });
    await queue.obliterate();
    expect(await queue.getJobSchedulersCount()).toBe(0);
    expect(await queue.getJobs()).toEqual([]);
  });
});

describe('getJobSchedulers', () => {
  test('lists schedulers by their next slot, in either direction and page by page', async () => {
    const queue = on.queue();
    const at = Date.parse('2050-01-01');
    for (const [id, days] of [
      ['c', 3],
      ['a', 1],
      ['b', 2],
    ] as const) {
      await queue.upsertJobScheduler(id, { every: HOUR, startDate: at + days * 24 * HOUR });
    }
    const keys = async (...range: [start?: number, end?: number, asc?: boolean]) =>
      (await queue.getJobSchedulers(...range)).map(({ key }) => key);
    expect(await keys()).toEqual(['c', 'b', 'a']);
    expect(await keys(0, -1, true)).toEqual(['a', 'b', 'c']);
    expect(await keys(0, 1, true)).toEqual(['a', 'b']);
    expect(await keys(1, 1, false)).toEqual(['b']);
    expect(await keys(-2, -1, true)).toEqual(['b', 'c']);
    expect(await keys(0, -2, true)).toEqual(['a', 'b']);
    expect(await keys(5, 9, true)).toEqual([]);
    expect(await queue.getJobSchedulersCount()).toBe(3);
  });

  test('is empty for a queue without any', async () => {
    expect(await on.queue().getJobSchedulers()).toEqual([]);
  });
});

describe('JobScheduler', () => {
  test('is closed with its queue, and cannot be had from a closed one', async () => {
    const queue = on.queue();
    const scheduler = await queue.jobScheduler;
    expect(await queue.jobScheduler).toBe(scheduler);
    await queue.close();
    expect(scheduler.closing).toBeDefined();
    const other = on.queue();
    await other.close();
    await expect(other.getJobSchedulers()).rejects.toThrow('Connection is closed.');
  });

  test('does what the queue does, and is what the queue has', async () => {
    const queue = on.queue();
    const scheduler = new JobScheduler(queue.name, { connection: on.url });
    try {
      const job = await scheduler.upsertJobScheduler('s', { every: HOUR }, 'n', { a: 1 });
      expect(job).toMatchObject({ name: 'n', data: { a: 1 }, repeatJobKey: 's' });
      expect(await scheduler.isJobScheduler('s')).toBe(true);
      expect(await scheduler.isJobScheduler('t')).toBe(false);
      expect(await scheduler.getSchedulersCount()).toBe(1);
      expect(await scheduler.getScheduler('s')).toEqual(await queue.getJobScheduler('s'));
      expect(await (await queue.jobScheduler).getJobSchedulers()).toHaveLength(1);
      expect(await scheduler.removeJobScheduler('s')).toBe(0);
      expect(await scheduler.removeJobScheduler('s')).toBe(1);
    } finally {
      await scheduler.close();
    }
  });
});

test('the view shows what is scheduled', async () => {
  const queue = on.queue();
  await queue.upsertJobScheduler('s', { every: 90_000, limit: 2 });
  const [row] = await on.sql(
    'select prefix, queue, id, pattern, every::text, next_at > now() - interval \'1 minute\' as is_due, iterations, "limit" from tuskmq.schedulers where queue = $1',
    [queue.name],
  );
  expect(row).toEqual({
    prefix: 'bull',
    queue: queue.name,
    id: 's',
    pattern: null,
    every: '00:01:30',
    is_due: true,
    iterations: '1',
    limit: '2',
  });
});
