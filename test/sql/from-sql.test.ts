/** Jobs and flows that are added from SQL. */

import type { Job, JobsOptions } from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const invalidOptions: object[] = [
  { jobId: '12' },
  { jobId: '-3' },
  { jobId: '0' },
  { jobId: '0:x:y' },
  { jobId: 'NaN' },
  { jobId: 'a:b' },
  { priority: -1 },
  { priority: 2 ** 21 },
  { priority: 1.5 },
  { priority: 'high' },
  { sizeLimit: 3 },
  { delay: 'soon' },
  { delay: 1e16 },
  { deduplication: {} },
  { deduplication: { id: '' } },
  { deduplication: { id: 'd', ttl: 'soon' } },
  { deduplication: { id: 'd', ttl: 1e18 } },
  { deduplication: { id: 'd' }, parent: { id: 'p', queue: 'bull:q' } },
  { debounce: { id: 'd' } },
  { backoff: { type: 'fixed', delay: 1, jitter: 2 } },
  { parent: { id: 'p' } },
  { failParentOnFailure: true, removeDependencyOnFailure: true },
  { ignoreDependencyOnFailure: true, continueParentOnFailure: true, failParentOnFailure: true },
];

describe('add_job', () => {
  test('adds jobs as psql would, which a worker runs', async () => {
    const queue = on.queue();
    const ran: unknown[] = [];
    on.worker(queue, async (job) => void ran.push([job.id, job.name, job.data, job.opts]));
    const [row] = await on.sql(
      `select tuskmq.add_job('${queue.name}', 'welcome', '{"to": 1}') as a,
              tuskmq.add_job('bull:${queue.name}', 'later', '{}', '{"delay": 20, "attempts": 3}') as b`,
    );
    expect(row).toEqual({ a: '1', b: '2' });
    await until(() => ran.length === 2);
    expect(ran).toEqual([
      ['1', 'welcome', { to: 1 }, { attempts: 0 }],
      ['2', 'later', {}, { delay: 20, attempts: 3 }],
    ]);
  });

  test('makes the queue when it is new, under any prefix', async () => {
    const name = on.name();
    await on.sql(`select tuskmq.add_job('{x:y}:${name}', 'a')`);
    expect(await on.queue(name, { prefix: '{x:y}' }).count()).toBe(1);
  });

  test('adds from a trigger, with the row that fired it or not at all', async () => {
    const queue = on.queue();
    await on.sql('create table orders (id integer primary key)');
    await on.sql(`create function order_added() returns trigger language plpgsql as $$
      begin
        perform tuskmq.add_job('${queue.name}', 'bill', json_build_object('order', new.id), '{"priority": 3}');
        return new;
      end $$`);
    await on.sql(
      'create trigger t after insert on orders for each row execute function order_added()',
    );
    await on.sql('insert into orders values (1), (2)');
    await expect(on.sql('insert into orders values (3), (1)')).rejects.toThrow('duplicate key');
    expect((await queue.getPrioritized()).map(({ data }) => data)).toEqual([
      { order: 1 },
      { order: 2 },
    ]);
  });

  test('takes an id and a parent', async () => {
    const queue = on.queue();
    const add = (opts: object) =>
      on.sql<{ r: string }>('select tuskmq.add_job($1, $2, $3, $4) as r', [
        queue.name,
        'a',
        '{}',
        JSON.stringify(opts),
      ]);
    const parent = { id: 'p', queue: queue.qualifiedName };
    await add({ jobId: 'p' });
    expect(await add({ jobId: 'c', parent, ignoreDependencyOnFailure: true })).toEqual([
      { r: 'c' },
    ]);
    expect(await add({ jobId: 'p' })).toEqual([{ r: 'p' }]);
    expect(await (await queue.getJob('p'))!.getDependenciesCount()).toMatchObject({
      unprocessed: 1,
    });
    const unknown = { parent: { id: 'nobody', queue: queue.qualifiedName } };
    await expect(add(unknown)).rejects.toMatchObject({
      code: 'TQ005',
      message: `Missing key for parent job bull:${queue.name}:nobody. addJob`,
    });
  });

  test.each(invalidOptions)('refuses %j as queue.add does', async (opts) => {
    const queue = on.queue();
    const message = (adding: Promise<unknown>) =>
      adding.then(
        () => 'added',
        (error: Error) => error.message,
      );
    const fromSql = await message(
      on.sql('select tuskmq.add_job($1, $2, $3, $4)', [
        queue.name,
        'a',
        '{"some":"data"}',
        JSON.stringify(opts),
      ]),
    );
    expect(fromSql).not.toBe('added');
    expect(fromSql).toBe(await message(queue.add('a', { some: 'data' }, opts as JobsOptions)));
  });

  test.each(['007', '9007199254740993', 'x1', 'a:b:c'])('accepts the id %s', async (jobId) => {
    const queue = on.queue();
    const options = JSON.stringify({ jobId });
    await on.sql("select tuskmq.add_job($1, 'a', '{}', $2)", [queue.name, options]);
    expect(await queue.add('again', {}, { jobId })).toMatchObject({ id: jobId });
    expect((await queue.getJob(jobId))!.name).toBe('a');
  });

  test('takes options that are null as not given', async () => {
    const queue = on.queue();
    await on.sql("select tuskmq.add_job($1, 'a', null, $2)", [
      queue.name,
      '{"delay": null, "priority": null, "jobId": null}',
    ]);
    expect(await queue.getWaiting()).toMatchObject([{ id: '1', data: {} }]);
  });

  test('puts a job with lifo to the head, one with a priority too among its equals', async () => {
    const queue = on.queue();
    const add = (name: string, opts: object) =>
      on.sql("select tuskmq.add_job($1, $2, '{}', $3)", [queue.name, name, JSON.stringify(opts)]);
    await add('second', {});
    await add('first', { lifo: true });
    await add('third', { priority: 1 });
    await add('fourth', { priority: 1, lifo: true });
    const names = async (states: 'waiting' | 'prioritized') =>
      (await queue.getJobs([states], 0, -1, true)).map(({ name }) => name);
    expect([...(await names('waiting')), ...(await names('prioritized'))]).toEqual([
      'first',
      'second',
      'third',
      'fourth',
    ]);
  });

  test('deduplicates', async () => {
    const queue = on.queue();
    const add = () =>
      on.sql(`select tuskmq.add_job($1, 'a', '{}', '{"deduplication": {"id": "d"}}') as id`, [
        queue.name,
      ]);
    expect([await add(), await add()]).toEqual([[{ id: '1' }], [{ id: '1' }]]);
    expect(await queue.count()).toBe(1);
  });

  test('rounds a delay up to whole milliseconds', async () => {
    const queue = on.queue();
    await on.sql(`select tuskmq.add_job($1, 'a', '{}', '{"delay": 60000.5}')`, [queue.name]);
    expect(await queue.getDelayedCount()).toBe(1);
  });
});

describe('add_flow', () => {
  test('adds a flow, which runs from its leaves to its top', async () => {
    const queue = on.queue();
    const other = on.queue();
    const ran: unknown[] = [];
    const note = async (job: Job) => {
      ran.push([job.name, job.data, await job.getChildrenValues()]);
      return job.name;
    };
    const [row] = await on.sql('select tuskmq.add_flow($1) as id', [
      JSON.stringify({
        name: 'ship',
        queueName: queue.name,
        data: { order: 7 },
        opts: { jobId: 'order-7' },
        children: [{ name: 'pack', queueName: other.name, opts: { jobId: 'pack-7' } }],
      }),
    ]);
    expect(row).toEqual({ id: 'order-7' });
    expect(await queue.getJobState('order-7')).toBe('waiting-children');
    expect((await other.getJob('pack-7'))!.parent).toEqual({
      id: 'order-7',
      queueKey: `bull:${queue.name}`,
    });
    on.worker(queue, note);
    on.worker(other, note);
    await until(() => ran.length === 2);
    expect(ran).toEqual([
      ['pack', {}, {}],
      ['ship', { order: 7 }, { [`bull:${other.name}:pack-7`]: 'pack' }],
    ]);
  });

  test.each([
    ['a queue with a colon', { queueName: 'a:b' }, 'Queue name cannot contain :'],
    [
      'a queue with a long name',
      { queueName: 'x'.repeat(1_001) },
      'Queue name cannot be longer than 1000 bytes',
    ],
    [
      'a long prefix',
      { queueName: 'q', prefix: 'x'.repeat(1_001) },
      'prefix cannot be longer than 1000 bytes',
    ],
    ['a job without a queue', {}, 'Queue name must be provided'],
    [
      'children that are no array',
      { queueName: 'q', children: {} },
      'The children of job top must be an array',
    ],
    [
      'options that are no object',
      { queueName: 'q', opts: [] },
      'The options of job top must be an object',
    ],
  ])('refuses %s', async (_, fields, message) => {
    const flow = JSON.stringify({ name: 'top', ...fields });
    const adding = on.sql('select tuskmq.add_flow($1)', [flow]);
    await expect(adding).rejects.toMatchObject({ message, code: '22023' });
  });

  test('takes options and children that are null as not given', async () => {
    const queue = on.queue();
    const flow = { name: 'top', queueName: queue.name, opts: null, children: null };
    await on.sql('select tuskmq.add_flow($1)', [JSON.stringify(flow)]);
    expect(await queue.getWaiting()).toMatchObject([{ name: 'top' }]);
  });

  test('adds nothing when one of its jobs cannot be added', async () => {
    const queue = on.queue();
    const flow = {
      name: 'top',
      queueName: queue.name,
      children: [{ name: 'bad', queueName: queue.name, opts: { priority: 1.5 } }],
    };
    await expect(on.sql('select tuskmq.add_flow($1)', [JSON.stringify(flow)])).rejects.toThrow(
      'Priority should not be float',
    );
    expect(await queue.getJobCounts()).toMatchObject({ waiting: 0, 'waiting-children': 0 });
  });

  test.each([
    [
      { deduplication: { id: 'd' } },
      [{}],
      'Deduplication options cannot be used on flow nodes with children',
    ],
    [{}, undefined, 'Queue name must be provided'],
  ])('refuses a flow whose top has %j and children %j', async (opts, children, message) => {
    const queue = on.queue();
    const flow = { name: 'top', opts, ...(children ? { queueName: queue.name, children } : {}) };
    await expect(on.sql('select tuskmq.add_flow($1)', [JSON.stringify(flow)])).rejects.toThrow(
      message,
    );
  });
});
