/** Reports that meet in one exchange are judged each for itself. */

import type { Queue } from '../../lib';
import type { Settlement } from '../../lib/model/job-record';
import { Column } from '../../lib/store/caller';
import { sortReports } from '../../lib/store/reports';
import { useInstances } from '../helpers/instances';

const on = useInstances();

/** A worker of a queue, which reports and claims by hand. */
async function workerOf(queue: Queue) {
  const queueId = await queue.queueId();
  const [process] = await on.sql<{ r: { id: number } }>(
    "select tuskmq.register_process('h', 1) as r",
  );
  const [worker] = await on.sql<{ id: string }>(
    "select tuskmq.register_worker($1, $2, 'uid', 'name', 10, 30000, true) as id",
    [queueId, process!.r.id],
  );
  const exchange = async (token: string, reports: Settlement[] = [], limit = 5) => {
    const { ids, tokens, values, parentQueueIds, parentIds, items } = sortReports(reports);
    const rows = await on.sql<{ id: string; head: { refused: object[] | null } }>(
      `select * from tuskmq.settle_and_claim(
         $1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, false, false, false, null, null, null, false)`,
      [
        queueId,
        worker!.id,
        token,
        ...[ids, tokens, values, parentQueueIds, parentIds].map((column) => column?.text ?? null),
        items,
        limit,
      ],
    );
    const refused = rows.pop()!.head.refused;
    return { ids: rows.map(({ id }) => id), refused };
  };
  return { queueId, exchange };
}

const completed = (id: string, token: string, fields: Partial<Settlement> = {}): Settlement => ({
  id,
  token,
  outcome: 'completed',
  value: `"by ${token}"`,
  ...fields,
});

test('a parent is refused for its child, also when the child is completed in the same exchange', async () => {
  const queue = on.queue();
  const { queueId, exchange } = await workerOf(queue);
  await queue.add('parent', {}, { jobId: 'parent' });
  expect((await exchange('1')).ids).toEqual(['parent']);
  const parent = { id: 'parent', queue: queue.qualifiedName };
  await queue.add('child', {}, { jobId: 'child', parent });
  expect((await exchange('2')).ids).toEqual(['child']);
  const child = { has_parent: true, parent_queue_id: queueId, parent_id: 'parent' };
  const { refused } = await exchange(
    '3',
    [completed('parent', '1'), completed('child', '2', child)],
    0,
  );
  expect(refused).toEqual([{ id: 'parent', token: '1', outcome: 'pending_children' }]);
  expect(await queue.getJobState('child')).toBe('completed');
  expect((await exchange('4', [completed('parent', '1')], 0)).refused).toBeNull();
});

test.each([
  ['completed', {}],
  ['completed, and not kept', { remove: true }],
])(
  'of two runs of a job, the one that was taken over is refused, the other is %s',
  async (_, fields) => {
    const queue = on.queue();
    const { queueId, exchange } = await workerOf(queue);
    await on.sql('select tuskmq.listen_to_events($1, 1)', [queueId]);
    await queue.add('job', {}, { jobId: 'job' });
    await exchange('old');
    await on.sql(
      "update tuskmq.job_state set status = 'waiting', lock_token = null, worker_id = null where queue_id = $1",
      [queueId],
    );
    expect((await exchange('new')).ids).toEqual(['job']);
    const { refused } = await exchange(
      'next',
      [completed('job', 'old'), completed('job', 'new', fields)],
      0,
    );
    expect(refused).toEqual([
      { id: 'job', token: 'old', outcome: expect.stringMatching(/^(lock_m|missing)/) },
    ]);
    const told = await on.sql<{ payload: { returnvalue: string } }>(
      "select payload from tuskmq.event where queue_id = $1 and name = 'completed'",
      [queueId],
    );
    expect(told.map(({ payload }) => payload.returnvalue)).toEqual(['by new']);
  },
);

test('of plain completions the accepted count, one repeated is recognised, and one that got a parent since it was claimed tells it', async () => {
  const queue = on.queue();
  const { exchange } = await workerOf(queue);
  const ids = ['plain', 'repeated', 'taken', 'child'];
  await queue.addBulk(ids.map((jobId) => ({ name: 'job', data: {}, opts: { jobId } })));
  expect((await exchange('1', [], 4)).ids).toEqual(ids);
  expect((await exchange('2', [completed('repeated', '1')], 0)).refused).toBeNull();
  const children = [{ name: 'job', queueName: queue.name, opts: { jobId: 'child' } }];
  await on.flow().add({
    name: 'parent',
    queueName: queue.name,
    opts: { jobId: 'parent' },
    children,
  });
  expect(await queue.getJobState('parent')).toBe('waiting-children');

  const { refused } = await exchange(
    '3',
    [...ids.map((id) => completed(id, '1')), completed('taken', 'another')],
    0,
  );
  expect(refused).toEqual([
    { id: 'repeated', token: '1', outcome: 'already_settled' },
    { id: 'taken', token: 'another', outcome: expect.stringMatching(/^lock_/) },
  ]);
  expect(await queue.getJobCounts('completed', 'active')).toEqual({ completed: 4, active: 0 });
  expect(await queue.getJobState('parent')).toBe('waiting');
});

test('reports travel as columns unless parents of others have to be locked before all jobs', () => {
  const child = { has_parent: true, parent_queue_id: 1, parent_id: 'p' };
  const plain = sortReports([completed('a', 't'), completed('b', 't', child)]);
  expect(plain.ids).toEqual(new Column(['a', 'b'], 'text'));
  expect(plain.parentIds).toEqual(new Column([undefined, 'p'], 'text'));
  expect(plain.items).toBeNull();
  const beside = sortReports([completed('a', 't'), completed('b', 't', { remove: true })]);
  expect(beside.ids?.text).toBe('{"a"}');
  expect(JSON.parse(beside.items!)).toHaveLength(1);
  const mixed = sortReports([completed('a', 't'), completed('b', 't', { ...child, remove: true })]);
  expect(mixed.ids).toBeNull();
  expect(JSON.parse(mixed.items!)).toHaveLength(2);
});
