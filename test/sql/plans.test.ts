import { useInstances } from '../helpers/instances';

const on = useInstances();
const COUNT = 10_000;

/** A queue with so many waiting, delayed and completed jobs each, put there at once. */
async function bigQueue() {
  const queue = on.queue();
  const queueId = await queue.queueId();
  await on.sql(
    `insert into tuskmq.job (queue_id, id, name, data, opts, created_at)
     select $1, s || i, 'a', '{}', '{}', now() from generate_series(1, $2::integer) i, unnest(array['w', 'd', 'c']) s`,
    [queueId, COUNT],
  );
  await on.sql(
    `insert into tuskmq.job_state (queue_id, id, status, seq, run_at, finished_at)
     select $1, s || i, (case s when 'w' then 'waiting' when 'd' then 'delayed' else 'completed' end)::tuskmq.job_status, i,
            case s when 'd' then now() + interval '1 hour' end, case s when 'c' then now() end
     from generate_series(1, $2::integer) i, unnest(array['w', 'd', 'c']) s`,
    [queueId, COUNT],
  );
  return queueId;
}

async function worker(queueId: number) {
  const [process] = await on.sql<{ r: { id: number } }>(
    "select tuskmq.register_process('h', 1) as r",
  );
  const [row] = await on.sql<{ r: string }>(
    "select tuskmq.register_worker($1, $2, 'u', 'n', 10, 30000, 1, true) as r",
    [queueId, process!.r.id],
  );
  return row!.r;
}

/** What the queue has beside its jobs, as many of each: steps, signals, children, deduplication ids, events. */
async function fillOtherTables(queueId: number) {
  const fill = (table: string, columns: string, values: string) =>
    on.sql(
      `insert into tuskmq.${table} (queue_id, ${columns}) select $1, ${values} from generate_series(1, $2::integer) i`,
      [queueId, COUNT],
    );
  await fill('step', 'job_id, name, kind, token, started_at', "'w' || i, 's', 'step', 't', now()");
  await fill('signal', 'job_id, name, payload, sent_at', "'w' || i, 's', '1', now()");
  await fill('deduplication', 'id, job_id', "'k' || i, 'w' || i");
  await fill('event', 'name, job_id, payload, created_at', "'added', 'w' || i, '{}', now()");
  await fill(
    'finish_count',
    'status, minute, writer, count, first_at, max_points',
    "'completed', extract(epoch from now())::bigint / 60 - i, 0, 1, now(), 20000",
  );
  await on.sql(
    `insert into tuskmq.dependency (parent_queue_id, parent_id, child_queue_id, child_id)
     select $1, 'd' || i, $1, 'w' || i from generate_series(1, $2::integer) i`,
    [queueId, COUNT],
  );
  await on.sql(
    `update tuskmq.job_state set parent_queue_id = queue_id, parent_id = 'd' || substr(id, 2)
     where queue_id = $1 and id in ('w1', 'w2', 'w3')`,
    [queueId],
  );
}

/** Rows that a statement reads in our tables, which should not outdo by much what it returns or changes. */
async function rowsRead(text: string, values: unknown[]) {
  const client = await on.client();
  await client.query('begin');
  const { rows } = await client.query(text, values);
  const { rows: read } = await client.query(
    `select coalesce(sum(seq_tup_read), 0)::integer as "inSequence", coalesce(sum(idx_tup_fetch), 0)::integer as "byIndex"
     from pg_stat_xact_user_tables where schemaname = 'tuskmq' and relname in
       ('job', 'job_state', 'dependency', 'deduplication', 'step', 'signal', 'event', 'finish_count')`,
  );
  await client.query('commit');
  return { rows, ...(read[0] as { inSequence: number; byIndex: number }) };
}

const statistics: [string, () => Promise<number>][] = [
  ['statistics that were never made', bigQueue],
  [
    'statistics of when there was nothing',
    async () => {
      await on.sql('analyze tuskmq.job, tuskmq.job_state');
      return bigQueue();
    },
  ],
  [
    'statistics as they are',
    async () => {
      const queueId = await bigQueue();
      await on.sql('analyze tuskmq.job, tuskmq.job_state');
      return queueId;
    },
  ],
];

describe.each(statistics)('with %s', (_, prepare) => {
  test('claiming, finishing, adding and looking read no more than they touch', async () => {
    const queueId = await prepare();
    const workerId = await worker(queueId);
    const claim =
      "select * from tuskmq.settle_and_claim($1, $2, 0, $3, $4, $5, false, false, false, null, null, '{}', false)";

    const claimed = await rowsRead(claim, [queueId, workerId, 'first', null, 10]);
    const jobs = claimed.rows.slice(0, -1) as { id: string }[];
    expect(jobs.length).toBe(10);
    expect(claimed.inSequence).toBe(0);
    expect(claimed.byIndex).toBeLessThan(100);

    const items = jobs.map(({ id }) => ({
      id,
      token: 'first',
      outcome: 'completed',
      value: '1',
    }));
    const settled = await rowsRead(claim, [queueId, workerId, 'second', JSON.stringify(items), 10]);
    expect(settled.rows.at(-1)).toMatchObject({ head: { refused: null } });
    expect(settled.inSequence).toBe(0);
    expect(settled.byIndex).toBeLessThan(150);

    const specs = [1, 2, 3].map((position) => ({
      position,
      unit: 0,
      queue_id: queueId,
      name: 'a',
      data: '{}',
      opts: '{}',
    }));
    const added = await rowsRead('select tuskmq.add_jobs($1)', [JSON.stringify(specs)]);
    expect(added.inSequence).toBe(0);
    expect(added.byIndex).toBeLessThan(20);

    const listed = await rowsRead("select tuskmq.list_jobs($1, 'completed', 0, 9, false)", [
      queueId,
    ]);
    expect(listed.inSequence).toBe(0);
    expect(listed.byIndex).toBeLessThan(100);

    const fetched = await rowsRead('select tuskmq.get_jobs($1, $2)', [queueId, '["w500", "c7"]']);
    expect(fetched.inSequence).toBe(0);
    expect(fetched.byIndex).toBeLessThan(10);
  });

  test('so do deduplication, children, limits, metrics, steps, signals and events', async () => {
    const queueId = await prepare();
    await fillOtherTables(queueId);
    const workerId = await worker(queueId);
    const claim = (token: string, rateMax: number | null) =>
      [
        "select * from tuskmq.settle_and_claim($1, $2, 0, $3, $4, 3, false, false, false, $5, 1000, '{}', false)",
        (items: object[] | null) => [
          queueId,
          workerId,
          token,
          items && JSON.stringify(items),
          rateMax,
        ],
      ] as const;
    const [first, firstValues] = claim('first', 1_000);
    const [second, secondValues] = claim('second', null);
    const spec = { position: 0, unit: 0, queue_id: queueId, name: 'a', data: '{}', opts: '{}' };
    const step = {
      queue_id: queueId,
      id: 'w1',
      token: 'first',
      name: 'x',
      kind: 'step',
      attempts: 1,
    };

    const calls: [what: string, most: number, text: string, values: unknown[]][] = [
      ['a claim with a rate limit', 60, first, firstValues(null)],
      [
        'adding under a deduplication id',
        20,
        'select tuskmq.add_jobs($1)',
        [JSON.stringify([{ ...spec, id: 'new', deduplication_id: 'k5' }])],
      ],
      [
        'adding a child',
        20,
        'select tuskmq.add_jobs($1)',
        [JSON.stringify([{ ...spec, parent_queue_id: queueId, parent_id: 'd9' }])],
      ],
      ['saving steps', 20, 'select tuskmq.save_steps($1)', [JSON.stringify([step])]],
      ['reading steps', 20, "select tuskmq.get_steps($1, 'w1')", [queueId]],
      ['a signal', 20, "select tuskmq.send_signal($1, 'w1', 's', '1')", [queueId]],
      [
        'updating data and progress',
        20,
        'select tuskmq.update_jobs($1)',
        [
          JSON.stringify([
            { queue_id: queueId, id: 'w1', data: '1' },
            { queue_id: queueId, id: 'w2', progress: '1' },
          ]),
        ],
      ],
      [
        'finishing children, with metrics',
        150,
        second,
        secondValues(
          ['w1', 'w2', 'w3'].map((id) => ({
            ...{ id, token: 'first', outcome: 'completed', value: '1' },
            ...{ has_parent: true, metrics_points: 20_000, deduplication_id: `k${id.slice(1)}` },
          })),
        ),
      ],
      [
        'what children returned',
        20,
        "select tuskmq.get_dependencies($1, 'd1', 'completed', 0, 10)",
        [queueId],
      ],
      ['a resync', 60, "select tuskmq.resync_worker($1, $2, '[]')", [queueId, workerId]],
    ];
    for (const [what, most, text, values] of calls) {
      const { inSequence, byIndex } = await rowsRead(text, values);
      expect({ what, inSequence, isFrugal: byIndex <= most, byIndex }).toEqual({
        what,
        inSequence: 0,
        isFrugal: true,
        byIndex,
      });
    }
  });
});
