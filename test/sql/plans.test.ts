/**
 * What statements read does not depend on what the planner believes: about as many rows as they
 * return or change, and never a table in sequence, in queues that have 10,000 of everything.
 */

import type { Client } from 'pg';
import type { Settlement } from '../../lib/model/job-record';
import { Column } from '../../lib/store/caller';
import { sortReports } from '../../lib/store/reports';
import { useInstances } from '../helpers/instances';
import { rowsRead } from '../helpers/rows-read';

const on = useInstances();
const COUNT = 10_000;

const TABLES = [
  ...['job', 'job_state', 'job_log', 'dependency', 'deduplication', 'step', 'signal', 'event'],
  'finish_count',
];

/** A queue with so many waiting, delayed and completed jobs each, and as much of all that belongs to jobs. */
async function queueOf(count: number): Promise<number> {
  const queueId = await on.queue().queueId();
  const fill = (table: string, columns: string, values: string) =>
    on.sql(
      `insert into tuskmq.${table} (queue_id, ${columns}) select $1, ${values} from generate_series(1, $2::integer) i`,
      [queueId, count],
    );
  for (const [prefix, status] of [
    ['w', 'waiting'],
    ['d', 'delayed'],
    ['c', 'completed'],
  ]) {
    await fill(
      'job',
      'id, name, data, opts, created_at',
      `'${prefix}' || i, 'a', '{}', '{}', now()`,
    );
    await fill(
      'job_state',
      'id, status, seq, run_at, finished_at',
      `'${prefix}' || i, '${status}', i, ${status === 'delayed' ? "now() + interval '1 hour'" : 'null'},
       ${status === 'completed' ? 'now()' : 'null'}`,
    );
  }
  await fill('step', 'job_id, name, kind, token, started_at', "'w' || i, 's', 'step', 't', now()");
  await fill('signal', 'job_id, name, payload, sent_at', "'w' || i, 's', '1', now()");
  await fill('job_log', 'job_id, row, logged_at', "'w' || i, 'r', now()");
  await fill('deduplication', 'id, job_id', "'k' || i, 'w' || i");
  await fill(
    'finish_count',
    'status, minute, writer, count, first_at, max_points',
    "'completed', extract(epoch from now())::bigint / 60 - i, 0, 1, now(), 20000",
  );
  await on.sql(
    `insert into tuskmq.dependency (parent_queue_id, parent_id, child_queue_id, child_id)
     select $1, 'd' || i, $1, 'w' || i from generate_series(1, $2::integer) i`,
    [queueId, count],
  );
  // Delayed jobs with two children: one that is yet to run, and one that has finished.
  await on.sql(
    `insert into tuskmq.dependency (parent_queue_id, parent_id, child_queue_id, child_id)
     select $1, p || i, $1, c || i from generate_series(1, $2::integer) i, (values ('c', 'd'), ('d', 'c')) v(p, c)`,
    [queueId, count],
  );
  await on.sql(
    `update tuskmq.job_state set parent_queue_id = queue_id, parent_id = 'd' || substr(id, 2)
     where queue_id = $1 and id in ('w1', 'w2', 'w3', 'w4', 'w5', 'w6')`,
    [queueId],
  );
  return queueId;
}

async function workerOf(queueId: number) {
  const [process] = await on.sql<{ r: { id: number } }>(
    "select tuskmq.register_process('h', 1) as r",
  );
  const [row] = await on.sql<{ r: string }>(
    "select tuskmq.register_worker($1, $2, 'u', 'n', 10, 30000, true) as r",
    [queueId, process!.r.id],
  );
  return { workerId: row!.r, processId: process!.r.id };
}

/** A parameter as the library sends it. */
const textOf = (value: Column | string | null) => (value instanceof Column ? value.text : value);

interface Step {
  what: string;
  /** Rows that it may read. */
  most: number;
  text: string;
  values: unknown[];
}

/** What exchanges that share a transaction have in common. */
const sharing = {
  epoch: 0,
  token: 'shared',
  limit: 3,
  is_hungry: false,
  is_asleep: false,
  finds_ranges: true,
};

/**
 * All that is done often, to the jobs w1, w2, … of a queue.
 * @param other a worker of another queue
 */
function life(
  queueId: number,
  workerId: string,
  processId: number,
  other: { queueId: number; workerId: string },
): Step[] {
  const step = (what: string, most: number, text: string, ...values: unknown[]): Step => ({
    what,
    most,
    text,
    values: values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : value)),
  });
  const exchange = (
    what: string,
    most: number,
    token: string,
    items: Settlement[],
    rateMax?: number,
  ) => ({
    what,
    most,
    text: `select * from tuskmq.settle_and_claim($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, 3, false, false, false, $10, 1000, null, true)`,
    values: [queueId, workerId, token, ...Object.values(sortReports(items)).map(textOf), rateMax],
  });
  const ended = (token: string, numbers: number[], fields: Partial<Settlement> = {}) =>
    numbers.map(
      (n): Settlement => ({ id: `w${n}`, token, outcome: 'completed', value: '1', ...fields }),
    );
  const spec = { position: 0, unit: 0, queue_id: queueId, name: 'a', data: '{}', opts: '{}' };
  const add = (what: string, most: number, ...specs: object[]) =>
    step(
      what,
      most,
      'select tuskmq.add_jobs($1)',
      specs.map((fields, position) => ({ ...spec, position, ...fields })),
    );
  return [
    exchange('claiming', 60, 'first', []),
    step('saving steps', 20, 'select tuskmq.save_steps($1)', [
      { queue_id: queueId, id: 'w1', token: 'first', name: 'x', kind: 'step', attempts: 1 },
    ]),
    step('reading steps', 20, "select tuskmq.get_steps($1, 'w1')", queueId),
    step('sending a signal', 20, "select tuskmq.send_signal($1, 'w1', 's', '1')", queueId),
    step(
      'updating data',
      20,
      "select tuskmq.update_data(array[$1::integer, $1], '{w1,w2}', '{1,2}')",
      queueId,
    ),
    step(
      'updating progress',
      20,
      "select tuskmq.update_progress(array[$1::integer, $1], '{w1,w2}', '{1,2}')",
      queueId,
    ),
    step(
      'adding to logs, also of a job that is gone',
      20,
      "select tuskmq.add_logs(array[$1::integer, $1, $1], '{w1,w2,gone}', '{a,b,c}', '{1,null,1}')",
      queueId,
    ),
    step(
      'updating data, also of a job that is gone',
      20,
      "select tuskmq.update_data(array[$1::integer, $1], '{w1,gone}', '{1,2}')",
      queueId,
    ),
    step(
      'updating progress, also of a job that is gone',
      20,
      "select tuskmq.update_progress(array[$1::integer, $1], '{w1,gone}', '{1,2}')",
      queueId,
    ),
    exchange(
      'finishing children',
      150,
      'second',
      ended('first', [1, 2, 3], { has_parent: true, metrics_points: 20_000 }).map((item) => ({
        ...item,
        deduplication_id: item.id.replace('w', 'k'),
        // As workers report, but for the last, whose parent has to be looked up.
        ...(item.id !== 'w3' && {
          parent_queue_id: queueId,
          parent_id: item.id.replace('w', 'd'),
        }),
      })),
    ),
    exchange(
      'finishing children and no more, and claiming with a rate limit',
      120,
      'third',
      ended('second', [4, 5, 6], { has_parent: true }).map((item) => ({
        ...item,
        parent_queue_id: queueId,
        parent_id: item.id.replace('w', 'd'),
      })),
      1_000,
    ),
    exchange(
      'finishing without keeping',
      150,
      'fourth',
      ended('third', [7, 8, 9], { remove: true }),
    ),
    exchange('finishing plain jobs', 60, 'plain', ended('fourth', [10, 11, 12])),
    exchange('finishing plain jobs again', 60, 'plain again', ended('fourth', [10, 11, 12])),
    step('sharing a transaction', 60, 'select * from tuskmq.settle_and_claim_all($1)', [
      {
        ...sharing,
        queue_id: queueId,
        worker_id: workerId,
        ids: '{w16,w17,w18}',
        tokens: '{plain again,plain again,plain again}',
        values: '{1,1,1}',
      },
      { ...sharing, queue_id: other.queueId, worker_id: other.workerId },
    ]),
    exchange(
      'failing, with a try left',
      120,
      'fifth',
      ended('plain', [13, 14, 15], { outcome: 'retried', delay_ms: 1 }),
    ),
    step('promoting', 120, 'select tuskmq.promote_jobs($1, 3)', queueId),
    step(
      'a heartbeat',
      30,
      'select tuskmq.heartbeat($1, $2, $3)',
      processId,
      [{ queueId, maxStalledCount: 1 }],
      [{ queueId, ranges: null }],
    ),
    step(
      'passing a notification on',
      10,
      'select tuskmq.wake_workers($1, $2)',
      queueId,
      '{"(-2147483648,0,2147483647)"}',
    ),
    step('a resync', 60, "select tuskmq.resync_worker($1, $2, '[]')", queueId, workerId),
    {
      what: 'adding',
      most: 10,
      text: `select tuskmq.add_waiting($1, '{a,b}', '{1,2}', '{"{}","{}"}', '{null,1}')`,
      values: [queueId],
    },
    add('adding with others', 20, {}, { delay_ms: 1 }, { priority: 1 }),
    add('adding under an id', 20, { id: 'new' }, { id: 'c5' }),
    add('adding under a deduplication id', 20, { id: 'newer', deduplication_id: 'k9' }),
    add('adding a child', 20, { parent_queue_id: queueId, parent_id: 'd9' }),
    step('listing', 100, "select tuskmq.list_jobs($1, 'completed', 0, 9, false)", queueId),
    step('reading jobs', 10, 'select tuskmq.get_jobs($1, $2)', queueId, ['w13', 'c7']),
    step('listening', 10, 'select tuskmq.listen_to_events($1, $2)', queueId, processId),
    step(
      'writing events',
      Infinity,
      `insert into tuskmq.event (queue_id, name, job_id, payload, created_at)
       select $1, 'added', 'w' || i, '{}', now() from generate_series(1, $2::integer) i`,
      queueId,
      COUNT,
    ),
    exchange('claiming, and telling of it', 80, 'sixth', []),
    exchange('finishing, and telling of it', 120, 'seventh', ended('sixth', [13, 14, 15])),
    exchange(
      'failing, and telling of it',
      120,
      'eighth',
      ended('seventh', [25, 26, 27], { outcome: 'failed' }),
    ),
    // The first of them is there in a small queue too.
    ...['d11', 'd31'].map((id) =>
      step('removing a job', 60, 'select tuskmq.remove_job($1, $2, true)', queueId, id),
    ),
    ...['c15', 'c30'].map((id) =>
      step(
        'removing unprocessed children',
        60,
        'select tuskmq.remove_unprocessed_children($1, $2)',
        queueId,
        id,
      ),
    ),
    ...['completed', 'delayed', 'waiting', 'prioritized'].map((state) =>
      step(
        `cleaning what is ${state}`,
        60,
        'select tuskmq.clean_jobs($1, $2, 0, 3)',
        queueId,
        state,
      ),
    ),
    step(
      'cleaning what is too young',
      20,
      "select tuskmq.clean_jobs($1, 'failed', 3600000, 3)",
      queueId,
    ),
    step('draining', 60, 'select tuskmq.drain_queue($1, false, 3)', queueId),
    step('draining, with what is delayed', 120, 'select tuskmq.drain_queue($1, true, 3)', queueId),
    step('obliterating', 60, 'select tuskmq.obliterate_queue($1, true, 3)', queueId),
    step('retrying a job', 60, "select tuskmq.retry_job($1, 'c13', 'completed')", queueId),
    exchange('claiming once more', 80, 'last', []),
    step(
      'giving up a worker that holds jobs',
      30,
      'select tuskmq.unregister_worker($1, $2)',
      queueId,
      workerId,
    ),
    step('counting new events', COUNT + 100, "select tuskmq.read_events($1, '0', 10)", queueId),
    step('reading events', 60, "select tuskmq.read_events($1, '0', 10)", queueId),
    step(
      'reading what children returned',
      20,
      "select tuskmq.get_dependencies($1, 'd1', 'completed', 0, 10)",
      queueId,
    ),
  ];
}

/** What was read more than allowed, in words. */
async function excessOf(session: Client, queueId: number): Promise<string[]> {
  const excess: string[] = [];
  const { workerId, processId } = await workerOf(queueId);
  const otherId = await on.queue().queueId();
  const other = { queueId: otherId, workerId: (await workerOf(otherId)).workerId };
  for (const { what, most, text, values } of life(queueId, workerId, processId, other)) {
    const { inSequence, byIndex } = await rowsRead(session, TABLES, text, values);
    if (inSequence > 0 || byIndex > most) {
      excess.push(`${what}: ${byIndex} rows by index, ${inSequence} in sequence`);
    }
  }
  return excess;
}

const analyze = () => on.sql(`analyze ${TABLES.map((table) => `tuskmq.${table}`).join(', ')}`);

test('plans that were made when there was next to nothing serve a full queue', async () => {
  for (const table of TABLES) await on.sql(`vacuum analyze tuskmq.${table}`);
  const session = await on.client();
  // The plans of a session are kept.
  await excessOf(session, await queueOf(15));
  expect(await excessOf(session, await queueOf(COUNT))).toEqual([]);
});

test.each([
  ['that were never made', async () => queueOf(COUNT)],
  [
    'of when there was nothing',
    async () => {
      await on.sql(`truncate ${TABLES.map((table) => `tuskmq.${table}`).join(', ')}`);
      await analyze();
      return queueOf(COUNT);
    },
  ],
  [
    'as they are',
    async () => {
      const queueId = await queueOf(COUNT);
      await analyze();
      return queueId;
    },
  ],
])('plans by statistics %s read no more than they touch', async (_, prepare) => {
  const queueId = await prepare();
  expect(await excessOf(await on.client(), queueId)).toEqual([]);
});

test('no function has the server compile its plans, which takes longer than they run', async () => {
  const rows = await on.sql(
    `select proname from pg_proc
     where pronamespace = 'tuskmq'::regnamespace and 'enable_seqscan=off' = any(proconfig)
       and not 'jit=off' = any(proconfig)`,
  );
  expect(rows).toEqual([]);
});
