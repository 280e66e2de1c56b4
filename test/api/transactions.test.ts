import type { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import { Pool } from 'pg';
import type { Queue } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** A worker of the queue that sleeps: whoever adds a job has to wake it. */
async function sleepingWorker(queue: Queue) {
  const worker = on.worker(queue, async (job) => job.name);
  await worker.waitUntilReady();
  await until(async () => {
    const rows = await on.sql('select from tuskmq.workers where queue = $1 and wants_jobs', [
      queue.name,
    ]);
    return (
      rows.length === 1 && (worker as unknown as { loop: { isAsleep(): boolean } }).loop.isAsleep()
    );
  });
  return worker;
}

/** Milliseconds from now until the worker has completed a job; the poll comes every 500. */
async function pickup(worker: ReturnType<typeof on.worker>, act: () => Promise<unknown>) {
  const completed = new Promise((resolve) => worker.once('completed', resolve));
  const start = performance.now();
  await act();
  await completed;
  return performance.now() - start;
}

async function inTransaction(work: (tx: Client) => Promise<unknown>, how = 'begin') {
  const tx = await on.client();
  await tx.query(how);
  await work(tx);
  return tx;
}

describe('Queue.withTransaction', () => {
  test('adds jobs that exist from commit on, together with what else was written', async () => {
    const queue = on.queue();
    const tx = await inTransaction(async (tx) => {
      await tx.query('create table orders (id text)');
      await tx.query("insert into orders values ('o1')");
      const [one, two] = [
        await queue.withTransaction(tx).add('one', { order: 'o1' }),
        ...(await queue.withTransaction(tx).addBulk([{ name: 'two', data: {} }])),
      ];
      expect([one.id, two?.id]).toEqual(['1', '2']);
      const seen = await tx.query('select from tuskmq.jobs where queue = $1', [queue.name]);
      expect(seen.rows.length).toBe(2);
    });
    expect(await queue.count()).toBe(0);
    expect(await queue.getJob('1')).toBeUndefined();
    await tx.query('commit');
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['one', 'two']);
    expect(await on.sql('select id from orders')).toEqual([{ id: 'o1' }]);
  });

  test('leaves nothing behind when it rolls back', async () => {
    const queue = on.queue();
    const events = await on.events(queue);
    const heard = record(events, 'added', 'waiting');
    const tx = await inTransaction((tx) => queue.withTransaction(tx).add('a', {}));
    await tx.query('rollback');
    await queue.add('b', {});
    await until(() => heard.length === 2);
    expect(heard.map(([event]) => event)).toEqual(['added', 'waiting']);
    expect((await queue.getJobs()).map(({ name }) => name)).toEqual(['b']);
  });

  test('leaves the queue itself unbound', async () => {
    const queue = on.queue();
    const tx = await inTransaction(async (tx) => {
      const bound = queue.withTransaction(tx);
      expect(bound).toBeInstanceOf(queue.constructor);
      expect(bound.name).toBe(queue.name);
      await queue.add('outside', {});
      await bound.add('inside', {});
    });
    await tx.query('rollback');
    expect((await queue.getJobs()).map(({ name }) => name)).toEqual(['outside']);
  });

  test('tells nobody here what may yet roll back', async () => {
    const queue = on.queue();
    const job = await queue.add('before', {});
    const heard = record(queue, 'waiting', 'paused', 'resumed', 'progress', 'removed', 'cleaned');
    const tx = await inTransaction(async (tx) => {
      const bound = queue.withTransaction(tx);
      await bound.add('a', {});
      await bound.pause();
      await bound.resume();
      await bound.updateJobProgress(job.id!, 1);
      await job.withTransaction(tx).updateProgress(2);
      await bound.clean(0, 0, 'delayed');
      await bound.remove(job.id!);
    });
    await tx.query('rollback');
    expect(heard).toEqual([]);
    await queue.pause();
    expect(heard.map(([event]) => event)).toEqual(['paused']);
  });

  test('is not what closes the queue', async () => {
    const queue = on.queue(on.name(), { connection: `${on.url}?application_name=bound` });
    const flow = on.flow({ connection: `${on.url}?application_name=bound` });
    await inTransaction(async (tx) => {
      const bound = queue.withTransaction(tx);
      await bound.add('a', {});
      await bound.close();
      await bound.disconnect();
      await flow.withTransaction(tx).close();
      await bound.add('b', {});
    });
    expect((await queue.add('c', {})).id).toBe('3');
    expect((await flow.add({ name: 'f', queueName: queue.name })).job.id).toBeDefined();
  });

  test('begins in transactions that hold all connections of the pool of the application', async () => {
    const name = on.name();
    const pool = new Pool({ connectionString: on.url, max: 3 });
    const queue = on.queue(name, { connection: pool });
    const added = await Promise.all(
      [1, 2, 3].map(async (n) => {
        const client = await pool.connect();
        await client.query('begin');
        const job = await queue.withTransaction(client).add('a', { n });
        await client.query('commit');
        client.release();
        return job.id;
      }),
    );
    expect(added.sort()).toEqual(['1', '2', '3']);
    await queue.close();
    await pool.end();
  });

  test('reads what the transaction has written', async () => {
    const queue = on.queue();
    await inTransaction(async (tx) => {
      const bound = queue.withTransaction(tx);
      const { id } = await bound.add('a', { n: 1 });
      expect(await bound.getJobState(id!)).toBe('waiting');
      expect((await bound.getJob(id!))?.data).toEqual({ n: 1 });
      expect((await bound.getWaiting()).length).toBe(1);
    });
  });

  test('reads counts of finished jobs', async () => {
    const queue = on.queue();
    const tx = await inTransaction(async () => {});
    const bound = queue.withTransaction(tx);
    expect(await bound.getMetrics('completed')).toMatchObject({ data: [], count: 0 });
    expect(await bound.exportPrometheusMetrics()).toContain('bullmq_job_count');
    await tx.query('commit');
  });

  test('refuses a pool, on which each statement would be a transaction of its own', async () => {
    const queue = on.queue();
    const pool = new Pool({ connectionString: on.url });
    expect(() => queue.withTransaction(pool as never)).toThrow(/expects a client, not a pool/);
    expect(() => queue.withTransaction({} as never)).toThrow(/expects an open transaction/);
    expect(() => queue.withTransaction(undefined as never)).toThrow(/expects an open transaction/);
    await pool.end();
  });

  test('with an unknown parent rejects, and the transaction can go on', async () => {
    const queue = on.queue();
    const tx = await inTransaction(async (tx) => {
      const parent = { id: 'nobody', queue: queue.qualifiedName };
      const bound = queue.withTransaction(tx);
      await expect(bound.add('a', {}, { parent })).rejects.toMatchObject({ code: -5 });
      await expect(bound.add('a', { n: 1n })).rejects.toThrow('BigInt');
      await bound.add('b', {});
    });
    await tx.query('commit');
    expect(await queue.count()).toBe(1);
  });

  test('knows of BEGIN and COMMIT on clients of a pg that does not tell', async () => {
    const client = await on.client();
    Object.defineProperty(client, 'getTransactionStatus', { value: undefined });
    const queue = on.queue();
    const refusal = /^withTransaction expects a pg client after/;
    await expect(queue.withTransaction(client).add('before', {})).rejects.toThrow(refusal);
    await client.query('begin');
    const bound = queue.withTransaction(client);
    await bound.add('within', {});
    await client.query('commit');
    await expect(bound.add('after', {})).rejects.toThrow(refusal);
    // One that nobody has waited for counts, too.
    const begun = client.query('begin');
    await queue.withTransaction(new Proxy(client, {})).add('within another', {});
    await begun;
    await client.query('commit');
    const names = (await queue.getJobs()).map(({ name }) => name);
    expect(names.sort()).toEqual(['within', 'within another']);
    const { connection } = client as unknown as { connection: EventEmitter };
    expect(connection.listenerCount('readyForQuery')).toBeLessThanOrEqual(2);
  });

  test('ends when its client is given back to the pool, though that serves another transaction by now', async () => {
    const pool = new Pool({ connectionString: on.url, max: 1 });
    const first = await pool.connect();
    await first.query('begin');
    const queue = on.queue();
    const bound = queue.withTransaction(first);
    await bound.add('in time', {});
    await first.query('commit');
    first.release();
    const second = await pool.connect();
    await second.query('begin');
    await expect(bound.add('late', {})).rejects.toThrow(/^The transaction is over/);
    await second.query('commit');
    second.release();
    await pool.end();
    expect(await queue.count()).toBe(1);
  });

  test('bears a driver whose types are parsed otherwise', async () => {
    const queue = on.queue();
    const tx = await inTransaction(async (tx) => {
      tx.setTypeParser(114, () => 'spoiled');
      tx.setTypeParser(25, (text) => text);
      await queue.withTransaction(tx).add('a', { n: 1 });
    });
    await tx.query('commit');
    expect((await queue.getJob('1'))?.data).toEqual({ n: 1 });
  });
});

test('a queue that is newer than the snapshot of a transaction is refused with what to do', async () => {
  const tx = await inTransaction(
    (tx) => tx.query('select from tuskmq.jobs'),
    'begin isolation level repeatable read',
  );
  const queue = on.queue();
  await queue.queueId();
  await expect(queue.withTransaction(tx).add('a', {})).rejects.toMatchObject({
    message: expect.stringContaining('newer than the snapshot of this transaction'),
    hint: expect.stringContaining('await queue.waitUntilReady()'),
  });
  await tx.query('rollback');
});

test.each([
  ['a job', (name: string, tx: Client) => on.queue(name).withTransaction(tx).add('b', 2)],
  [
    'a flow',
    (name: string, tx: Client) =>
      on
        .flow()
        .withTransaction(tx)
        .add({ name: 'b', queueName: name, children: [{ name: 'c', queueName: name }] }),
  ],
])('%s can be added to a queue that the same transaction has made from SQL', async (_, add) => {
  const name = `made-here-${_.slice(2)}`;
  const tx = await on.client();
  await tx.query('begin');
  await tx.query("select tuskmq.add_job($1, 'a', '1')", [name]);
  await add(name, tx);
  await tx.query('commit');
  const queue = on.queue(name);
  expect((await queue.getJobs()).map((job) => job.name)).toEqual(
    expect.arrayContaining(['a', 'b']),
  );
});

describe('a sleeping worker', () => {
  test('wakes at the commit of an add, not before, and waits for no poll', async () => {
    const queue = on.queue();
    const worker = await sleepingWorker(queue);
    const tx = await inTransaction((tx) => queue.withTransaction(tx).add('a', {}));
    expect(await pickup(worker, () => tx.query('commit'))).toBeLessThan(300);
  });

  test.each(['repeatable read', 'serializable'])('wakes after an add under %s', async (level) => {
    const queue = on.queue();
    // A snapshot that is older than its queue sees none to add to.
    await queue.queueId();
    const tx = await inTransaction(
      (tx) => tx.query('select from tuskmq.jobs'),
      `begin isolation level ${level}`,
    );
    const worker = await sleepingWorker(queue);
    await queue.withTransaction(tx).add('a', {});
    expect(await pickup(worker, () => tx.query('commit'))).toBeLessThan(300);
  });

  test('wakes when a transaction commits that looked for sleepers before it fell asleep', async () => {
    const queue = on.queue();
    const tx = await inTransaction((tx) => queue.withTransaction(tx).add('early', {}));
    const worker = on.worker(queue, async (job) => job.name);
    await until(async () => {
      const rows = await on.sql('select from tuskmq.workers where queue = $1 and wants_jobs', [
        queue.name,
      ]);
      return rows.length === 1;
    });
    expect(await pickup(worker, () => tx.query('commit'))).toBeLessThan(300);
  });

  test('wakes for a delayed job that a transaction added behind one that ran meanwhile', async () => {
    const queue = on.queue();
    const worker = await sleepingWorker(queue);
    // Three times: by chance, the poll may come in time once.
    for (const round of [1, 2, 3]) {
      await queue.add('first', {}, { delay: 50 });
      const tx = await inTransaction((tx) =>
        queue.withTransaction(tx).add('second', {}, { delay: 51 }),
      );
      await until(async () => (await queue.getCompletedCount()) === round * 2 - 1);
      expect(await pickup(worker, () => tx.query('commit'))).toBeLessThan(150);
    }
  });

  test('wakes for jobs that are resumed, promoted, retried, or due', async () => {
    const queue = on.queue();
    const worker = await sleepingWorker(queue);
    const asleep = () =>
      until(() => (worker as unknown as { loop: { isAsleep(): boolean } }).loop.isAsleep());
    await queue.pause();
    await queue.add('a', {});
    await asleep();
    expect(await pickup(worker, () => queue.resume())).toBeLessThan(300);
    const delayed = await queue.add('a', {}, { delay: 3_600_000 });
    await asleep();
    expect(await pickup(worker, () => delayed.promote())).toBeLessThan(300);
    await asleep();
    expect(await pickup(worker, () => delayed.retry('completed'))).toBeLessThan(300);
    await asleep();
    expect(await pickup(worker, () => queue.add('a', {}, { delay: 50 }))).toBeLessThan(350);
    const other = await queue.add('a', {}, { delay: 3_600_000 });
    await asleep();
    expect(await pickup(worker, () => other.changeDelay(50))).toBeLessThan(350);
  });
});

describe('FlowProducer.withTransaction', () => {
  test('reads the trees that the transaction has added', async () => {
    const queue = on.queue();
    const flow = on.flow();
    const tx = await inTransaction(async (tx) => {
      const bound = flow.withTransaction(tx);
      const child = { name: 'child', queueName: queue.name };
      const { job } = await bound.add({ name: 'p', queueName: queue.name, children: [child] });
      const tree = await bound.getFlow({ id: job.id!, queueName: queue.name });
      expect([tree.job.name, tree.children?.map(({ job }) => job.name)]).toEqual(['p', ['child']]);
      expect(await flow.getFlow({ id: job.id!, queueName: queue.name })).toBeUndefined();
    });
    await tx.query('rollback');
  });

  test('adds a tree at commit, or none', async () => {
    const queue = on.queue();
    const flow = on.flow();
    const tree = (name: string) => ({
      name,
      queueName: queue.name,
      children: [{ name, queueName: queue.name }],
    });
    const kept = await inTransaction((tx) => flow.withTransaction(tx).add(tree('kept')));
    const dropped = await inTransaction((tx) =>
      flow.withTransaction(tx).addBulk([tree('dropped')]),
    );
    expect(await queue.count()).toBe(0);
    await kept.query('commit');
    await dropped.query('rollback');
    expect((await queue.getJobs()).map(({ name }) => name)).toEqual(['kept', 'kept']);
  });
});

describe('Job.withTransaction', () => {
  test('moves, updates and logs at commit, or not at all', async () => {
    const queue = on.queue();
    await queue.add('a', { step: 1 });
    const job = (await on.worker(queue, null).getNextJob('t'))!;
    const change = async (tx: Client) => {
      const bound = job.withTransaction(tx);
      await bound.updateData({ step: 2 });
      await bound.updateProgress(50);
      await bound.log('stepped');
      await bound.moveToDelayed(Date.now() + 60_000, 't');
    };
    await (await inTransaction(change)).query('rollback');
    expect(await queue.getJob('1')).toMatchObject({ data: { step: 1 }, progress: 0 });
    expect(await queue.getJobState('1')).toBe('active');
    const tx = await inTransaction(change);
    expect(await queue.getJobState('1')).toBe('active');
    await tx.query('commit');
    expect(await queue.getJob('1')).toMatchObject({ data: { step: 2 }, progress: 50 });
    expect(await queue.getJobState('1')).toBe('delayed');
    expect(await queue.getJobLogs('1')).toEqual({ logs: ['stepped'], count: 1 });
  });

  test('completes a job with the business write', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const job = (await on.worker(queue, null).getNextJob('t'))!;
    const tx = await inTransaction((tx) =>
      job.withTransaction(tx).moveToCompleted('r', 't', false),
    );
    expect(await job.isActive()).toBe(true);
    await tx.query('commit');
    expect(await job.isCompleted()).toBe(true);
  });

  test('reads as the job that it is', async () => {
    const queue = on.queue();
    const job = await queue.add('a', { n: 1 });
    await inTransaction(async (tx) => {
      expect(job.withTransaction(tx).toJSON()).toEqual(job.toJSON());
    });
  });
});
