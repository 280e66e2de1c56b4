import { useInstances } from '../helpers/instances';

const on = useInstances();

interface Saved {
  outcomes: string[];
  xid: string;
}

/** A queue with jobs that are active, each under the token `t`. */
async function activeJobs(...ids: string[]) {
  const queue = on.queue();
  const queueId = await queue.queueId();
  await queue.addBulk(ids.map((jobId) => ({ name: 'job', data: {}, opts: { jobId } })));
  await on.sql("select tuskmq.claim_jobs($1, $2, 't', 60000, '', null, null)", [
    queueId,
    ids.length,
  ]);
  const report = (id: string, fields: object = {}) => ({
    ...{ queue_id: queueId, id, token: 't', name: 's', kind: 'step', attempts: 1, elapsed_ms: 10 },
    ...fields,
  });
  const steps = () =>
    on.sql(
      'select job_id, name, kind, attempts, result, error, finished_at is not null as is_done from tuskmq.step where queue_id = $1 order by seq',
      [queueId],
    );
  return { queue, queueId, report, steps };
}

async function save(...reports: object[]): Promise<Saved> {
  const [row] = await on.sql<{ r: Saved }>('select tuskmq.save_steps($1) as r', [
    JSON.stringify(reports),
  ]);
  return row!.r;
}

describe('save_steps', () => {
  test('answers for each step by itself, in the order of the call', async () => {
    const { report, steps } = await activeJobs('a', 'b');
    const { outcomes } = await save(
      report('b', { result: '1' }),
      report('unknown'),
      report('a', { token: 'other' }),
      report('a', { result: '{"x": 1.0}' }),
    );
    expect(outcomes).toEqual(['ok', 'missing', 'lock_mismatch', 'ok']);
    expect(await steps()).toMatchObject([
      { job_id: 'a', result: { x: 1 }, is_done: true },
      { job_id: 'b', result: 1, is_done: true },
    ]);
  });

  test('takes the result of one try, as often as it is saved, and none of another', async () => {
    const { report, steps } = await activeJobs('a');
    const first = report('a', { result: '"first"' });
    for (const [again, outcome] of [
      [first, 'ok'],
      [first, 'ok'],
      [report('a', { result: '"second"', attempts: 2 }), 'already_done'],
      [report('a', { error: 'late', attempts: 2 }), 'ok'],
    ] as const) {
      expect((await save(again)).outcomes).toEqual([outcome]);
    }
    expect(await steps()).toMatchObject([{ attempts: 1, result: 'first', error: null }]);
  });

  test('counts failed tries, and keeps the last error of a step that is done then', async () => {
    const { report, steps } = await activeJobs('a');
    await save(report('a', { error: 'first' }));
    await save(report('a', { error: 'second', attempts: 2 }));
    expect(await steps()).toMatchObject([{ attempts: 2, error: 'second', is_done: false }]);
    await save(report('a', { result: '"x"', attempts: 3 }));
    expect(await steps()).toMatchObject([
      { attempts: 3, error: 'second', result: 'x', is_done: true },
    ]);
  });

  test('accepts a result again, and leaves it as it was first', async () => {
    const { report, steps } = await activeJobs('a');
    expect((await save(report('a', { result: '1' }))).outcomes).toEqual(['ok']);
    expect((await save(report('a', { result: '2' }))).outcomes).toEqual(['ok']);
    expect(await steps()).toMatchObject([{ result: 1 }]);
  });

  test('refuses what was to be in a transaction that is none of this run', async () => {
    const { report, queueId, steps } = await activeJobs('a');
    const inside = report('a', { in_transaction: true });
    expect((await save(inside)).outcomes).toEqual(['no_transaction']);
    const client = await on.client();
    await client.query('begin');
    await client.query("select tuskmq.begin_transaction($1, 'a', 't', 1000)", [queueId]);
    const text = 'select tuskmq.save_steps($1) as r';
    const { rows } = await client.query(text, [JSON.stringify([inside])]);
    await client.query('commit');
    expect(rows[0].r.outcomes).toEqual(['ok']);
    expect(await steps()).toHaveLength(1);
  });

  test('keeps the marks of the last run alone', async () => {
    const { report, queueId, steps } = await activeJobs('a');
    const mark = (name: string, token: string) =>
      report('a', { kind: 'transaction', name, token, attempts: 0 });
    await save(mark('t 1', 't'), mark('t 2', 't'));
    await on.sql("update tuskmq.job_state set lock_token = 'u' where queue_id = $1", [queueId]);
    await save(mark('u 1', 'u'));
    expect((await steps()).map(({ name }) => name)).toEqual(['u 1']);
  });
});

describe('begin_transaction', () => {
  test('bounds how long the session may be idle, and names it after the worker', async () => {
    const { queueId } = await activeJobs('a');
    await on.sql('update tuskmq.job_state set worker_id = 42 where queue_id = $1', [queueId]);
    const client = await on.client();
    const settings = async () => {
      const { rows } = await client.query(
        "select current_setting('idle_in_transaction_session_timeout') as idle, current_setting('application_name') as name",
      );
      return rows[0];
    };
    const before = await settings();
    await client.query('begin');
    await client.query("select tuskmq.begin_transaction($1, 'a', 't', 1500)", [queueId]);
    expect(await settings()).toEqual({
      idle: '1500ms',
      name: expect.stringMatching(/^tuskmq:\d+:worker:42$/),
    });
    await client.query('commit');
    expect(await settings()).toEqual(before);
  });
});

describe('get_commit_status', () => {
  const statusOf = async (xid: string, queueId: number, id = 'a', name = 's') => {
    const [row] = await on.sql<{ r: string }>(
      "select tuskmq.get_commit_status($1, $2, $3, 't', $4) as r",
      [xid, queueId, id, name],
    );
    return row!.r;
  };

  test('tells a transaction that is open, rolled back or committed', async () => {
    const { report, queueId } = await activeJobs('a');
    const client = await on.client();
    const text = 'select tuskmq.save_steps($1) as r';
    const begin = async () => {
      await client.query('begin');
      const { rows } = await client.query(text, [JSON.stringify([report('a')])]);
      return rows[0].r.xid as string;
    };
    const first = await begin();
    expect(await statusOf(first, queueId)).toBe('in_progress');
    await client.query('rollback');
    expect(await statusOf(first, queueId)).toBe('aborted');
    const second = await begin();
    await client.query('commit');
    expect(await statusOf(second, queueId)).toBe('committed');
  });

  test('does not take the number of somebody else for it: what it has saved must be there', async () => {
    const { queueId } = await activeJobs('a');
    const [row] = await on.sql<{ xid: string }>('select pg_current_xact_id()::text as xid');
    expect(await statusOf(row!.xid, queueId)).toBe('aborted');
    expect(await statusOf(row!.xid, queueId, 'removed')).toBe('committed');
    expect(await statusOf(`${BigInt(row!.xid) + 1_000_000n}`, queueId)).toBe('aborted');
  });
});
