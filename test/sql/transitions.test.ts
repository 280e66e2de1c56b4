import { useInstances } from '../helpers/instances';

const on = useInstances();

const states = [
  'waiting',
  'prioritized',
  'delayed',
  'active',
  'waiting-children',
  'completed',
  'failed',
  'missing',
] as const;
type State = (typeof states)[number];

/** A queue with a job `j` in a state; one that was active is or was held under the token `t`. */
async function jobIn(state: State) {
  const queue = on.queue();
  const queueId = await queue.queueId();
  const add = (opts = {}) => queue.add('a', {}, { jobId: 'j', ...opts });
  if (state === 'waiting') await add();
  if (state === 'prioritized') await add({ priority: 1 });
  if (state === 'delayed') await add({ delay: 60_000 });
  if (state === 'waiting-children') {
    const child = { name: 'c', queueName: on.name() };
    await on
      .flow()
      .add({ name: 'p', queueName: queue.name, opts: { jobId: 'j' }, children: [child] });
  }
  if (state === 'active' || state === 'completed' || state === 'failed') {
    await add();
    await on.sql("select tuskmq.claim_jobs($1, 1, 't', 60000, '', null, null)", [queueId]);
    const item = { id: 'j', token: 't', outcome: state, value: '1', reason: 'r' };
    if (state !== 'active') {
      await on.sql('select tuskmq.settle_jobs($1, $2)', [queueId, JSON.stringify([item])]);
    }
  }
  expect(await queue.getJobState('j')).toBe(state === 'missing' ? 'unknown' : state);
  return { queue, queueId };
}

const settle = (outcome: string, token = 't') =>
  `coalesce(tuskmq.settle_jobs($1, '[{"id": "j", "token": "${token}", "outcome": "${outcome}", "value": "1"}]')->0->>'outcome', 'ok')`;

type Outcomes = Partial<Record<State, string>> & { others: string };

/** What a run is told that no longer holds its job. */
const refusedRuns: Outcomes = {
  completed: 'already_settled',
  failed: 'already_settled',
  missing: 'missing',
  others: 'lock_missing',
};

/** What each function answers in each state, and the state in which it then leaves the job. */
const matrix: [call: string, outcomes: Outcomes, after: Partial<Record<State, string>>][] = [
  [
    "tuskmq.delay_job($1, 'j', 't', 3600000)",
    { active: 'ok', missing: 'missing', others: 'lock_missing' },
    { active: 'delayed' },
  ],
  [
    "tuskmq.delay_job($1, 'j', 'other', 3600000)",
    { active: 'lock_mismatch', missing: 'missing', others: 'lock_missing' },
    {},
  ],
  [
    "tuskmq.delay_job($1, 'j', '0', 3600000)",
    { active: 'ok', missing: 'missing', others: 'not_active' },
    { active: 'delayed' },
  ],
  [
    "tuskmq.release_job($1, 'j', 't')",
    { active: 'ok', missing: 'missing', others: 'lock_missing' },
    { active: 'waiting' },
  ],
  [
    "tuskmq.release_job($1, 'j', '0')",
    { active: 'ok', missing: 'missing', others: 'not_active' },
    { active: 'waiting' },
  ],
  [
    "tuskmq.wait_for_children($1, 'j', 't', null)",
    { 'waiting-children': 'lock_missing', missing: 'missing', others: 'nothing_pending' },
    {},
  ],
  [
    settle('completed'),
    {
      active: 'ok',
      completed: 'already_settled',
      failed: 'already_settled',
      'waiting-children': 'pending_children',
      missing: 'missing',
      others: 'lock_missing',
    },
    { active: 'completed' },
  ],
  [
    settle('failed'),
    {
      active: 'ok',
      completed: 'already_settled',
      failed: 'already_settled',
      missing: 'missing',
      others: 'lock_missing',
    },
    { active: 'failed' },
  ],
  [
    settle('retried'),
    {
      active: 'ok',
      completed: 'already_settled',
      failed: 'already_settled',
      missing: 'missing',
      others: 'lock_missing',
    },
    { active: 'waiting' },
  ],
  [
    settle('completed', 'other'),
    {
      active: 'lock_mismatch',
      'waiting-children': 'pending_children',
      missing: 'missing',
      others: 'lock_missing',
    },
    {},
  ],
  [
    settle('completed', '0'),
    {
      active: 'ok',
      'waiting-children': 'pending_children',
      missing: 'missing',
      others: 'not_active',
    },
    { active: 'completed' },
  ],
  [
    "tuskmq.promote_job($1, 'j')",
    { delayed: 'ok', missing: 'missing', others: 'not_in_state' },
    { delayed: 'waiting' },
  ],
  [
    "tuskmq.change_delay($1, 'j', 5000)",
    { delayed: 'ok', missing: 'missing', others: 'not_in_state' },
    {},
  ],
  [
    "tuskmq.change_priority($1, 'j', 2, false)",
    { missing: 'missing', others: 'ok' },
    { waiting: 'prioritized' },
  ],
  [
    "tuskmq.retry_job($1, 'j', 'failed')",
    { failed: 'ok', missing: 'missing', others: 'not_in_state' },
    { failed: 'waiting' },
  ],
  [
    "tuskmq.retry_job($1, 'j', 'completed')",
    { completed: 'ok', missing: 'missing', others: 'not_in_state' },
    { completed: 'waiting' },
  ],
  [
    "tuskmq.remove_job($1, 'j', true)",
    { active: 'locked', missing: 'missing', others: 'ok' },
    Object.fromEntries(
      states.filter((state) => state !== 'active').map((state) => [state, 'unknown']),
    ),
  ],
  [
    `coalesce(tuskmq.extend_locks($1, '[{"id": "j", "token": "t"}]', 1000)->>0, 'ok')`,
    { active: 'ok', others: 'j' },
    {},
  ],
  [
    "coalesce(tuskmq.update_data(array[$1::integer], '{j}', '{1}')->>0, 'ok')",
    { missing: '0', others: 'ok' },
    {},
  ],
  [
    "coalesce(tuskmq.update_progress(array[$1::integer], '{j}', '{1}')->>0, 'ok')",
    { missing: '0', others: 'ok' },
    {},
  ],
  [
    "coalesce(tuskmq.add_logs(array[$1::integer], array['j'], array['row'], array[null]::integer[])->>0, 'missing')",
    { missing: 'missing', others: '1' },
    {},
  ],
  [
    `tuskmq.save_steps(format('[{"queue_id": %s, "id": "j", "token": "t", "name": "s", "kind": "step", "attempts": 1}]', $1::integer))->'outcomes'->>0`,
    { active: 'ok', ...refusedRuns },
    {},
  ],
  [
    "tuskmq.sleep_job($1, 'j', 't', 's', null, 60000)",
    { active: 'ok', ...refusedRuns },
    { active: 'delayed' },
  ],
  ["tuskmq.sleep_job($1, 'j', 't', 's', 0, null)", { active: 'done', ...refusedRuns }, {}],
  [
    "tuskmq.await_signal($1, 'j', 't', 's', 'go', null)::json->>'outcome'",
    { active: 'ok', ...refusedRuns },
    { active: 'delayed' },
  ],
  ["tuskmq.await_children($1, 'j', 't', 's')", { active: 'done', ...refusedRuns }, {}],
  ["tuskmq.check_run($1, 'j', 't')", { active: 'ok', ...refusedRuns }, {}],
  [
    "tuskmq.check_run($1, 'j', 'other')",
    { active: 'lock_mismatch', ...refusedRuns, completed: 'lock_missing', failed: 'lock_missing' },
    {},
  ],
  [
    "tuskmq.begin_transaction($1, 'j', 't', 1000)->>'outcome'",
    { active: 'ok', ...refusedRuns },
    {},
  ],
  [
    "tuskmq.send_signal($1, 'j', 'go', '1')",
    { missing: 'missing', completed: 'not_in_state', failed: 'not_in_state', others: 'ok' },
    {},
  ],
  [
    "tuskmq.retry_from_step($1, 'j', 'unknown', '{}')",
    { missing: 'missing', others: 'step_missing' },
    {},
  ],
];

describe.each(matrix)('%s', (call, outcomes, after) => {
  test.each(states)('of a job that is %s', async (state) => {
    const { queue, queueId } = await jobIn(state);
    const [row] = await on.sql<{ r: string }>(`select ${call} as r`, [queueId]);
    expect(row?.r).toBe(outcomes[state] ?? outcomes.others);
    const expected = after[state] ?? (state === 'missing' ? 'unknown' : state);
    expect(await queue.getJobState('j')).toBe(expected);
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
