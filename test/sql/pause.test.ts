import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

test('an exchange that began before a pause claims nothing that was added after it', async () => {
  const queue = on.queue();
  const queueId = await queue.queueId();
  const [process] = await on.sql<{ r: { id: number } }>(
    "select tuskmq.register_process('host', 1) as r",
  );
  const [worker] = await on.sql<{ id: string }>(
    "select tuskmq.register_worker($1, $2, 'uid', 'name', 10, 30000, true) as id",
    [queueId, process!.r.id],
  );
  const session = await on.client();
  const exchange = async (token: string, items: object[] | null) => {
    const { rows } = await session.query(
      'select * from tuskmq.settle_and_claim($1, $2, 0, $3, null, null, null, null, null, $4, 5, false, false, false, null, null, null, false)',
      [queueId, worker!.id, token, items && JSON.stringify(items)],
    );
    return rows.slice(0, -1).map(({ id }) => id as string);
  };
  await queue.add('job', {}, { jobId: 'first' });
  expect(await exchange('1', null)).toEqual(['first']);

  // It has looked at the queue, and waits to settle the job that somebody holds.
  const holder = await on.client();
  await holder.query('begin');
  await holder.query("select from tuskmq.job_state where id = 'first' for update");
  const late = exchange('2', [{ id: 'first', token: '1', outcome: 'completed', value: '1' }]);
  await until(async () => {
    const waiting = await on.sql(
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%settle_and_claim%' and datname = current_database()",
    );
    return waiting.length === 1;
  });
  await queue.pause();
  await queue.add('job', {}, { jobId: 'second' });
  await holder.query('commit');
  expect(await late).toEqual([]);
  expect(await queue.getJobState('first')).toBe('completed');
  await queue.resume();
  expect(await exchange('3', null)).toEqual(['second']);
});
