import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

describe('add_jobs', () => {
  test('answers in the order of the call, whatever queues its jobs are of', async () => {
    const queues = [on.queue(), on.queue(), on.queue()];
    const ids = await Promise.all(queues.map((queue) => queue.queueId()));
    const order = [2, 0, 1, 0, 2].map((at) => ids[at]!);
    const specs = order.map((queue_id, position) => ({
      position,
      unit: position,
      queue_id,
      id: position % 2 === 0 ? `own-${position}` : '',
      name: 'a',
      data: '{}',
      opts: '{}',
    }));
    const [row] = await on.sql<{ r: string }>('select tuskmq.add_jobs($1) as r', [
      JSON.stringify(specs),
    ]);
    expect(JSON.parse(row!.r).ids).toEqual(['own-0', '1', 'own-2', '2', 'own-4']);
    expect(await queues[0]!.getWaitingCount()).toBe(2);
  });

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
