import { Pool } from 'pg';
import { Queue } from '../../lib';
import { TransactionPool } from '../../lib/db/transaction-pool';
import { record, useInstances } from '../helpers/instances';
import { startProxy } from '../helpers/tcp-proxy';
import { until } from '../helpers/wait';

const on = useInstances();

const backends = (application: string, also = '') =>
  on.sql<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and application_name = $1 ${also}`,
    [application],
  );

const terminate = (application: string, also = '') =>
  on.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = $1 ${also}`,
    [application],
  );

/** A connection of its own, told apart by its name. */
const named = (application: string) => ({
  connectionString: on.url,
  application_name: application,
});

describe('connections', () => {
  test('are shared by all instances of a URL: two and one that listens, whatever the concurrency', async () => {
    const url = new URL(on.url);
    url.searchParams.set('application_name', 'shared');
    const connection = url.href;
    const queues = Array.from({ length: 10 }, () => on.queue(on.name(), { connection }));
    const workers = queues.map((queue) =>
      on.worker(queue, async () => {}, { connection, concurrency: 1_000 }),
    );
    for (const queue of queues) await queue.addBulk([{ name: 'a', data: {} }]);
    await Promise.all(queues.map((queue) => queue.getJobCounts()));
    for (const queue of queues) await until(async () => (await queue.getCompletedCount()) === 1);
    expect(queues[0]!.getBackend()).toBe(workers[9]!.getBackend());
    expect((await backends('shared')).length).toBeLessThanOrEqual(3);
  });

  test('read answers as text where pg is told to take them as binary', async () => {
    const connection = { ...named('binary'), binary: true };
    const queue = on.queue(on.name(), { connection });
    on.worker(
      queue,
      (job) => job.transaction(async (tx) => (await tx.query('select 7 as n')).rows),
      {
        connection,
      },
    );
    await queue.add('a', {});
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect((await queue.getJob('1'))!.returnvalue).toEqual([{ n: 7 }]);
  });

  test('are taken from a pool of the application, which stays open', async () => {
    const pool = new Pool({ connectionString: on.url, max: 3 });
    const queue = new Queue(on.name(), { connection: pool });
    const worker = on.worker(queue, async (job) => job.name, { connection: pool });
    expect(queue.getBackend().connection.pool).toBe(pool);
    await queue.add('a', {});
    await until(async () => (await queue.getCompletedCount()) === 1);
    await worker.close();
    await queue.close();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test('of a pool that ends are waited for no longer', async () => {
    const pool = new Pool({ connectionString: on.url, max: 1 });
    const queue = on.queue(on.name(), { connection: pool });
    await queue.add('before', {});
    const held = await pool.connect();
    const adding = expect(queue.add('waits', {})).rejects.toThrow(/after calling end/);
    await until(() => pool.waitingCount === 1);
    const ended = pool.end();
    held.release();
    await ended;
    await adding;
    await expect(queue.add('after', {})).rejects.toThrow(/after calling end/);
    await queue.close();
  });

  test('of a pool that ends are waited for no longer, however many were asked for in one turn', async () => {
    const pool = new Pool({ connectionString: on.url, max: 2 });
    const queue = on.queue(on.name(), { connection: pool });
    await Promise.all([1, 2].map(() => queue.count()));
    const counts = Promise.allSettled(Array.from({ length: 8 }, () => queue.count()));
    await new Promise((resolve) => setImmediate(resolve));
    await pool.end();
    expect((await counts).length).toBe(8);
    await queue.close();
  });

  test('are gone when the last instance is closed, though their server has fallen silent', async () => {
    const proxy = await startProxy(on.url);
    const queue = new Queue(on.name(), { connection: proxy.url });
    await Promise.all([1, 2, 3].map((n) => queue.add('a', { n })));
    proxy.silence();
    await queue.close();
    await until(() => proxy.connections === 0);
    await proxy.close();
  });

  test('may be given as a configuration with a password of its own', async () => {
    const { hostname, port, username, password, pathname } = new URL(on.url);
    const connection = {
      host: hostname,
      port: Number(port),
      user: username,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
    };
    const queue = on.queue(on.name(), { connection });
    const worker = on.worker(queue, async () => {}, { connection });
    const heard = record(worker, 'completed', 'error');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    expect(heard[0]![0]).toBe('completed');
  });

  test('of transactions are closed, also one that is being opened then, and none is opened later', async () => {
    const model = new Pool({ connectionString: on.url });
    const transactions = new TransactionPool(model, () => {});
    const opening = transactions.connect();
    const closing = transactions.close();
    await expect(opening).rejects.toThrow('Connection is closed.');
    await closing;
    await expect(transactions.connect()).rejects.toThrow('Connection is closed.');
    await model.end();
  });

  test('may be waited for by transactions longer than one may take to be there', async () => {
    const connection = { connectionString: on.url, connectionTimeoutMillis: 200 };
    const queue = on.queue();
    await queue.addBulk(Array.from({ length: 4 }, (_, i) => ({ name: `${i}`, data: {} })));
    const opts = { connection, concurrency: 4, transactionConnections: 1 };
    const worker = on.worker(
      queue,
      (job) => job.step('s', ({ tx }) => tx.query('select pg_sleep(0.3)').then(() => job.name)),
      opts,
    );
    const heard = record(worker, 'completed', 'failed');
    await until(() => heard.length === 4);
    expect(heard.map(([event]) => event)).toEqual(Array(4).fill('completed'));
  });

  test('prepare statements apart for schemas whose names are long and alike', async () => {
    const schemas = ['1', '2'].map((last) => `${'a schema with a long name '.repeat(2)}${last}`);
    const ran = await Promise.all(
      schemas.map(async (schema) => {
        const opts = { schema, connection: on.url };
        const queue = on.queue('q', opts);
        await queue.addBulk(Array.from({ length: 20 }, (_, i) => ({ name: schema, data: i })));
        const worker = on.worker(queue, async (job) => job.name, { ...opts, concurrency: 3 });
        const heard = record(worker, 'completed', 'failed', 'error');
        await until(() => heard.length >= 20);
        return heard.map(([event, , result]) => [event, result]);
      }),
    );
    expect(ran).toEqual(schemas.map((schema) => Array(20).fill(['completed', schema])));
  });

  test('are closed with the last instance, and calls under way end', async () => {
    const connection = named('closing');
    const queue = new Queue(on.name(), { connection });
    await queue.waitUntilReady();
    const calls = Array.from({ length: 20 }, (_, i) =>
      i % 2 ? queue.getJobCounts() : queue.add('a', {}),
    );
    const closing = queue.close();
    const outcomes = await Promise.allSettled(calls);
    await closing;
    expect(outcomes.length).toBe(20);
    await until(async () => (await backends('closing')).length === 0);
  });
});

describe('a worker whose connections are terminated', () => {
  test('loses nothing, and finishes each job once', async () => {
    const connection = named('cut');
    const queue = on.queue();
    const count = 1_500;
    await queue.addBulk(Array.from({ length: count }, (_, n) => ({ name: 'a', data: n })));
    const runs = new Map<string, number>();
    const worker = on.worker(
      queue,
      async (job) => {
        runs.set(job.id!, (runs.get(job.id!) ?? 0) + 1);
        await new Promise(setImmediate);
        return job.data;
      },
      { connection, concurrency: 20 },
    );
    const heard = record(worker, 'completed');
    for (const share of [0.1, 0.3, 0.5, 0.7]) {
      await until(() => heard.length > count * share);
      await terminate('cut');
    }
    await until(async () => (await queue.getCompletedCount()) === count);
    await until(() => heard.length >= count);
    expect(new Set(heard.map(([, job]) => (job as { id: string }).id)).size).toBe(count);
    expect([...runs.values()].filter((times) => times !== 1)).toEqual([]);
    const odd = await on.sql(
      'select id from tuskmq.jobs where queue = $1 and (attempts_made, attempts_started, stalled_count) <> (1, 1, 0)',
      [queue.name],
    );
    expect(odd).toEqual([]);
  });

  test('listens again, and wakes', async () => {
    const connection = named('deaf');
    const queue = on.queue();
    const worker = on.worker(queue, async () => {}, { connection });
    const { loop } = worker as unknown as { loop: { isAsleep(): boolean } };
    const heard = record(worker, 'completed');
    await worker.waitUntilReady();
    const listening = "and (query ilike 'listen%' or query ilike '%hold_process_lock%')";
    await until(async () => (await backends('deaf', listening)).length === 1);
    const [before] = await backends('deaf', listening);
    await terminate('deaf', `and pid = ${before!.pid}`);
    await until(async () => {
      const [now] = await backends('deaf', listening);
      return now && now.pid !== before!.pid;
    });
    await until(
      () =>
        worker.isRunning() &&
        (loop ?? (worker as unknown as { loop: typeof loop }).loop).isAsleep(),
    );
    const start = performance.now();
    await queue.add('a', {});
    await until(() => heard.length === 1);
    expect(performance.now() - start).toBeLessThan(300);
  });

  test('goes on with events that were written meanwhile', async () => {
    const connection = named('events');
    const queue = on.queue();
    const events = await on.events(queue, { connection });
    const heard = record(events, 'added');
    await queue.add('a', {});
    await until(() => heard.length === 1);
    await terminate('events');
    await queue.add('b', {});
    await until(() => heard.length === 2);
    expect(heard.map(([, args]) => (args as { name: string }).name)).toEqual(['a', 'b']);
  });
});
