/** Exchanges that share a transaction do what each would do alone. */

import type { Queue } from '../../lib';
import type { Settlement } from '../../lib/model/job-record';
import { type ExchangeRequest, toParameters } from '../../lib/store/exchange-request';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

interface Scene {
  /** The jobs of the queue besides `held 1` and `held 2`, which its worker has claimed, and `a`, `b` and `c`. */
  jobs?: (queue: Queue) => Promise<unknown>;
  /** What holds for the queue when the exchange begins. */
  rule?: (queue: Queue, queueId: number) => Promise<unknown>;
  reports?: Settlement[];
  request?: Partial<ExchangeRequest>;
  /** Of the worker. */
  renewsLocks?: boolean;
  isHungry?: boolean;
}

const HELD = ['held 1', 'held 2'];

const add = (queue: Queue, jobId: string, opts = {}) =>
  queue.add('job', { jobId }, { jobId, ...opts });
const done = (id: string, fields: Partial<Settlement> = {}): Settlement => ({
  id,
  token: 'first',
  outcome: 'completed',
  value: '7',
  ...fields,
});

interface ExchangeRow {
  id: string | null;
  head: { worker: number; claimed: number; refused: object[] | null } | null;
}

/** A queue of this scene, with a worker that holds two jobs of it and is about to make another exchange. */
async function staged({
  jobs,
  rule,
  reports = [],
  request,
  renewsLocks = true,
  isHungry = false,
}: Scene) {
  const queue = on.queue();
  const queueId = await queue.queueId();
  const [process] = await on.sql<{ r: { id: number } }>(
    "select tuskmq.register_process('h', 1) as r",
  );
  const [worker] = await on.sql<{ id: string }>(
    "select tuskmq.register_worker($1, $2, 'uid', 'name', 10, 30000, $3) as id",
    [queueId, process!.r.id, renewsLocks],
  );
  for (const id of HELD) await add(queue, id);
  const exchange: ExchangeRequest = {
    queueId,
    workerId: worker!.id,
    epoch: 0,
    token: 'first',
    reports: [],
    limit: 2,
    isHungry: false,
    isAsleep: false,
    mayDefer: false,
    rateLimit: undefined,
    ranges: null,
    findsRanges: false,
  };
  await alone(exchange);
  await on.sql('update tuskmq.worker set hungry = $2 where id = $1', [worker!.id, isHungry]);
  for (const id of ['a', 'b', 'c']) await add(queue, id);
  await jobs?.(queue);
  await rule?.(queue, queueId);
  return { queue, exchange: { ...exchange, token: 'second', reports, isHungry, ...request } };
}

const textOf = (value: unknown) => (value as { text?: string } | null)?.text ?? value;

function alone(request: ExchangeRequest): Promise<ExchangeRow[]> {
  const parameters = Object.entries(toParameters(request));
  const named = parameters.map(([name], i) => `p_${name} => $${i + 1}`);
  return on.sql(
    `select * from tuskmq.settle_and_claim(${named})`,
    parameters.map(([, value]) => textOf(value)),
  );
}

async function together(requests: ExchangeRequest[]): Promise<ExchangeRow[][]> {
  const rows = await on.sql<ExchangeRow>('select * from tuskmq.settle_and_claim_all($1)', [
    JSON.stringify(requests.map(toParameters)),
  ]);
  const claimed = rows.filter(({ head }) => head === null);
  const answers = new Map<number, ExchangeRow[]>();
  for (const row of rows) {
    if (row.head) answers.set(row.head.worker, [...claimed.splice(0, row.head.claimed), row]);
  }
  expect(claimed).toEqual([]);
  return requests.map(({ workerId }) => answers.get(Number(workerId))!);
}

/** Whatever a scene leaves, without what differs from one time to the next. */
async function outcomeOf(queue: Queue, rows: ExchangeRow[]) {
  const queueId = await queue.queueId();
  const jobs = await on.sql(
    `select id, status, priority, attempts_made, attempts_started, lock_token, lock_until is null as is_leased, worker_id is null as is_free,
       processed_by, processed_at is null as is_new, finished_at is null as is_open, return_value, failed_reason, run_at is null as is_due
     from tuskmq.job_state where queue_id = $1 order by id`,
    [queueId],
  );
  const workers = await on.sql('select hungry from tuskmq.worker where queue_id = $1', [queueId]);
  const events = await on.sql(
    'select name, job_id from tuskmq.event where queue_id = $1 order by id',
    [queueId],
  );
  const { head } = rows.at(-1)!;
  return {
    claimed: rows
      .slice(0, -1)
      .map(({ head, ...row }) => ({ ...row, created_at: 0, processed_at: 0 })),
    head: {
      ...head,
      worker: 0,
      now: 0,
      deferred: false,
      lost: 'lost' in head! && head.lost === true,
    },
    jobs,
    workers,
    events,
  };
}

const scenes: Record<string, Scene> = {
  'a queue without rules': { reports: HELD.map((id) => done(id)) },
  'a worker that claims only': {},
  'a worker without free slots': { reports: [done('held 1')], request: { limit: 0 } },
  'a worker whose slots are not all filled': { request: { limit: 9 } },
  'a hungry worker that finds less than it wanted': {
    isHungry: true,
    request: { limit: 9, isAsleep: true },
  },
  'a worker that is registered as hungry, though its last exchange said otherwise': {
    isHungry: true,
    request: { isHungry: false, limit: 9 },
  },
  'a hungry worker that is roused, and leaves jobs for others': {
    isHungry: true,
    request: { limit: 1, isAsleep: true },
  },
  'a worker that asks where jobs can wait': { request: { findsRanges: true } },
  'a worker that knows where jobs can wait': {
    request: { ranges: '{"(-2147483648,0,0)","(0,1,2147483647)"}', findsRanges: true },
  },
  'a worker that does not renew its locks': { renewsLocks: false },
  'jobs of several priorities, and one at the head': {
    jobs: async (queue) => {
      await add(queue, 'late', { priority: 9 });
      await add(queue, 'soon', { priority: 2 });
      await add(queue, 'first', { lifo: true });
    },
    request: { limit: 6 },
  },
  'a job with a progress, which has run before': {
    rule: (_, queueId) =>
      on.sql(
        "update tuskmq.job_state set progress = '5', stalled_count = 1, attempts_made = 2 where queue_id = $1 and id = 'b'",
        [queueId],
      ),
  },
  'a report under another token': { reports: [done('held 1', { token: 'x' }), done('held 2')] },
  'a report of a job that is not there': { reports: [done('held 1'), done('gone')] },
  'a report that is repeated': {
    rule: (_, queueId) =>
      on.sql(
        `update tuskmq.job_state set status = 'completed', finished_at = now(), worker_id = null
         where queue_id = $1 and id = 'held 1'`,
        [queueId],
      ),
    reports: HELD.map((id) => done(id)),
  },
  'a job that has got a parent since it was claimed': {
    rule: (queue) =>
      on.flow().add({
        name: 'parent',
        queueName: queue.name,
        opts: { jobId: 'parent' },
        children: [{ name: 'job', queueName: queue.name, opts: { jobId: 'held 1' } }],
      }),
    reports: HELD.map((id) => done(id)),
    request: { limit: 5 },
  },
  'a job that failed': {
    reports: [done('held 1'), done('held 2', { outcome: 'failed', reason: 'for no reason' })],
  },
  'a job that is not kept': { reports: [done('held 1', { remove: true })] },
  'a worker of another epoch': { reports: [done('held 1')], request: { epoch: 1 } },
  'a worker that nobody knows': { reports: [done('held 1')], request: { workerId: '999999' } },
  'a queue that is paused': { rule: (queue) => queue.pause(), reports: [done('held 1')] },
  'a queue that limits how many are active': {
    rule: (queue) => queue.setGlobalConcurrency(2),
    reports: [done('held 1')],
  },
  'a queue that limits how many are claimed in a time': {
    rule: (queue) => queue.setGlobalRateLimit(1, 60_000),
    reports: [done('held 1')],
  },
  'a worker that has a limit': { request: { rateLimit: { max: 1, duration: 60_000 } } },
  'a queue that somebody listens to': {
    rule: (_, queueId) => on.sql('select tuskmq.listen_to_events($1, 1)', [queueId]),
    reports: [done('held 1')],
  },
  'a queue with a delayed job that is due': {
    jobs: async (queue) => {
      await add(queue, 'delayed', { delay: 60_000 });
      await add(queue, 'later', { delay: 60_000 });
      await on.sql(
        "update tuskmq.job_state set run_at = now() - interval '1 s' where queue_id = $1 and id = 'delayed'",
        [await queue.queueId()],
      );
    },
    request: { limit: 9 },
  },
  'a queue with a job that is delayed': {
    rule: (queue) => add(queue, 'delayed', { delay: 60_000_000 }),
    request: { limit: 9 },
  },
};

test.each(Object.entries(scenes))(
  '%s gets beside others what it would get alone',
  async (_, scene) => {
    const one = await staged(scene);
    const beside = [
      await staged({ reports: [done('held 1')] }),
      await staged(scene),
      await staged({}),
    ];
    const plain = await staged({});
    const expected = await outcomeOf(one.queue, await alone(one.exchange));
    const answers = await together(beside.map(({ exchange }) => exchange));
    const found = await outcomeOf(beside[1]!.queue, answers[1]!);
    expect({ ...found, head: roughly(found.head) }).toEqual({
      ...expected,
      head: roughly(expected.head),
    });
    const others = await outcomeOf(beside[2]!.queue, answers[2]!);
    expect({ ...others, head: { ...others.head, refused: null } }).toEqual(
      await outcomeOf(plain.queue, await alone(plain.exchange)),
    );
  },
);

/** Without what differs from one time to the next: the places of jobs, and a wait that grows shorter. */
const roughly = (head: Record<string, unknown>) => ({
  ...head,
  ranges: String(head['ranges']).replace(/\(0,\d+,/, '(0,n,'),
  wakeIn: Math.ceil(Number(head['wakeIn'] ?? 0) / 60_000),
});

test('a refusal names the run, whichever exchange tells of it', async () => {
  const [one, other] = [
    await staged({ reports: [done('held 1', { token: 'x' })] }),
    await staged({}),
  ];
  const [, answer] = await together([one.exchange, other.exchange]);
  expect(answer!.at(-1)!.head!.refused).toEqual([
    { id: 'held 1', token: 'x', outcome: expect.stringMatching(/^lock_/) },
  ]);
});

test('those of queues without rules do not need the function of one exchange', async () => {
  const requests = [await staged({ reports: [done('held 1')] }), await staged({})];
  const client = await on.client();
  await client.query('begin');
  const {
    rows: [one],
  } = await client.query("select 'tuskmq.settle_and_claim'::regproc::regprocedure::text as name");
  await client.query(`drop function ${one.name}`);
  const { rows } = await client.query('select * from tuskmq.settle_and_claim_all($1)', [
    JSON.stringify(requests.map(({ exchange }) => toParameters(exchange))),
  ]);
  await client.query('rollback');
  expect(rows.filter(({ head }) => head === null).map(({ id }) => id)).toEqual([
    'a',
    'b',
    'a',
    'b',
  ]);
});

test('one that waits for a lock lets no other claim by limits that hold no longer', async () => {
  const capped = await staged({ rule: (queue) => queue.setGlobalConcurrency(9) });
  const plain = await staged({ request: { limit: 9 } });
  await on.sql('delete from tuskmq.job_state where queue_id = $1', [plain.exchange.queueId]);
  const holder = await on.client();
  await holder.query('begin');
  await holder.query('select from tuskmq.queue where id = $1 for update', [
    capped.exchange.queueId,
  ]);
  const session = await on.client();
  const call = session.query('select * from tuskmq.settle_and_claim_all($1)', [
    JSON.stringify([capped.exchange, plain.exchange].map(toParameters)),
  ]);
  let isOver = false;
  const over = call.then(
    () => {},
    // It waits for 100 ms only.
    () => {},
  );
  void over.then(() => {
    isOver = true;
  });
  await until(async () => {
    const waiting = await on.sql(
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%settle_and_claim_all%'",
    );
    return isOver || waiting.length === 1;
  });
  await plain.queue.setGlobalConcurrency(1);
  for (const id of ['d', 'e', 'f']) await add(plain.queue, id);
  await holder.query('commit');
  await over;
  expect(await plain.queue.getActiveCount()).toBeLessThanOrEqual(1);
});
