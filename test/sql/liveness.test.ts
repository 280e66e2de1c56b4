import type { Client } from 'pg';
import { useInstances } from '../helpers/instances';

const on = useInstances();

const CLAIM =
  'select * from tuskmq.settle_and_claim($1, $2, $3, $4, null, null, null, null, null, $5, $6, false, false, false, null, null, null, false)';
let claims = 0;

/** Processes of the test: each has a session, and all read the same clock, which stands still unless moved. */
async function scene() {
  const queue = on.queue();
  const queueId = await queue.queueId();
  let clock = Date.parse('2030-01-01T00:00:00Z');
  const tick = (ms: number) => {
    clock += ms;
  };
  const call = async (session: Client, text: string, values: unknown[] = []) => {
    await session.query(`set tuskmq.now = '${new Date(clock).toISOString()}'`);
    return (await session.query(text, values)).rows;
  };
  const process = async (holdsLock = false) => {
    const session = await on.client();
    const [{ r }] = (await call(session, "select tuskmq.register_process('host', 1) as r")) as [
      { r: { id: number } },
    ];
    if (holdsLock) await call(session, 'select tuskmq.hold_process_lock($1)', [r.id]);
    const beat = async (queues: object[] = []) => {
      const [row] = await call(session, "select tuskmq.heartbeat($1, $2, '[]') as r", [
        r.id,
        JSON.stringify(queues),
      ]);
      return row.r as { known: boolean; stalled?: { id: string }[] };
    };
    const worker = async ({ lockMs = 30_000, renews = true } = {}) => {
      const [row] = await call(
        session,
        "select tuskmq.register_worker($1, $2, 'uid', 'name', 10, $3, $4) as r",
        [queueId, r.id, lockMs, renews],
      );
      const id = row.r as string;
      return {
        id,
        claim: async (limit = 10, epoch = 0, items: object[] | null = null) => {
          const token = `${id}-${++claims}`;
          const rows = await call(session, CLAIM, [
            queueId,
            id,
            epoch,
            token,
            items && JSON.stringify(items),
            limit,
          ]);
          const head = rows.pop()!.head;
          return { head, jobs: (rows as { id: string }[]).map((job) => ({ id: job.id, token })) };
        },
      };
    };
    return { id: r.id, session, beat, worker };
  };
  const [observer] = await on.sql('select 1').then(async () => [await process()]);
  const check = [{ queueId, maxStalledCount: 1 }];
  /** Time passes, with a heartbeat of the observer every 500 ms, which takes over jobs of the queue. */
  const pass = async (ms: number, others: { beat(): Promise<unknown> }[] = []) => {
    const stalled: string[] = [];
    for (let passed = 0; passed < ms; passed += 500) {
      tick(Math.min(500, ms - passed));
      for (const other of others) await other.beat();
      stalled.push(...((await observer!.beat(check)).stalled ?? []).map(({ id }) => id));
    }
    return stalled;
  };
  return { queue, queueId, process, tick, pass, call, observer: observer! };
}

const completed = ({ id, token }: { id: string; token: string }) => ({
  id,
  token,
  outcome: 'completed',
  value: '1',
});

describe('a worker that is silent', () => {
  test('keeps its jobs until its lease has run out', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {});
    const worker = await (await process()).worker({ lockMs: 10_000 });
    expect((await worker.claim()).jobs.length).toBe(1);
    expect(await pass(10_000)).toEqual([]);
    expect(await pass(500)).toEqual(['1']);
    expect(await queue.getJob('1')).toMatchObject({
      stalledCounter: 1,
      attemptsStarted: 1,
      attemptsMade: 0,
    });
    expect(await queue.getJobState('1')).toBe('waiting');
  });

  test('is not forgotten while an exchange of its own is on its way, which may yet claim', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {});
    const dying = await process();
    const worker = await dying.worker({ lockMs: 1_000 });
    await dying.session.query('begin; set local search_path = tuskmq');
    await dying.session.query(
      "select pg_advisory_xact_lock_shared(_lock_key('worker', $1::bigint))",
      [worker.id],
    );
    expect(await pass(5_000)).toEqual([]);
    expect((await worker.claim()).jobs.length).toBe(1);
    await dying.session.query('commit');
    expect(await pass(500)).toEqual(['1']);
  });

  test('leaves a job that an explicit lock holds longer to whoever finds that ended', async () => {
    const { queue, queueId, process, pass, call, observer } = await scene();
    await queue.add('a', {});
    const worker = await (await process()).worker();
    const { jobs } = await worker.claim();
    const locks = JSON.stringify(jobs.map(({ id, token }) => ({ id, token })));
    await call(observer.session, 'select tuskmq.extend_locks($1, $2, 60000)', [queueId, locks]);
    await call(observer.session, 'select tuskmq.unregister_worker($1, $2)', [queueId, worker.id]);
    expect(await queue.getJobState('1')).toBe('active');
    expect(await pass(60_000)).toEqual([]);
    expect(await pass(500)).toEqual(['1']);
  });

  test('keeps them, when it was closed by force, as long as its lease would have lasted', async () => {
    const { queue, queueId, process, pass, call, observer } = await scene();
    await queue.add('a', {});
    const worker = await (await process()).worker({ lockMs: 10_000 });
    await worker.claim();
    await call(observer.session, 'select tuskmq.unregister_worker($1, $2)', [queueId, worker.id]);
    expect(await pass(10_000)).toEqual([]);
    expect(await queue.getJobState('1')).toBe('active');
    expect(await pass(500)).toEqual(['1']);
  });

  test('leaves them to those who look for stalled jobs of its queue, by whose limit they are judged', async () => {
    const { queue, queueId, process, tick, observer } = await scene();
    await queue.add('a', {});
    await (await (await process()).worker({ lockMs: 1_000 })).claim();
    tick(2_000);
    expect((await observer.beat()).stalled).toEqual([]);
    expect(await queue.getJobState('1')).toBe('active');
    const [other] = [await process()];
    const { stalled } = await other.beat([{ queueId, maxStalledCount: 0 }]);
    expect(stalled).toEqual([{ queueId, id: '1' }]);
    expect(await queue.getJob('1')).toMatchObject({
      stalledCounter: 1,
      deferredFailure: 'job stalled more than allowable limit',
    });
  });

  test('keeps its jobs as long as it gives a heartbeat', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {});
    const alive = await process();
    await (await alive.worker({ lockMs: 2_000 })).claim();
    expect(await pass(30_000, [alive])).toEqual([]);
  });

  test('loses its jobs within two seconds when its session is gone', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {});
    const dying = await process(true);
    const worker = await dying.worker();
    await worker.claim();
    expect(await pass(5_000, [dying])).toEqual([]);
    await dying.session.end();
    expect(await pass(2_000)).toEqual(['1']);
  });

  test('keeps its jobs while its session lives: a blocked event loop is not death', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {});
    const blocked = await process(true);
    await (await blocked.worker()).claim();
    expect(await pass(29_000)).toEqual([]);
    expect(await pass(2_000)).toEqual(['1']);
  });

  test('keeps its jobs when its judge was cut off itself a moment ago', async () => {
    const { queue, process, pass, tick, observer } = await scene();
    await queue.add('a', {});
    const other = await process(true);
    await (await other.worker()).claim();
    await pass(5_000, [other]);
    // The database restarts: sessions are gone, and nobody gave a heartbeat for a while.
    await other.session.end();
    tick(4_000);
    expect((await observer.beat()).stalled).toEqual([]);
    expect(await pass(2_500)).toEqual([]);
    expect(await pass(1_000)).toEqual(['1']);
  });

  test('is judged by its lease alone when an earlier session of its process still holds the lock', async () => {
    const { queue, process, pass, call } = await scene();
    await queue.add('a', {});
    const first = await process(true);
    await (await first.worker({ lockMs: 10_000 })).claim();
    const second = await on.client();
    const [row] = await call(second, 'select tuskmq.hold_process_lock($1) as r', [first.id]);
    expect(row.r).toBe(false);
    await pass(5_000, [first]);
    await first.session.end();
    expect(await pass(9_000)).toEqual([]);
    expect(await pass(2_000)).toEqual(['1']);
  });

  test('leaves its place, and has to register anew', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {});
    const late = await process();
    const worker = await late.worker({ lockMs: 1_000 });
    const { jobs } = await worker.claim();
    await pass(2_000);
    const { head } = await worker.claim(5, 0, [completed(jobs[0]!)]);
    const { token } = jobs[0]!;
    expect(head).toEqual({
      worker: Number(worker.id),
      claimed: 0,
      refused: [{ id: '1', token, outcome: 'lock_missing' }],
      now: expect.any(Number),
      lost: true,
    });
    await pass(61_000);
    expect(await late.beat()).toEqual({ known: false });
  });
});

describe('a job that was taken over', () => {
  test('cannot be finished under the old token, before or after it is claimed again', async () => {
    const { queue, queueId, process, pass, call, observer } = await scene();
    await queue.add('a', {});
    const frozen = await (await process()).worker({ lockMs: 1_000 });
    const [stale] = (await frozen.claim()).jobs;
    await pass(2_000);
    const settle = async () => {
      const [row] = await call(observer.session, 'select tuskmq.settle_jobs($1, $2) as r', [
        queueId,
        JSON.stringify([completed(stale!)]),
      ]);
      return row.r;
    };
    expect(await settle()).toEqual([{ id: '1', token: stale!.token, outcome: 'lock_missing' }]);
    const heir = await observer.worker();
    const [fresh] = (await heir.claim()).jobs;
    expect(await settle()).toEqual([{ id: '1', token: stale!.token, outcome: 'lock_mismatch' }]);
    expect((await heir.claim(0, 0, [completed(fresh!)])).head.refused).toBeNull();
    expect(await settle()).toEqual([{ id: '1', token: stale!.token, outcome: 'lock_missing' }]);
    expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });

  test('goes to the head of the queue, several in the order in which they ran', async () => {
    const { queue, process, pass, observer } = await scene();
    await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: {} })));
    await (await (await process()).worker({ lockMs: 1_000 })).claim(2);
    await pass(2_000);
    const { jobs } = await (await observer.worker()).claim();
    expect(jobs.map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  test('too often fails at its next run', async () => {
    const { queue, process, pass } = await scene();
    await queue.add('a', {}, { attempts: 5 });
    for (const _ of [1, 2]) {
      await (await (await process()).worker({ lockMs: 1_000 })).claim();
      expect(await pass(2_000)).toEqual(['1']);
    }
    const worker = on.worker(queue, async () => 'never run');
    await new Promise((resolve) => worker.once('failed', resolve));
    expect((await queue.getFailed())[0]).toMatchObject({
      failedReason: 'job stalled more than allowable limit',
      stalledCounter: 2,
      attemptsStarted: 3,
      attemptsMade: 1,
    });
  });

  test('under an explicit lock waits for the end of that', async () => {
    const { queue, queueId, process, pass, call, observer } = await scene();
    await queue.addBulk([1, 2].map(() => ({ name: 'a', data: {} })));
    const unrenewed = await (await process()).worker({ lockMs: 3_000, renews: false });
    const { jobs } = await unrenewed.claim();
    const locks = JSON.stringify([{ id: '1', token: jobs[0]!.token }]);
    await call(observer.session, 'select tuskmq.extend_locks($1, $2, 8000)', [queueId, locks]);
    const recovered: string[] = [];
    for (let second = 0; second < 10; second++) {
      recovered.push(...(await pass(1_000)).map((id) => `${id} after ${second + 1} s`));
    }
    expect(recovered).toEqual(['2 after 4 s', '1 after 9 s']);
  });
});

describe('resync_worker', () => {
  const resync = 'select tuskmq.resync_worker($1, $2, $3) as r';

  test('gives back what an answer that was lost had claimed, as if it had not been', async () => {
    const { queue, queueId, process, call, observer } = await scene();
    await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: {} })));
    const worker = await (await process()).worker();
    const [held] = (await worker.claim(1)).jobs;
    await worker.claim(1);
    const list = JSON.stringify([{ id: held!.id, token: held!.token }]);
    const [{ r: epoch }] = (await call(observer.session, resync, [queueId, worker.id, list])) as [
      { r: number },
    ];
    expect(epoch).toBe(1);
    expect(await queue.getJobCounts('active', 'waiting')).toEqual({ active: 1, waiting: 2 });
    expect(await queue.getJob('2')).toMatchObject({ attemptsStarted: 0, stalledCounter: 0 });
    const { jobs } = await worker.claim(5, epoch);
    expect(jobs.map(({ id }) => id)).toEqual(['2', '3']);
  });

  test('lets an exchange of before claim nothing, though what it reports counts', async () => {
    const { queue, queueId, process, call, observer } = await scene();
    await queue.addBulk(['a', 'b'].map((name) => ({ name, data: {} })));
    const worker = await (await process()).worker();
    const [held] = (await worker.claim(1)).jobs;
    const list = JSON.stringify([{ id: held!.id, token: held!.token }]);
    await call(observer.session, resync, [queueId, worker.id, list]);
    const late = await worker.claim(5, 0, [completed(held!)]);
    expect(late).toEqual({
      jobs: [],
      head: {
        worker: Number(worker.id),
        claimed: 0,
        refused: null,
        now: expect.any(Number),
        lost: true,
      },
    });
    expect(await queue.getJobCounts('active', 'waiting', 'completed')).toEqual({
      active: 0,
      waiting: 1,
      completed: 1,
    });
    const repeated = await worker.claim(5, 1, [completed(held!)]);
    expect(repeated.head.refused).toEqual([
      { id: '1', token: held!.token, outcome: 'already_settled' },
    ]);
    expect(repeated.jobs.map(({ id }) => id)).toEqual(['2']);
  });

  test('knows no worker that is gone', async () => {
    const { queueId, call, observer } = await scene();
    expect(await call(observer.session, resync, [queueId, 999_999, '[]'])).toEqual([{ r: null }]);
  });
});
