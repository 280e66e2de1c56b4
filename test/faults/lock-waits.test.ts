/** Transactions that hold what others need do not hold up those who need something else. */

import { Pool } from 'pg';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** An open transaction that holds the row of a job. */
async function hold(queueId: number, id: string) {
  const client = await on.client();
  await client.query('begin');
  await client.query('select from tuskmq.job_state where queue_id = $1 and id = $2 for update', [
    queueId,
    id,
  ]);
  return { end: () => client.query('commit') };
}

const ways: [string, () => { connection: string | Pool; end(): unknown }][] = [
  ['of ours', () => ({ connection: `${on.url}?application_name=${on.name()}`, end: () => {} })],
  [
    'of the application',
    () => {
      const connection = new Pool({ connectionString: on.url, max: 2 });
      connection.on('error', () => {});
      return { connection, end: () => connection.end() };
    },
  ],
];

describe.each(ways)('two connections %s', (_name, open) => {
  test('serve everybody else while the parent of what has ended is locked', async () => {
    const { connection, end } = open();
    const parents = on.queue();
    const children = [on.queue(), on.queue(), on.queue()];
    const { job: parent } = await on.flow().add({
      name: 'parent',
      queueName: parents.name,
      children: children.map(({ name }) => ({ name: 'child', queueName: name })),
    });
    const held = await hold(await parents.queueId(), parent.id!);

    const isOver = deferred();
    const other = on.queue();
    const worker = on.worker(other, () => isOver.promise, { connection, lockDuration: 3_000 });
    const heard = record(worker, 'completed', 'locksRenewed', 'lockRenewalFailed');
    await other.add('long', {});
    let ended = 0;
    const workers = children.map((queue) => on.worker(queue, async () => ended++, { connection }));
    await until(() => ended === children.length);
    // They report now, and wait.
    const beside = on.queue(other.name, { connection });
    await beside.add('more', {});
    expect(await beside.getJobCounts('active', 'waiting')).toEqual({ active: 1, waiting: 1 });
    await until(() => heard.filter(([event]) => event === 'locksRenewed').length === 3);
    isOver.resolve();
    await until(() => heard.filter(([event]) => event === 'completed').length === 2);
    expect(await parents.getJobState(parent.id!)).toBe('waiting-children');
    expect(heard.map(([event]) => event)).not.toContain('lockRenewalFailed');

    await held.end();
    await until(async () => (await parents.getJobState(parent.id!)) === 'waiting');
    await Promise.all([...workers, worker, beside].map((instance) => instance.close()));
    await end();
  });

  test('keeps running what runs while a hundred adds wait for one lock', async () => {
    const { connection, end } = open();
    const queue = on.queue(on.name(), { connection });
    const other = on.queue();
    const isOver = deferred();
    const worker = on.worker(other, () => isOver.promise, { connection, lockDuration: 4_000 });
    const heard = record(worker, 'completed', 'locksRenewed', 'lockRenewalFailed');
    await other.add('long', {});
    const opts = { deduplication: { id: 'same' } };
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).add('first', {}, opts);
    const waiting = Promise.all(Array.from({ length: 100 }, () => queue.add('second', {}, opts)));
    await until(() => heard.filter(([event]) => event === 'locksRenewed').length === 3);
    await queue.add('else', {});
    await client.query('commit');
    await waiting;
    isOver.resolve();
    await until(() => heard.some(([event]) => event === 'completed'));
    expect(heard.map(([event]) => event)).not.toContain('lockRenewalFailed');
    expect(await queue.count()).toBe(2);
    await Promise.all([queue, worker].map((instance) => instance.close()));
    await end();
  });

  test('wait for a lock until they have it although the queue is closing', async () => {
    const { connection, end } = open();
    const queue = on.queue(on.name(), { connection });
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).add('first', {}, { jobId: 'same' });
    const waiting = queue.add('second', {}, { jobId: 'same' });
    await on.sql('select pg_sleep(0.4)');
    const closing = queue.close();
    await client.query('rollback');
    expect((await waiting).id).toBe('same');
    await closing;
    await end();
  });

  test.each(['jobId', 'deduplication'])(
    'add jobs while one waits for another transaction that has taken its %s',
    async (what) => {
      const { connection, end } = open();
      const opts = what === 'jobId' ? { jobId: 'same' } : { deduplication: { id: 'same' } };
      const queue = on.queue(on.name(), { connection });
      const others = [on.queue(on.name(), { connection }), queue];
      const client = await on.client();
      await client.query('begin');
      await queue.withTransaction(client).add('first', {}, opts);
      let isAdded = false;
      const waiting = Promise.all(
        [1, 2, 3].map(() =>
          queue.add('second', {}, opts).then(() => {
            isAdded = true;
          }),
        ),
      );
      for (const other of others) await other.add('else', {});
      expect(isAdded).toBe(false);
      await client.query('rollback');
      await waiting;
      expect(await queue.count()).toBe(2);
      await Promise.all(others.map((other) => other.close()));
      await end();
    },
  );
});

test('a role that has a lock_timeout is told when it is over', async () => {
  const url = new URL(on.url);
  url.searchParams.set('options', '-c lock_timeout=100');
  const queue = on.queue(on.name(), { connection: url.href });
  const client = await on.client();
  await client.query('begin');
  await queue.withTransaction(client).add('first', {}, { jobId: 'same' });
  await expect(queue.add('second', {}, { jobId: 'same' })).rejects.toMatchObject({ code: '55P03' });
  await client.query('rollback');
});

describe('a worker', () => {
  test('goes on with all else while the parent of what has ended is locked, and reports that when it is free', async () => {
    const queue = on.queue();
    const parents = on.queue();
    const { job: parent } = await on.flow().add({
      name: 'parent',
      queueName: parents.name,
      children: ['c1', 'c2', 'c3'].map((name) => ({ name, queueName: queue.name })),
    });
    await queue.addBulk(['u1', 'u2'].map((name) => ({ name, data: {} })));
    const held = await hold(await parents.queueId(), parent.id!);
    const ran: string[] = [];
    const worker = on.worker(queue, async ({ name }) => ran.push(name), { concurrency: 5 });
    const completed: string[] = [];
    worker.on('completed', ({ name }) => completed.push(name));
    await until(() => completed.length === 2);
    await queue.addBulk(['u3', 'u4', 'u5'].map((name) => ({ name, data: {} })));
    await queue.add('late', {}, { delay: 50 });
    await until(() => completed.length === 6);
    expect([...completed].sort()).toEqual(['late', 'u1', 'u2', 'u3', 'u4', 'u5']);
    expect(await parents.getJobState(parent.id!)).toBe('waiting-children');

    await held.end();
    await until(() => completed.length === 9);
    expect(await parents.getJobState(parent.id!)).toBe('waiting');
    expect(ran.length).toBe(9);
  });

  test('keeps a slot for each job whose report is held up', async () => {
    const queue = on.queue();
    const parents = on.queue();
    const { job: parent } = await on.flow().add({
      name: 'parent',
      queueName: parents.name,
      children: ['c1', 'c2', 'c3', 'c4'].map((name) => ({ name, queueName: queue.name })),
    });
    const held = await hold(await parents.queueId(), parent.id!);
    let ran = 0;
    const worker = on.worker(queue, async () => ran++, { concurrency: 2 });
    await until(() => ran === 2);
    await on.sql('select pg_sleep(0.6)');
    expect(ran).toBe(2);
    await held.end();
    await until(async () => (await parents.getJobState(parent.id!)) === 'waiting');
    expect(ran).toBe(4);
    await worker.close();
  });

  test('reports what has ended while its claims wait for a lock', async () => {
    const queue = on.queue();
    await queue.setGlobalConcurrency(10);
    const isOver = deferred();
    const worker = on.worker(queue, () => isOver.promise, { concurrency: 2 });
    const isActive = new Promise((resolve) => worker.once('active', resolve));
    const completed = record(worker, 'completed');
    await queue.add('a', {});
    await isActive;
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).setGlobalConcurrency(20);
    await queue.add('b', {});
    await on.sql('select pg_sleep(0.5)');
    isOver.resolve();
    await until(() => completed.length === 1);
    await client.query('commit');
    await until(() => completed.length === 2);
  });

  test('that closes waits until what is held up is reported', async () => {
    const queue = on.queue();
    const isOver = deferred();
    const worker = on.worker(queue, () => isOver.promise);
    const isActive = new Promise((resolve) => worker.once('active', resolve));
    const job = await queue.add('a', {});
    await isActive;
    const held = await hold(await queue.queueId(), job.id!);
    isOver.resolve();
    let isClosed = false;
    const closing = worker.close().then(() => {
      isClosed = true;
    });
    await on.sql('select pg_sleep(0.5)');
    expect(isClosed).toBe(false);
    await held.end();
    await closing;
    expect(await queue.getCompletedCount()).toBe(1);
  });
});

test('who waits for long is told that it may be waiting for itself', async () => {
  const queue = on.queue();
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const parent = await queue.add('parent', {});
  const client = await on.client();
  await client.query('begin');
  const opts = { parent: { id: parent.id!, queue: parent.queueQualifiedName } };
  await queue.withTransaction(client).add('child', {}, opts);
  const changing = parent.updateProgress(1);
  await until(() => warn.mock.calls.length > 0);
  expect(warn.mock.calls[0]).toEqual([
    expect.stringMatching(/update_progress waits for a lock .*, for \d s by now/),
    expect.objectContaining({ code: 'TUSKMQ_LOCK_WAIT' }),
  ]);
  warn.mockRestore();
  await client.query('commit');
  await changing;
});
