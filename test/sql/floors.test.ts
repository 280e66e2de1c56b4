/** Claims jump over what was claimed long ago, and over nothing else. */

import fs from 'node:fs';
import path from 'node:path';
import { type Client, Pool } from 'pg';
import type { Queue } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** Ranges of a queue without priorities, as the database writes them. */
const FLOOR = /^{"\(-2147483648,0,0\)","\(0,\d+,2147483647\)"}$/;

/** Ranges as the database writes them, whose floors are at these places. */
function rangesFrom(...places: [priority: number, seq: number][]): string {
  const ranges = [[-2_147_483_648, 0], ...places].map(
    ([priority, seq], i) => `"(${priority},${seq},${places[i]?.[0] ?? 2_147_483_647})"`,
  );
  return `{${ranges}}`;
}

/** A worker of a queue that keeps the ranges of its last claim that found some. */
async function claimer(queue: Queue) {
  const queueId = await queue.queueId();
  const [{ process }] = await on
    .sql<{ process: { id: number } }>("select tuskmq.register_process('host', 1) as process")
    .then((rows) => rows as [{ process: { id: number } }]);
  const [{ id }] = await on
    .sql<{ id: string }>(
      "select tuskmq.register_worker($1, $2, 'uid', 'name', 10, 30000, true) as id",
      [queueId, process.id],
    )
    .then((rows) => rows as [{ id: string }]);
  const session = await on.client();
  let claims = 0;
  let ranges: string | null = null;
  const claim = async (limit: number, client: Client = session) => {
    const { rows } = await client.query(
      'select * from tuskmq.settle_and_claim($1, $2, 0, $3, null, null, null, null, null, null, $4, false, false, false, null, null, $5, true)',
      [queueId, id, `${id}-${++claims}`, limit, ranges],
    );
    const { head } = rows.pop();
    ranges = head.ranges ?? ranges;
    return { ids: rows.map((row) => row.id as string), ranges: head.ranges as string | null };
  };
  return { queueId, claim, session };
}

async function add(queue: Queue, ids: string[], opts: object = {}) {
  await queue.addBulk(ids.map((jobId) => ({ name: 'job', data: {}, opts: { jobId, ...opts } })));
}

const range = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test('a floor is below the first job that waits, one for each priority', async () => {
  const queue = on.queue();
  const { claim } = await claimer(queue);
  await add(queue, ['a', 'b', 'c']);
  await add(queue, ['x', 'y'], { priority: 5 });
  const seqs = new Map(
    (await on.sql<{ id: string; seq: string }>('select id, seq from tuskmq.job_state')).map(
      ({ id, seq }) => [id, Number(seq)],
    ),
  );
  expect(await claim(2)).toEqual({ ids: ['a', 'b'], ranges: rangesFrom([0, seqs.get('a')!]) });
  expect(await claim(1)).toEqual({ ids: ['c'], ranges: rangesFrom([0, seqs.get('c')!]) });
  // Nothing is left of priority 0: its floor is above all that was ever drawn.
  const after = seqs.get('y')! + 1;
  expect(await claim(1)).toEqual({
    ids: ['x'],
    ranges: rangesFrom([0, after], [5, seqs.get('x')!]),
  });
  await add(queue, ['d']);
  expect((await claim(5)).ids).toEqual(['d', 'y']);
});

test('where nothing waits the floor is below the next job, whatever has gone before', async () => {
  const queue = on.queue();
  const { claim } = await claimer(queue);
  await add(queue, range('gone', 5));
  await claim(5);
  const { ranges } = await claim(1);
  await add(queue, ['next']);
  const [row] = await on.sql<{ seq: string }>("select seq from tuskmq.job_state where id = 'next'");
  expect(ranges).toBe(rangesFrom([0, Number(row!.seq)]));
  await add(queue, ['prioritized'], { priority: 7 });
  await add(queue, ['head'], { lifo: true });
  expect((await claim(10)).ids).toEqual(['head', 'next', 'prioritized']);
});

test('jobs at the head of the queue are below no floor', async () => {
  const queue = on.queue();
  const { claim } = await claimer(queue);
  await add(queue, range('a', 5));
  await claim(3);
  await claim(1);
  await add(queue, ['first'], { lifo: true });
  await add(queue, ['second'], { lifo: true });
  expect((await claim(5)).ids).toEqual(['second', 'first', 'a4']);
});

test('the order is that of claims without floors, whatever is added between', async () => {
  const queue = on.queue();
  const { queueId, claim } = await claimer(queue);
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 60; round++) {
    for (let i = random(4); i > 0; i--) {
      await add(
        queue,
        [`${round}-${i}`],
        [{}, {}, { lifo: true }, { priority: 1 + random(12) }][random(4)],
      );
    }
    const limit = random(5);
    const expected = await on.sql<{ id: string }>(
      "select id from tuskmq.job_state where queue_id = $1 and status = 'waiting' order by priority, seq limit $2",
      [queueId, limit],
    );
    expect((await claim(limit)).ids).toEqual(expected.map(({ id }) => id));
  }
});

test('a claim that failed leaves its jobs above the floors that others found meanwhile', async () => {
  const queue = on.queue();
  const { claim } = await claimer(queue);
  await add(queue, range('a', 4));
  const other = await on.client();
  await other.query('begin');
  const rest = await claimer(queue);
  expect((await rest.claim(2, other)).ids).toEqual(['a0', 'a1']);
  expect((await claim(1)).ids).toEqual(['a2']);
  await other.query('rollback');
  expect((await claim(4)).ids).toEqual(['a0', 'a1', 'a3']);
});

/** What gives a job its place at the tail of the line: a job `late`, in an open transaction. */
const WAYS: [string, (queue: Queue) => Promise<void>, string][] = [
  ['is added', async () => {}, "select tuskmq.add_job($1, 'job', '{}', '{\"jobId\": \"late\"}')"],
  [
    'is promoted',
    (queue) => add(queue, ['late'], { delay: 60_000 }),
    "select tuskmq.promote_job($1, 'late')",
  ],
  [
    'is promoted with others',
    (queue) => add(queue, ['late'], { delay: 60_000 }),
    'select tuskmq.promote_jobs($1, 10)',
  ],
  [
    'changes its priority',
    (queue) => add(queue, ['late'], { priority: 7 }),
    "select tuskmq.change_priority($1, 'late', 0, false)",
  ],
  [
    'is retried by hand',
    async (queue) => {
      await add(queue, ['late']);
      const queueId = await queue.queueId();
      await on.sql("select tuskmq.claim_jobs($1, 1, 't', 60000, '', null, null)", [queueId]);
      await on.sql('select tuskmq.settle_jobs($1, $2)', [
        queueId,
        JSON.stringify([{ id: 'late', token: 't', outcome: 'failed', reason: 'x' }]),
      ]);
    },
    "select tuskmq.retry_job($1, 'late', 'failed')",
  ],
  [
    'failed, and has a try left',
    async (queue) => {
      await add(queue, ['late']);
      await on.sql("select tuskmq.claim_jobs($1, 1, 't', 60000, '', null, null)", [
        await queue.queueId(),
      ]);
    },
    'select tuskmq.settle_jobs($1, \'[{"id": "late", "token": "t", "outcome": "retried", "reason": "x"}]\')',
  ],
  [
    'gets the signal that it waits for',
    async (queue) => {
      await add(queue, ['late']);
      const queueId = await queue.queueId();
      await on.sql("select tuskmq.claim_jobs($1, 1, 't', 60000, '', null, null)", [queueId]);
      await on.sql("select tuskmq.await_signal($1, 'late', 't', 'step', 'go', null)", [queueId]);
    },
    "select tuskmq.send_signal($1, 'late', 'go', '1')",
  ],
];

test.each(WAYS)(
  'no floor is found past a job that %s, until that is committed',
  async (_, prepare, move) => {
    const queue = on.queue();
    await prepare(queue);
    const { queueId, claim } = await claimer(queue);
    const mover = await on.client();
    await mover.query('begin');
    await mover.query(move, [move.includes('add_job') ? queue.name : queueId]);
    await add(queue, ['a', 'b', 'c']);
    expect(await claim(2)).toMatchObject({ ids: ['a', 'b'], ranges: null });
    await mover.query('commit');
    expect((await claim(2)).ids).toEqual(['late', 'c']);
  },
);

test('every function that draws a place at the tail holds the wake lock before', () => {
  const root = path.join(__dirname, '../../sql');
  const files = fs.readdirSync(root, { recursive: true, encoding: 'utf8' });
  const places = files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => ({ file, text: fs.readFileSync(path.join(root, file), 'utf8') }))
    .map(({ file, text }) => ({ file, code: text.replace(/--.*/g, '') }))
    .filter(({ code }) => /[^-]nextval\('job_seq'\)/.test(code));
  const late = places.filter(
    ({ code }) => !code.split(/[^-]nextval\('job_seq'\)/)[0]!.includes('_hold_wake_lock('),
  );
  // These jobs do not wait yet: they get another place when they do.
  expect(late.map(({ file }) => path.basename(file)).sort()).toEqual([
    '_delay_active_job.sql',
    'wait_for_children.sql',
  ]);
  expect(places.length).toBeGreaterThan(late.length);
});

test('a worker takes jobs at the same price while an old snapshot keeps all that was', async () => {
  const queue = on.queue();
  const old = await on.client();
  await old.query('begin isolation level repeatable read');
  await old.query('select count(*) from tuskmq.job');
  const { claim, session } = await claimer(queue);
  const COUNT = 6_000;
  for (let i = 0; i < COUNT / 500; i++) await add(queue, range(`${i}-`, 500));
  /** Entries of the index that the claim reads, whatever became of their jobs. */
  const entriesOf = async (work: () => Promise<unknown>) => {
    const entries = async () => {
      const { rows } = await session.query(
        "select pg_stat_get_xact_tuples_returned('tuskmq.job_state_claim_idx'::regclass) as entries",
      );
      return Number(rows[0].entries);
    };
    await session.query('begin');
    const before = await entries();
    await work();
    const read = (await entries()) - before;
    await session.query('commit');
    return read;
  };
  await claim(100);
  for (let claimed = 100; claimed < COUNT - 200; claimed += 100) await claim(100);
  // Those that it claims, those of the claim before, and some looks.
  expect(await entriesOf(() => claim(100))).toBeLessThan(400);
});

test('a worker keeps its floors as long as the listening session lasts', async () => {
  const queue = on.queue();
  const pool = new Pool({ connectionString: on.url, application_name: 'floored' });
  pool.on('error', () => {});
  const passed: (string | null)[] = [];
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      const { text, values } = Object(args[0]) as { text?: string; values?: unknown[] };
      if (text?.includes('settle_and_claim')) passed.push(values![16] as string | null);
      return query(...args);
    }) as typeof client.query;
  });
  const worker = on.worker(queue, async () => {}, { connection: pool, concurrency: 50 });
  const completed = record(worker, 'completed');
  const run = async (prefix: string) => {
    const before = completed.length;
    passed.length = 0;
    for (let i = 0; i < 3; i++) await add(queue, range(`${prefix}${i}-`, 500));
    await until(() => completed.length === before + 1_500);
  };
  await run('a');
  expect(passed.at(-1)).toMatch(FLOOR);
  await run('b');
  expect(passed).not.toContain(null);

  // The session that holds the lock by which the process is known to live. Others hold advisory locks for the time of an exchange.
  const listening = async () => {
    const [row] = await on.sql<{ pid: number }>(
      `select l.pid from pg_locks l join tuskmq.process p on p.pid = $1
       where l.locktype = 'advisory' and l.granted
         and (l.classid::bigint << 32) + l.objid::bigint = hashtextextended('tuskmq/tuskmq/process', p.id)
         and l.pid in (select a.pid from pg_stat_activity a where a.application_name = 'floored')`,
      [process.pid],
    );
    return row?.pid;
  };
  const pid = await listening();
  passed.length = 0;
  await on.sql('select pg_terminate_backend($1)', [pid]);
  await until(async () => ![undefined, pid].includes(await listening()));
  // It looks for what it may have missed, everywhere.
  await until(() => passed.includes(null));
  await run('c');
  expect(passed.at(-1)).toMatch(FLOOR);
  await worker.close();
  await pool.end();
});
