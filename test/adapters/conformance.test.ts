import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';
import { type Library, libraries } from './libraries';

const on = useInstances();

/** What JSON can hold and drivers like to spoil. */
const AWKWARD = {
  nul: 'a\u0000b',
  marks: `? ?? \\? $1 $2::text :name 'single' "double" \\ %s`,
  unicode: 'Zoë 日本 😀 \u2028',
  big: Number.MAX_SAFE_INTEGER,
  tiny: 1e-300,
  date: '2024-02-29T00:00:00.000Z',
  nested: [[], {}, null, true, '{"a": [1]}'],
};

class Rollback extends Error {}

beforeAll(() => on.sql('create table orders (id text primary key)'));

describe.each(Object.entries(libraries))('%s', (_, open) => {
  let library: Library;
  /** Rolls back what was done. */
  const abandoned = async (work: Parameters<Library['transaction']>[0]) => {
    const transaction = library.transaction(async (tx, insert) => {
      await work(tx, insert);
      throw new Rollback();
    });
    await expect(transaction).rejects.toThrow(Rollback);
  };

  beforeAll(async () => {
    library = await open(on.url);
  });
  beforeEach(() => on.sql('truncate orders'));
  afterAll(() => library.close());

  test('makes a job and a row visible at commit, not before, and a worker runs it', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.data);
    await worker.waitUntilReady();
    await library.transaction(async (tx, insert) => {
      await insert('o1');
      const job = await queue.withTransaction(tx).add('bill', { order: 'o1' });
      expect(job.id).toBe('1');
      expect(await queue.getJob('1')).toBeUndefined();
      expect(await on.sql('select from orders')).toEqual([]);
    });
    expect(await on.sql('select id from orders')).toEqual([{ id: 'o1' }]);
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect((await queue.getJob('1'))?.returnvalue).toEqual({ order: 'o1' });
  });

  test('leaves no job, dependency, event, row or notification when it rolls back', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => {});
    await worker.waitUntilReady();
    await on.events(queue);
    const listener = await on.client();
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    for (const kind of ['wake', 'event']) {
      const [row] = await on.sql<{ c: string }>(
        'select tuskmq.channel_of($1, id) as c from tuskmq.queue where name = $2',
        [kind, queue.name],
      );
      await listener.query(`listen "${row?.c}"`);
    }
    await listener.query('listen sentinel');
    const counted = () =>
      on.sql(`select (select count(*) from tuskmq.job) as jobs,
                     (select count(*) from tuskmq.dependency) as dependencies,
                     (select count(*) from tuskmq.event) as events,
                     (select count(*) from orders) as orders`);
    const before = await counted();
    await abandoned(async (tx, insert) => {
      await insert('o1');
      await queue.withTransaction(tx).add('a', {});
      await on
        .flow()
        .withTransaction(tx)
        .add({
          name: 'p',
          queueName: queue.name,
          children: [{ name: 'c', queueName: queue.name }],
        });
    });
    expect(await counted()).toEqual(before);
    await on.sql("select pg_notify('sentinel', 'sentinel')");
    await until(() => heard.length > 0);
    expect(heard).toEqual(['sentinel']);
  });

  test('adds a flow whose parent gets the values of its children', async () => {
    const queue = on.queue();
    await library.transaction(async (tx) => {
      const flow = on.flow().withTransaction(tx);
      const child = (name: string) => ({ name, queueName: queue.name, opts: { jobId: name } });
      await flow.add({ ...child('parent'), children: [child('a'), child('b')] });
    });
    on.worker(queue, async (job) =>
      job.name === 'parent' ? Object.values(await job.getChildrenValues()).sort() : job.name,
    );
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect((await queue.getJob('parent'))?.returnvalue).toEqual(['a', 'b']);
  });

  test('adds in bulk with every option', async () => {
    const queue = on.queue();
    const opts = { priority: 3, delay: 5_000_000_000, attempts: 2, removeOnComplete: true };
    await library.transaction(async (tx) => {
      const jobs = Array.from({ length: 300 }, (_, n) => ({ name: 'a', data: { n }, opts }));
      expect((await queue.withTransaction(tx).addBulk(jobs)).length).toBe(300);
    });
    expect(await queue.getDelayedCount()).toBe(300);
    expect(await queue.getJob('300')).toMatchObject({ data: { n: 299 }, opts });
  });

  test('carries awkward payloads unchanged', async () => {
    const queue = on.queue();
    await library.transaction(async (tx) => {
      const bound = queue.withTransaction(tx);
      await bound.add('object', AWKWARD, { jobId: "it's? $1" });
      await bound.add('text', '"quoted"\u0000');
      await bound.add('number', 12.5);
      await bound.add('nothing', null);
      expect((await bound.getJob("it's? $1"))?.data).toEqual(AWKWARD);
    });
    const jobs = await queue.getJobs(['waiting'], 0, -1, true);
    expect(jobs.map(({ data }) => data)).toEqual([AWKWARD, '"quoted"\u0000', 12.5, null]);
    const [row] = await on.sql(
      "select data::text, json_typeof(data) as type from tuskmq.job where name = 'object' and id = $1 order by queue_id desc limit 1",
      ["it's? $1"],
    );
    expect(row).toEqual({ data: JSON.stringify(AWKWARD), type: 'object' });
  });

  test('adds no job whose id is taken', async () => {
    const queue = on.queue();
    await queue.add('first', {}, { jobId: 'j' });
    await library.transaction(async (tx) => {
      const job = await queue.withTransaction(tx).add('second', {}, { jobId: 'j' });
      expect(job.id).toBe('j');
    });
    expect((await queue.getJobs()).map(({ name }) => name)).toEqual(['first']);
  });

  test('refuses an unknown parent and bad input by BullMQ’s errors, and goes on', async () => {
    const queue = on.queue();
    await library.transaction(async (tx) => {
      const bound = queue.withTransaction(tx);
      const parent = { id: 'nobody', queue: queue.qualifiedName };
      await expect(bound.add('a', {}, { parent })).rejects.toMatchObject({
        code: -5,
        message: `Missing key for parent job ${queue.qualifiedName}:nobody. addJob`,
      });
      await expect(bound.add('a', { n: 1n })).rejects.toThrow('BigInt');
      await expect(bound.add('a', {}, { priority: -1 })).rejects.toThrow(/[Pp]riority/);
      expect(await bound.getJob('a\0')).toBeUndefined();
      const job = await bound.add('b', {}, { delay: 5_000_000_000 });
      await expect(job.withTransaction(tx).changeDelay(Number.NaN)).rejects.toThrow(RangeError);
    });
    expect((await queue.getJobs()).map(({ name }) => name)).toEqual(['b']);
  });

  test('rejects with BullMQ’s error what the database raises, and spoils the transaction', async () => {
    const queue = on.queue();
    await queue.addBulk(['p', 'q'].map((id) => ({ name: id, data: {}, opts: { jobId: id } })));
    const under = (id: string) => ({ jobId: 'c', parent: { id, queue: queue.qualifiedName } });
    await queue.add('c', {}, under('p'));
    await expect(
      library.transaction(async (tx) => {
        const bound = queue.withTransaction(tx);
        const data = 'The parent job is said to be replaced';
        await expect(bound.add('c', data, under('q'))).rejects.toMatchObject({
          code: -7,
          message: `The parent job ${queue.qualifiedName}:p cannot be replaced. addJob`,
        });
        await bound.add('d', {});
      }),
    ).rejects.toThrow();
    expect((await queue.getJobs()).map(({ name }) => name).sort()).toEqual(['c', 'p', 'q']);
  });

  test('changes an active job: data, progress, log, delay', async () => {
    const queue = on.queue();
    await queue.add('a', { step: 1 });
    const job = (await on.worker(queue, null).getNextJob('t'))!;
    const change = async (tx: Parameters<typeof job.withTransaction>[0]) => {
      const bound = job.withTransaction(tx);
      await bound.updateData(AWKWARD);
      await bound.updateProgress({ percent: 50 });
      expect(await bound.log('stepped ?')).toBe(1);
      await bound.moveToDelayed(Date.now() + 5_000_000_000, 't');
      expect(await bound.getState()).toBe('delayed');
    };
    await abandoned(change);
    expect(await queue.getJob('1')).toMatchObject({ data: { step: 1 }, progress: 0 });
    expect(await queue.getJobState('1')).toBe('active');
    await library.transaction(change);
    expect(await queue.getJob('1')).toMatchObject({ data: AWKWARD, progress: { percent: 50 } });
    expect(await queue.getJobState('1')).toBe('delayed');
    expect(await queue.getJobLogs('1')).toEqual({ logs: ['stepped ?'], count: 1 });
  });

  test('lets an active job wait for children that are added with it', async () => {
    const queue = on.queue();
    await queue.add('parent', {});
    const parent = (await on.worker(queue, null).getNextJob('t'))!;
    await library.transaction(async (tx) => {
      const bound = parent.withTransaction(tx);
      const opts = { parent: { id: parent.id!, queue: queue.qualifiedName } };
      expect(await bound.moveToWaitingChildren('t')).toBe(false);
      await queue.withTransaction(tx).add('child', {}, opts);
      expect(await bound.moveToWaitingChildren('t')).toBe(true);
      expect(await bound.getDependenciesCount()).toMatchObject({ unprocessed: 1 });
      expect(await bound.getChildrenValues()).toEqual({});
    });
    expect(await parent.isWaitingChildren()).toBe(true);
  });

  test('completes a job with the business write, and hands out the next', async () => {
    const queue = on.queue();
    await queue.addBulk([
      { name: 'first', data: {} },
      { name: 'second', data: AWKWARD },
    ]);
    const job = (await on.worker(queue, null).getNextJob('t'))!;
    await library.transaction(async (tx, insert) => {
      await insert('o1');
      const next = await job.withTransaction(tx).moveToCompleted(AWKWARD, 't');
      expect(next).toMatchObject([{ id: '2', name: 'second' }, '2', 0, 0]);
      expect(JSON.parse((next![0] as { data: string }).data)).toEqual(AWKWARD);
    });
    expect((await queue.getJob('1'))?.returnvalue).toEqual(AWKWARD);
    expect(await queue.getJobState('2')).toBe('active');
  });

  test('refuses a wrong token by BullMQ’s error', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const job = (await on.worker(queue, null).getNextJob('t'))!;
    await library.transaction(async (tx) => {
      const bound = job.withTransaction(tx);
      await expect(bound.moveToFailed(new Error('no'), 'other')).rejects.toMatchObject({
        code: -6,
      });
      await bound.moveToFailed(new Error('no'), 't');
    });
    expect(await queue.getJob('1')).toMatchObject({ failedReason: 'no' });
  });

  test('promotes, delays, reorders, retries, removes and cleans', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {}, { delay: 5_000_000_000 });
    await queue.add('gone', {});
    await library.transaction(async (tx) => {
      const bound = job.withTransaction(tx);
      await bound.changeDelay(4_000_000_000);
      await bound.promote();
      await bound.changePriority({ priority: 7, lifo: true });
      expect(await bound.getState()).toBe('prioritized');
      const boundQueue = queue.withTransaction(tx);
      expect(await boundQueue.remove('2')).toBe(1);
      expect(await boundQueue.getJobCounts('prioritized', 'waiting')).toEqual({
        prioritized: 1,
        waiting: 0,
      });
    });
    const active = (await on.worker(queue, null).getNextJob('t'))!;
    await library.transaction(async (tx) => {
      const bound = active.withTransaction(tx);
      await bound.moveToFailed(new Error('no'), 't');
      await bound.retry('failed', { resetAttemptsMade: true });
      expect(await bound.isFailed()).toBe(false);
      const boundQueue = queue.withTransaction(tx);
      await boundQueue.pause();
      await boundQueue.drain(true);
      expect(await boundQueue.clean(0, 0, 'failed')).toEqual([]);
      expect(await boundQueue.getJobs()).toEqual([]);
      await boundQueue.resume();
    });
    expect(await queue.getJobs()).toEqual([]);
  });

  test('refuses what is not an open transaction, and one that has ended', async () => {
    const queue = on.queue();
    for (const handle of library.outside) {
      expect(() => queue.withTransaction(handle as never)).toThrow(TypeError);
      expect(() => queue.withTransaction(handle as never)).toThrow(/^withTransaction expects /);
    }
    let ended: typeof queue | undefined;
    await library.transaction(async (tx) => {
      ended = queue.withTransaction(tx);
    });
    if (!library.isBlindToItsEnd) {
      await expect(ended?.add('late', {})).rejects.toThrow();
      expect(await queue.count()).toBe(0);
    }
  });
});
