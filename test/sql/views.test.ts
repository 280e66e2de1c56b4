/** What is to be seen in SQL. */

import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

describe('the views', () => {
  test('show jobs, queues, workers and locks', async () => {
    const queue = on.queue();
    let finish = () => {};
    on.worker(
      queue,
      (job) => {
        if (job.name === 'bad') throw new Error('no');
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
      { name: 'w', concurrency: 4 },
    );
    await queue.add('bad', { n: 1 });
    await queue.add('long', {});
    await queue.add('late', {}, { delay: 60_000, priority: 4 });
    await until(
      async () => (await queue.getActiveCount()) === 1 && (await queue.getFailedCount()) === 1,
    );
    const of = (view: string, columns: string) =>
      on.sql(`select ${columns} from tuskmq.${view} where queue = $1 order by 1`, [queue.name]);
    expect(
      await of('jobs', 'id, name, state, priority, data, failed_reason, processed_by'),
    ).toEqual([
      {
        id: '1',
        name: 'bad',
        state: 'failed',
        priority: 0,
        data: { n: 1 },
        failed_reason: 'no',
        processed_by: 'w',
      },
      {
        id: '2',
        name: 'long',
        state: 'active',
        priority: 0,
        data: {},
        failed_reason: null,
        processed_by: 'w',
      },
      {
        id: '3',
        name: 'late',
        state: 'delayed',
        priority: 4,
        data: {},
        failed_reason: null,
        processed_by: null,
      },
    ]);
    expect(await of('queues', 'prefix, paused, waiting, active, delayed, failed, workers')).toEqual(
      [
        {
          prefix: 'bull',
          paused: false,
          waiting: '0',
          active: '1',
          delayed: '1',
          failed: '1',
          workers: '1',
        },
      ],
    );
    expect(await of('workers', 'name, pid, concurrency, active')).toEqual([
      { name: 'w', pid: process.pid, concurrency: 4, active: '1' },
    ]);
    expect(await of('locks', 'id, name, pid, leased_until > now() as held')).toEqual([
      { id: '2', name: 'long', pid: process.pid, held: true },
    ]);
    finish();
    await until(async () => (await of('locks', 'id')).length === 0);
  });

  test('show a job and its child of one name and id, in queues whose prefixes differ', async () => {
    const parents = on.queue(on.name(), { prefix: 'a' });
    await on.flow({ prefix: 'a' }).add({
      name: 'parent',
      queueName: parents.name,
      opts: { jobId: 'x' },
      children: [{ name: 'child', queueName: parents.name, prefix: 'b', opts: { jobId: 'x' } }],
    });
    const rows = await on.sql('select tree from tuskmq.flow_tree($1, $2)', [
      `a:${parents.name}`,
      'x',
    ]);
    expect(rows.map(({ tree }) => tree)).toEqual(['parent', '  child']);
  });

  test('show no tree of a job that there is not', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    expect(await on.sql('select from tuskmq.flow_tree($1, $2)', [queue.name, 'none'])).toEqual([]);
  });

  test('show a flow as a tree', async () => {
    const queue = on.queue();
    const child = (name: string, children = {}) => ({
      name,
      queueName: queue.name,
      opts: { jobId: name },
      ...children,
    });
    await on
      .flow()
      .add(child('root', { children: [child('a', { children: [child('deep')] }), child('b')] }));
    await (await queue.getJob('b'))!.remove();
    const rows = await on.sql(
      'select depth, tree, id, state, as_child, pending_children from tuskmq.flow_tree($1, $2)',
      [queue.name, 'root'],
    );
    expect(rows).toEqual([
      {
        depth: 0,
        tree: 'root',
        id: 'root',
        state: 'waiting-children',
        as_child: null,
        pending_children: 1,
      },
      {
        depth: 1,
        tree: '  a',
        id: 'a',
        state: 'waiting-children',
        as_child: 'pending',
        pending_children: 1,
      },
      {
        depth: 2,
        tree: '    deep',
        id: 'deep',
        state: 'waiting',
        as_child: 'pending',
        pending_children: 0,
      },
    ]);
  });
});
