import { Client, Pool } from 'pg';
import { migrate, Queue, SchemaVersionError } from '../../lib';
import { createDatabase } from '../helpers/database';
import { record, useInstances } from '../helpers/instances';
import {
  installedPgBouncer,
  type Pooler,
  startFakePooler,
  startPgBouncer,
} from '../helpers/pooler';
import { startProxy } from '../helpers/tcp-proxy';
import { deferred, until } from '../helpers/wait';

const on = useInstances();
const pgBouncer = installedPgBouncer();
const poolers: [string, (url: string) => Promise<Pooler>][] = [
  ['a pooler of the test’s', startFakePooler],
  ...(pgBouncer
    ? [
        ['PgBouncer', (url: string) => startPgBouncer(pgBouncer, url)] as [
          string,
          typeof startFakePooler,
        ],
      ]
    : []),
];

describe.each(poolers)('behind %s in transaction mode', (_, start) => {
  let pooler: Pooler;
  beforeAll(async () => {
    pooler = await start(on.url);
  });
  afterAll(() => pooler.stop());

  test('statements of one connection go to several servers, none of which it was told of', async () => {
    const clients = [0, 1].map(() => new Client({ connectionString: pooler.url }));
    for (const client of clients) await client.connect();
    const [a, b] = clients as [Client, Client];
    const pidOf = async (client: Client) =>
      (await client.query('select pg_backend_pid() as pid')).rows[0].pid as number;
    const pids = new Set<number>();
    // In its transaction b keeps a server from a.
    for (let i = 0; i < 3; i++) {
      await b.query('begin');
      pids.add(await pidOf(b)).add(await pidOf(a));
      await b.query('commit');
    }
    expect(pids.size).toBeGreaterThan(1);
    expect(pids.has((a as unknown as { processID: number }).processID)).toBe(false);
    for (const client of clients) await client.end();
  });

  test('jobs, delayed jobs and flows run, and each event is heard once', async () => {
    const connection = pooler.url;
    const queue = on.queue(on.name(), { connection });
    const events = await on.events(queue, { connection });
    const completed = record(events, 'completed');
    on.worker(queue, async (job) => job.name, { connection, concurrency: 5 });
    await queue.addBulk(Array.from({ length: 50 }, (_, n) => ({ name: `bulk${n}`, data: {} })));
    await Promise.all(Array.from({ length: 50 }, (_, n) => queue.add(`single${n}`, {})));
    await queue.add('later', {}, { delay: 300 });
    await on.flow({ connection }).add({
      name: 'top',
      queueName: queue.name,
      children: [{ name: 'leaf', queueName: queue.name }],
    });
    await until(() => completed.length >= 103, { message: '103 events' });
    const ids = completed.map(([, args]) => (args as { jobId: string }).jobId);
    expect([ids.length, new Set(ids).size]).toEqual([103, 103]);
    expect(await queue.getJobCounts()).toMatchObject({ completed: 103, failed: 0, waiting: 0 });
  });

  test('a worker that sleeps finds a job within two seconds, though nobody wakes it', async () => {
    const connection = pooler.url;
    const queue = on.queue(on.name(), { connection });
    const worker = on.worker(queue, async () => {}, { connection });
    const heard = record(worker, 'completed');
    const { loop } = worker as unknown as { loop?: { isAsleep(): boolean } };
    await worker.waitUntilReady();
    await until(() => (loop ?? (worker as never as { loop: typeof loop }).loop)?.isAsleep());
    const from = performance.now();
    await queue.add('a', {});
    await until(() => heard.length === 1);
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  test('a transaction whose connection fell silent is given up, and its job runs again', async () => {
    const proxy = await startProxy(pooler.url);
    const queue = on.queue();
    const isInside = deferred();
    let tries = 0;
    const worker = on.worker(
      queue,
      (job) =>
        job.transaction(async (tx) => {
          await tx.query('select 1');
          if (tries++ === 0) isInside.resolve();
          await tx.query('select pg_sleep(0.3)');
          return tx.complete('done');
        }),
      { connection: proxy.url, lockDuration: 3_000 },
    );
    const completed = record(worker, 'completed');
    await queue.add('job', {}, { attempts: 5 });
    await isInside.promise;
    proxy.blackHole();
    await until(() => completed.length === 1);
    expect(tries).toBeGreaterThan(1);
    await worker.close();
    await proxy.close();
  }, 60_000);

  test('the jobs of a dead worker are taken over when its lease has run out', async () => {
    const queue = on.queue(on.name(), { connection: pooler.url });
    await queue.add('a', {});
    const queueId = await queue.queueId();
    // A process that claims through the pooler and is never heard of again.
    const dead = new Client({ connectionString: pooler.url });
    await dead.connect();
    const one = async (text: string, values: unknown[]) =>
      (await dead.query(text, values)).rows[0].r;
    const process = await one("select tuskmq.register_process('gone', 1) as r", []);
    const workerId = await one(
      "select tuskmq.register_worker($1, $2, 'uid', 'dead', 1, 1000, true) as r",
      [queueId, process.id],
    );
    const claimed = await dead.query(
      "select * from tuskmq.settle_and_claim($1, $2, 0, 'dead-1', null, null, null, null, null, null, 1, false, false, false, null, null, null, false)",
      [queueId, workerId],
    );
    expect(claimed.rows[0].id).toBe('1');
    await dead.end();
    const heir = on.worker(queue, async () => 'done', { connection: pooler.url });
    const heard = record(heir, 'stalled', 'completed');
    await until(() => heard.length === 2);
    expect(heard.map(([event]) => event)).toEqual(['stalled', 'completed']);
  });

  test('says so once, listens to nothing, locks nothing and prepares nothing', async () => {
    const warnings: string[] = [];
    const say = (_: object, message: string) => void warnings.push(message);
    const logger = { debug() {}, info() {}, warn: say, error: say };
    const pool = new Pool({ connectionString: pooler.url, max: 3 });
    const queue = new Queue(on.name(), { connection: pool, logger });
    const workers = [1, 2].map(() =>
      on.worker(queue, async () => {}, { connection: pool, logger }),
    );
    const events = await on.events(queue, { connection: pool, logger });
    for (let i = 0; i < 5; i++) await queue.add('a', {});
    await until(async () => (await queue.getCompletedCount()) === 5);
    expect(warnings.filter((message) => message.includes('connection pooler')).length).toBe(1);
    expect(warnings.length).toBe(1);
    const held = await on.sql(
      `select holds_lock from tuskmq.process p join tuskmq.worker w on w.process_id = p.id
       where w.queue_id = $1 and p.holds_lock`,
      [await queue.queueId()],
    );
    expect(held).toEqual([]);
    // On whatever servers these come to.
    for (let i = 0; i < 5; i++) {
      const { rows } = await pool.query('select name from pg_prepared_statements');
      expect(rows).toEqual([]);
    }
    for (const instance of [events, ...workers, queue]) await instance.close();
    await pool.end();
  });

  test('migrate refuses to begin, and has nothing to say when there is nothing to do', async () => {
    await migrate({ connection: pooler.url });
    const empty = await createDatabase({ migrated: false });
    const behind = await start(empty.url);
    const error = await migrate({ connection: behind.url }).catch((error) => error);
    expect(error).toBeInstanceOf(SchemaVersionError);
    expect([error.reason, error.message]).toEqual([
      'pooled',
      expect.stringContaining('with a direct connection'),
    ]);
    await migrate({ connection: empty.url });
    const queue = new Queue('q', { connection: behind.url });
    expect((await queue.add('a', {})).id).toBe('1');
    await queue.close();
    await behind.stop();
    await empty.drop();
  });
});
