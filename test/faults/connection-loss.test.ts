import { Pool } from 'pg';
import { isConnectionError } from '../../lib/db/database';
import { openSession } from '../../lib/db/node-postgres';
import { poolExecutor } from '../../lib/db/pool-executor';
import { Listener } from '../../lib/engine/listener';
import { record, useInstances } from '../helpers/instances';
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

let proxy: TcpProxy;
beforeEach(async () => {
  proxy = await startProxy(on.url);
});
afterEach(() => proxy.close());

const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What a worker that has nothing to do is waiting in. */
const isAsleep = (worker: object) =>
  (worker as { loop?: { isAsleep(): boolean } }).loop?.isAsleep() ?? false;

describe('the session that listens', () => {
  /** A listener that asks after 100 ms. */
  function listen(pool: Pool) {
    const silences: number[] = [];
    const listener = new Listener(
      () => openSession(pool),
      async () => {},
      async () => {},
      (ms) => void silences.push(ms),
      logger,
      100,
    );
    return { listener, silences };
  }

  test('is replaced when its server does not answer any more, and hears again', async () => {
    const pool = new Pool({ connectionString: proxy.url });
    const { listener, silences } = listen(pool);
    let heard = 0;
    await listener.subscribe('silence', () => heard++);
    await on.sql('notify silence');
    await until(() => heard === 2);
    proxy.blackHole();
    await until(() => silences.length === 1);
    // Subscribers are told that something may have been missed.
    await until(() => heard === 3);
    await on.sql('notify silence');
    await until(() => heard === 4);
    await listener.close();
    await pool.end();
  });

  test('is replaced when it ended in the packet that answers its last LISTEN', async () => {
    const pool = new Pool({ connectionString: on.url });
    let sessions = 0;
    const listener = new Listener(
      () => {
        const session = openSession(pool);
        const isFirst = sessions++ === 0;
        const dying = Object.create(session) as typeof session;
        dying.query = async (text, ...more) => {
          const rows = await session.query(text, ...more);
          if (isFirst && text.startsWith('listen')) {
            const ended = new Promise<void>((resolve) => session.onEnd(resolve));
            session.abandon();
            await ended;
          }
          return rows;
        };
        return dying;
      },
      async () => {},
      async () => {},
      () => {},
      logger,
    );
    let heard = 0;
    await listener.subscribe('dying', () => heard++);
    await until(() => listener.isListening);
    expect(sessions).toBe(2);
    await on.sql('notify dying');
    await until(() => heard === 2);
    await listener.close();
    await pool.end();
  });

  test('is replaced when it cannot confirm a commit', async () => {
    const pool = new Pool({ connectionString: on.url });
    let flushes = 0;
    const listener = new Listener(
      () => openSession(pool),
      async () => {},
      async (session) => {
        if (flushes++ === 0) session.abandon();
        await session.query('select 1', []);
      },
      () => {},
      logger,
    );
    await listener.subscribe('confirm', () => {});
    const { flusher } = listener;
    await expect(flusher!.flushed()).rejects.toThrow();
    await until(() => listener.isListening);
    expect(listener.flusher).not.toBe(flusher);
    await listener.flusher!.flushed();
    await listener.close();
    await pool.end();
  });

  test('is asked when it was silent, and kept when it answers', async () => {
    const pool = new Pool({ connectionString: proxy.url });
    const { listener, silences } = listen(pool);
    await listener.subscribe('silence', () => {});
    const before = proxy.statements;
    await until(() => proxy.statements >= before + 4);
    expect([silences, proxy.connections, listener.isListening]).toEqual([[], 1, true]);
    await listener.close();
    await pool.end();
  });
});

describe('a worker', () => {
  test('works again when all its connections fell silent at once', async () => {
    const connection = { connectionString: proxy.url, max: 3, idleTimeoutMillis: 60_000 };
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.name, { connection });
    const heard = record(worker, 'completed');
    await queue.add('before', {});
    await until(() => heard.length === 1 && isAsleep(worker));
    // All that the pool may open, so that some are idle when the silence is found out.
    const beside = on.queue(queue.name, { connection });
    await Promise.all([1, 2, 3, 4].map(() => beside.getJobCounts()));
    proxy.blackHole();
    await queue.add('after', {});
    await until(() => heard.length === 2, { timeout: 25_000 });
    expect((await queue.getJobCounts()).completed).toBe(2);
  }, 30_000);

  test('is woken again when only the connection fell silent that listens', async () => {
    const connection = proxy.url;
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.name, { connection });
    const heard = record(worker, 'completed');
    await until(() => isAsleep(worker));
    proxy.blackHole(/listen "/);
    const { listener } = worker.getBackend();
    await until(() => !listener.isListening, { timeout: 15_000 });
    await until(() => listener.isListening && isAsleep(worker));
    let wokenCount = 0;
    const channel = await queue.getBackend().store.channel('wake', await queue.queueId());
    const unsubscribe = await listener.subscribe(channel, () => wokenCount++);
    await queue.add('a', {});
    await until(() => heard.length === 1 && wokenCount > 0);
    await unsubscribe();
  }, 30_000);
});

describe('a network that is silent for a while', () => {
  test('keeps no connection waiting for an answer that does not come', async () => {
    const connection = { connectionString: proxy.url, connectionTimeoutMillis: 500 };
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.name, { connection });
    const heard = record(worker, 'completed');
    await queue.add('before', {});
    await until(() => heard.length === 1);
    const silence = proxy.silence();
    const { listener } = worker.getBackend();
    await until(() => !listener.isListening, { timeout: 15_000 });
    await queue.add('after', {});
    silence.end();
    await until(() => heard.length === 2, { timeout: 25_000 });
    await worker.close();
  }, 60_000);

  test('fails the step whose transaction it has cut off, and the next try goes on', async () => {
    const queue = on.queue();
    const begun: number[] = [];
    const worker = on.worker(
      queue,
      (job) =>
        job.step(
          's',
          async ({ tx, attempt }) => {
            await tx.query('select 1');
            begun.push(attempt);
            if (attempt === 1) proxy.blackHole();
            await tx.query('select 2');
            return attempt;
          },
          { retries: 1 },
        ),
      { connection: proxy.url },
    );
    const heard = record(worker, 'completed', 'failed');
    await queue.add('job', {}, { attempts: 2 });
    await until(() => heard.some(([event]) => event === 'completed'), { timeout: 40_000 });
    expect(begun[0]).toBe(1);
    expect(begun.length).toBeGreaterThan(1);
    await worker.close();
  }, 60_000);
});

describe('connections of the pool that fell silent, while the one that listens did not', () => {
  test('are found out by the heartbeat, before others take over what runs', async () => {
    const queue = on.queue();
    const opts = { lockDuration: 9_000, stalledInterval: 500 };
    const runs: string[] = [];
    const isOver = deferred();
    const worker = on.worker(
      queue,
      async () => {
        runs.push('first');
        await isOver.promise;
      },
      { ...opts, connection: proxy.url },
    );
    const heard = record(worker, 'completed', 'locksRenewed');
    await queue.add('job', {});
    await until(() => runs.length === 1);
    on.worker(queue, async () => runs.push('second'), opts);
    proxy.blackHole(/heartbeat|settle_and_claim/);
    const renewals = heard.length;
    await until(() => heard.length > renewals, { timeout: 20_000 });
    isOver.resolve();
    await until(() => heard.some(([event]) => event === 'completed'), { timeout: 20_000 });
    expect(runs).toEqual(['first']);
  }, 60_000);

  test('fail a statement that takes longer than it may, and are not used again', async () => {
    const pool = new Pool({ connectionString: proxy.url, max: 1 });
    pool.on('error', () => {});
    const brief = poolExecutor({ pool, isOwn: true }, 300).brief('patiently');
    expect(await brief.query('select 1 as one', [])).toEqual([{ one: '1' }]);
    proxy.blackHole();
    const lost = brief.query('select 2', []);
    expect(isConnectionError(await lost.catch((error: unknown) => error))).toBe(true);
    expect(await brief.query('select 3 as three', [])).toEqual([{ three: '3' }]);
    await pool.end();
  });
});

describe('a hundred idle workers of a hundred queues', () => {
  test('cost five statements a second and three connections at most', async () => {
    const connection = proxy.url;
    const workers = Array.from({ length: 100 }, () =>
      on.worker(on.name(), async () => {}, { connection }),
    );
    await until(() => workers.every(isAsleep), { timeout: 30_000 });
    const before = proxy.statements;
    const from = performance.now();
    await until(() => proxy.statements >= before + 12);
    const perSecond = (proxy.statements - before) / ((performance.now() - from) / 1_000);
    expect(perSecond).toBeLessThanOrEqual(5);
    expect(proxy.connections).toBeLessThanOrEqual(3);
  }, 60_000);
});
