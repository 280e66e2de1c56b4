import { Pool } from 'pg';
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

describe('a queue that an open transaction is making', () => {
  test('holds up no connection of those who want it, and is theirs when that commits', async () => {
    const name = on.name();
    const business = await on.client();
    await business.query('begin');
    await business.query(`select tuskmq.add_job('${name}', 'first')`);
    const pool = new Pool({ connectionString: on.url, max: 1 });
    const queue = on.queue(name, { connection: pool });
    const adding = queue.add('second', {});
    const [{ id }] = (await on.sql("select tuskmq.ensure_queue('bull', $1) as id", [name])) as [
      { id: number | null },
    ];
    expect(id).toBeNull();
    // The only connection answers meanwhile.
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await business.query('commit');
    expect((await adding).id).toBe('2');
    await queue.close();
    await pool.end();
  });

  test('is made by whoever comes next when that rolls back', async () => {
    const name = on.name();
    const business = await on.client();
    await business.query('begin');
    await business.query(`select tuskmq.add_job('${name}', 'first')`);
    const waiting = on.sql('select tuskmq.add_job($1, $2) as id', [name, 'second']);
    await business.query('rollback');
    expect(await waiting).toEqual([{ id: '1' }]);
  });

  test('is a conflict to try again for a transaction whose snapshot is older', async () => {
    const name = on.name();
    const late = await on.client();
    await late.query('begin isolation level repeatable read');
    await late.query('select 1');
    await on.sql('select tuskmq.create_queue($1)', [name]);
    await expect(late.query(`select tuskmq.add_job('${name}', 'a')`)).rejects.toMatchObject({
      code: '40001',
    });
  });
});

describe('add_job with lifo', () => {
  test('puts the job at the head, unless it has a priority', async () => {
    const queue = on.queue();
    const add = (name: string, opts: object) =>
      on.sql('select tuskmq.add_job($1, $2, $3, $4)', [
        queue.name,
        name,
        '{}',
        JSON.stringify(opts),
      ]);
    await add('plain', {});
    await add('head', { lifo: true });
    await add('first of priority', { priority: 1 });
    await add('second of priority', { priority: 1, lifo: true });
    const names = (await queue.getJobs(['waiting', 'prioritized'], 0, -1, true)).map(
      ({ name }) => name,
    );
    expect(names).toEqual(['head', 'plain', 'first of priority', 'second of priority']);
  });
});

describe('add_jobs', () => {
  test('adds no half of a job whose namesake is removed while it looks', async () => {
    const queue = on.queue();
    const first = await queue.add('first', {}, { jobId: 'x' });
    await on.sql(`create function wait_for_test() returns trigger language plpgsql as $$
      begin
        perform pg_advisory_xact_lock(4711);
        return null;
      end $$`);
    await on.sql(
      'create trigger t after insert on tuskmq.job for each statement execute function wait_for_test()',
    );
    const gate = await on.client();
    await gate.query('select pg_advisory_lock(4711)');
    const adding = queue.add('second', {}, { jobId: 'x' });
    await until(async () => {
      const waiting = await on.sql(
        "select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted",
      );
      return waiting.length === 1;
    });
    await first.remove();
    await gate.query('select pg_advisory_unlock(4711)');
    await adding;
    await on.sql('drop trigger t on tuskmq.job');
    const halves = await on.sql(
      `select from tuskmq.job j full join tuskmq.job_state s using (queue_id, id)
       where queue_id = $1 and (j.name is null or s.status is null)`,
      [await queue.queueId()],
    );
    expect(halves.length).toBe(0);
  });
});

describe('the views', () => {
  test('show jobs, queues, workers and locks', async () => {
    const queue = on.queue();
    let finish = () => {};
    on.worker(
      queue,
      (job) => {
        if (job.name === 'bad') throw new Error('no');
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
      { name: 'w', concurrency: 4 },
    );
    await queue.add('bad', { n: 1 });
    await queue.add('long', {});
    await queue.add('late', {}, { delay: 60_000, priority: 4 });
    await until(
      async () => (await queue.getActiveCount()) === 1 && (await queue.getFailedCount()) === 1,
    );
    const of = (view: string, columns: string) =>
      on.sql(`select ${columns} from tuskmq.${view} where queue = $1 order by 1`, [queue.name]);
    expect(
      await of('jobs', 'id, name, state, priority, data, failed_reason, processed_by'),
    ).toEqual([
      {
        id: '1',
        name: 'bad',
        state: 'failed',
        priority: 0,
        data: { n: 1 },
        failed_reason: 'no',
        processed_by: 'w',
      },
      {
        id: '2',
        name: 'long',
        state: 'active',
        priority: 0,
        data: {},
        failed_reason: null,
        processed_by: 'w',
      },
      {
        id: '3',
        name: 'late',
        state: 'delayed',
        priority: 4,
        data: {},
        failed_reason: null,
        processed_by: null,
      },
    ]);
    expect(await of('queues', 'prefix, paused, waiting, active, delayed, failed, workers')).toEqual(
      [
        {
          prefix: 'bull',
          paused: false,
          waiting: '0',
          active: '1',
          delayed: '1',
          failed: '1',
          workers: '1',
        },
      ],
    );
    expect(await of('workers', 'name, pid, concurrency, active')).toEqual([
      { name: 'w', pid: process.pid, concurrency: 4, active: '1' },
    ]);
    expect(await of('locks', 'id, name, pid, leased_until > now() as held')).toEqual([
      { id: '2', name: 'long', pid: process.pid, held: true },
    ]);
    finish();
    await until(async () => (await of('locks', 'id')).length === 0);
  });

  test('show a job and its child of one name and id, in queues whose prefixes differ', async () => {
    const parents = on.queue(on.name(), { prefix: 'a' });
    await on.flow({ prefix: 'a' }).add({
      name: 'parent',
      queueName: parents.name,
      opts: { jobId: 'x' },
      children: [{ name: 'child', queueName: parents.name, prefix: 'b', opts: { jobId: 'x' } }],
    });
    const rows = await on.sql('select tree from tuskmq.flow_tree($1, $2)', [
      `a:${parents.name}`,
      'x',
    ]);
    expect(rows.map(({ tree }) => tree)).toEqual(['parent', '  child']);
  });

  test('show no tree of a job that there is not', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    expect(await on.sql('select from tuskmq.flow_tree($1, $2)', [queue.name, 'none'])).toEqual([]);
  });

  test('show a flow as a tree', async () => {
    const queue = on.queue();
    const child = (name: string, children = {}) => ({
      name,
      queueName: queue.name,
      opts: { jobId: name },
      ...children,
    });
    await on
      .flow()
      .add(child('root', { children: [child('a', { children: [child('deep')] }), child('b')] }));
    await (await queue.getJob('b'))!.remove();
    const rows = await on.sql(
      'select depth, tree, id, state, as_child, pending_children from tuskmq.flow_tree($1, $2)',
      [queue.name, 'root'],
    );
    expect(rows).toEqual([
      {
        depth: 0,
        tree: 'root',
        id: 'root',
        state: 'waiting-children',
        as_child: null,
        pending_children: 1,
      },
      {
        depth: 1,
        tree: '  a',
        id: 'a',
        state: 'waiting-children',
        as_child: 'pending',
        pending_children: 1,
      },
      {
        depth: 2,
        tree: '    deep',
        id: 'deep',
        state: 'waiting',
        as_child: 'pending',
        pending_children: 0,
      },
    ]);
  });
});

test('a delay that is null is refused, and changes nothing; a state that is null is no state', async () => {
  const queue = on.queue();
  const queueId = await queue.queueId();
  await queue.add('later', {}, { jobId: 'later', delay: 60_000 });
  await expect(
    on.sql("select tuskmq.change_delay($1, 'later', null)", [queueId]),
  ).rejects.toMatchObject({
    message: 'The delay of job later must be a number of milliseconds, not null',
    code: '22023',
  });
  expect(await on.sql("select tuskmq.retry_job($1, 'later', null) as r", [queueId])).toEqual([
    { r: 'not_in_state' },
  ]);
  const job = (await queue.getJob('later'))!;
  await job.promote();
  expect(await job.getState()).toBe('waiting');
});
