/** Who is told of a job when workers sleep in many processes. */

import type { Client } from 'pg';
import { useInstances } from '../helpers/instances';
import { rowsRead } from '../helpers/rows-read';
import { until } from '../helpers/wait';

const on = useInstances();

const MANY = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Processes of the test with sleeping workers of a queue, and what is heard by all of them. */
async function scene() {
  const queue = on.queue();
  const queueId = await queue.queueId();
  const ear = await on.client();
  let heard: string[] = [];
  ear.on('notification', ({ channel, payload }) => heard.push(names.get(channel) ?? payload!));
  await ear.query('listen mark');
  const names = new Map<string, string>();
  const hear = async (name: string, kind: string, id: number) => {
    const { rows } = await ear.query('select tuskmq.channel_of($1, $2) as channel', [kind, id]);
    names.set(rows[0].channel, name);
    await ear.query(`listen "${rows[0].channel}"`);
  };
  await hear('all', 'wake', queueId);

  /** A process with so many sleeping workers. */
  const process = async (
    name: string,
    { workers = 1, holdsLock = true, heardAgo = '-1 hour' } = {},
  ): Promise<Client> => {
    const session = await on.client();
    const { rows } = await session.query("select tuskmq.register_process('host', 1) as r");
    const { id } = rows[0].r;
    if (holdsLock) await session.query('select tuskmq.hold_process_lock($1)', [id]);
    await on.sql(`update tuskmq.process set heartbeat_at = now() - $2::interval where id = $1`, [
      id,
      heardAgo,
    ]);
    await on.sql(
      `insert into tuskmq.worker (queue_id, process_id, uid, name, concurrency, lock_ms, renews_locks, hungry, started_at)
       select $1, $2, gen_random_uuid(), '', 1, 30000, true, true, now() from generate_series(1, $3)`,
      [queueId, id, workers],
    );
    await hear(name, 'process', id);
    return session;
  };

  /** Who is told by this, in the order of their names. */
  const told = async (act: () => Promise<unknown>) => {
    heard = [];
    await act();
    await on.sql("select pg_notify('mark', 'over')");
    // Notifications come in the order of the commits.
    await until(() => heard.includes('over'));
    return heard.filter((name) => name !== 'over').sort();
  };
  return { queue, queueId, process, told, add: () => queue.add('job', {}) };
}

test('one job is told to all, where they are in four processes', async () => {
  const { process, told, add } = await scene();
  await process('a', { workers: 20 });
  expect(await told(add)).toEqual(['all']);
  for (const name of ['b', 'c', 'd']) await process(name);
  expect(await told(add)).toEqual(['all']);
});

test('one job is told to four processes of many, now these, now those', async () => {
  const { process, told, add } = await scene();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await process(name, { workers: 2 });
  const seen = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const few = await told(add);
    expect(few).toHaveLength(4);
    expect(new Set(few).size).toBe(4);
    for (const name of few) seen.add(name);
  }
  expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
});

test('one job is told to those only that hear it', async () => {
  const { process, told, add } = await scene();
  await process('silent', { workers: 3, heardAgo: '2 s' });
  await process('deaf', { workers: 3, holdsLock: false });
  for (const name of MANY) await process(name);
  for (let i = 0; i < 20; i++) {
    expect(await told(add)).not.toContainEqual(expect.stringMatching(/silent|deaf|all/));
  }
});

test('all are told where few can be told from those that do not hear it', async () => {
  const { process, told, add } = await scene();
  for (const name of MANY) await process(name, { heardAgo: '2 s' });
  await process('g');
  expect(await told(add)).toEqual(['all']);
});

test('many jobs at once, and one that is delayed, are told to all', async () => {
  const { queue, process, told } = await scene();
  for (const name of MANY) await process(name);
  const two = [1, 2].map(() => ({ name: 'job', data: {} }));
  expect(await told(() => queue.addBulk(two))).toEqual(['all']);
  expect(await told(() => queue.add('later', {}, { delay: 60_000 }))).toEqual(['all']);
});

test('what a single job is told by is the same for each way in which it is added', async () => {
  const { queue, process, told } = await scene();
  for (const name of MANY) await process(name);
  const few = async (act: () => Promise<unknown>) => expect(await told(act)).toHaveLength(4);
  await few(() => queue.add('prioritized', {}, { priority: 1 }));
  await few(() => queue.add('with an id', {}, { jobId: 'own' }));
  await few(() => queue.addBulk([{ name: 'bulk of one', data: {} }]));
});

test('what may be committed much later is told to all, for those who seem to sleep may be gone by then', async () => {
  const { queue, process, told } = await scene();
  for (const name of MANY) await process(name);
  const client = await on.client();
  const added = await told(async () => {
    await client.query('begin');
    await queue.withTransaction(client).add('job', {});
    await queue.withTransaction(client).add('job', {}, { priority: 1 });
    await client.query('commit');
  });
  expect(added).toEqual(['all']);
});

test('in a transaction with an older snapshot all are told, whoever seems to sleep', async () => {
  const { queue, process, told } = await scene();
  for (const name of MANY) await process(name);
  const client = await on.client();
  const added = await told(async () => {
    await client.query('begin isolation level repeatable read');
    await queue.withTransaction(client).add('job', {});
    await client.query('commit');
  });
  expect(added).toEqual(['all']);
});

test('all are told while a job waits, for one that was told of it and cannot look', async () => {
  const { queueId, process, told, add } = await scene();
  for (const name of MANY) await process(name);
  const wakeWorkers = (ranges: string | null) => () =>
    on.sql('select tuskmq.wake_workers($1, $2)', [queueId, ranges]);
  const everywhere = '{"(-2147483648,0,2147483647)"}';
  expect(await told(wakeWorkers(everywhere))).toEqual([]);
  // One that does not know where to look does not look everywhere.
  expect(await told(wakeWorkers(null))).toEqual(['all']);
  expect(await told(add)).toHaveLength(4);
  expect(await told(wakeWorkers(everywhere))).toEqual(['all']);
});

test('who is to be told is found among a few, of however many that sleep, whatever the planner believes', async () => {
  const { queueId, process } = await scene();
  for (const name of MANY) await process(name);
  // A session that has its plans from when there were few.
  const early = await on.client();
  const text =
    "select tuskmq.add_waiting($1, array['job'], array['{}'], array['{}'], array[null]::bigint[], true)";
  const read = (session: Client) => rowsRead(session, ['worker', 'process'], text, [queueId]);
  await read(early);
  await on.sql(
    `with p as (
       insert into tuskmq.process (hostname, pid, holds_lock, started_at, heartbeat_at, steady_since)
       select 'host', i, true, now(), now(), now() from generate_series(1, 1000) i returning id)
     insert into tuskmq.worker (queue_id, process_id, uid, name, concurrency, lock_ms, renews_locks, hungry, started_at)
     select $1, p.id, gen_random_uuid(), '', 1, 30000, true, true, now() from p, generate_series(1, 10)`,
    [queueId],
  );
  for (const [session, statistics] of [
    [early, 'none'],
    [await on.client(), 'none'],
    [early, 'fresh'],
    [await on.client(), 'fresh'],
  ] as const) {
    if (statistics === 'fresh') await on.sql('analyze tuskmq.worker, tuskmq.process');
    const { inSequence, byIndex } = await read(session);
    expect(inSequence).toBe(0);
    expect(byIndex).toBeLessThanOrEqual(90);
  }
});
