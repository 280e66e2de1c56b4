/** Who is told of new jobs, and when: a committing NOTIFY takes a lock that is global to the server. */

import { Pool } from 'pg';
import type { Queue, Worker } from '../../lib';
import { Exchanges } from '../../lib/engine/exchanges';
import { Store } from '../../lib/store/store';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** Counts the notifications of a queue up to now. */
async function ear(queue: Queue) {
  const [{ channel }] = (await on.sql("select tuskmq.channel_of('wake', $1) as channel", [
    await queue.queueId(),
  ])) as [{ channel: string }];
  const client = await on.client();
  let heard = 0;
  let marks = 0;
  client.on('notification', (message) => {
    if (message.channel === channel) heard++;
    else marks++;
  });
  await client.query(`listen "${channel}"; listen mark`);
  return async () => {
    const before = marks;
    await on.sql("select pg_notify('mark', '')");
    // Notifications come in the order of the commits.
    await until(() => marks > before);
    return heard;
  };
}

const rowOf = async (queue: Queue) => {
  const [row] = await on.sql<{ hungry: boolean }>(
    'select hungry from tuskmq.worker where queue_id = $1',
    [await queue.queueId()],
  );
  return row;
};

test('a producer notifies nobody while all slots are busy', async () => {
  const queue = on.queue();
  const gate = deferred();
  const worker = on.worker(queue, () => gate.promise, { concurrency: 2 });
  const active = record(worker, 'active');
  const completed = record(worker, 'completed');
  await queue.addBulk([1, 2].map(() => ({ name: 'job', data: {} })));
  await until(() => active.length === 2);
  await until(async () => (await rowOf(queue))?.hungry === false);
  const heard = await ear(queue);
  const before = await heard();
  for (let i = 0; i < 5; i++) await queue.add('job', {});
  await queue.addBulk([1, 2, 3].map(() => ({ name: 'job', data: {} })));
  expect(await heard()).toBe(before);
  gate.resolve();
  await until(() => completed.length === 10);
});

test('a worker with nothing to do is told of each job, once', async () => {
  const queue = on.queue();
  const worker = on.worker(queue, async () => {});
  const drained = record(worker, 'drained');
  const heard = await ear(queue);
  for (let i = 1; i <= 3; i++) {
    // Once at its start, and after each job.
    await until(() => drained.length === i);
    await until(async () => (await rowOf(queue))?.hungry === true);
    const before = await heard();
    await queue.add('job', {});
    await until(() => drained.length === i + 1);
    expect((await heard()) - before).toBe(1);
  }
});

const loopOf = (worker: Worker) => (worker as unknown as { loop: { isIdle(): boolean } }).loop;

/** Has no heartbeat find a job that was overlooked; for the rest they go on. */
function withoutNet(worker: Worker) {
  const { sender } = worker.getBackend().heartbeat as unknown as {
    sender: Pick<Store, 'heartbeat'>;
  };
  const beat = Store.prototype.heartbeat.bind(sender);
  jest
    .spyOn(sender, 'heartbeat')
    .mockImplementation((processId, queues) => beat(processId, queues, []));
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('many idle workers of a queue in one process', () => {
  /** So many, asleep; what they ask of the database; and no heartbeat wakes them. */
  async function sleepers(count: number, processor: () => Promise<void>) {
    const queue = on.queue();
    const workers = Array.from({ length: count }, () => on.worker(queue, processor));
    const { exchanges } = workers[0]!.getBackend();
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    withoutNet(workers[0]!);
    await until(() => workers.every((worker) => loopOf(worker).isIdle()));
    return { queue, workers, asked: jest.spyOn(exchanges, 'run') };
  }

  test('are not all woken by one job', async () => {
    const { queue, workers, asked } = await sleepers(30, async () => {});
    for (let i = 1; i <= 5; i++) {
      const job = await queue.add('job', {});
      await until(async () => (await job.getState()) === 'completed');
      await until(() => workers.every((worker) => loopOf(worker).isIdle()));
    }
    // The claim, the report, the last look before it sleeps again, and two that look as well; all of them would be 150 and more.
    expect(asked.mock.calls.length).toBeLessThanOrEqual(50);
  });

  test('run as many jobs as there are, also when they are added at once', async () => {
    let running = 0;
    const gate = deferred();
    const { queue } = await sleepers(30, async () => {
      running++;
      await gate.promise;
    });
    await queue.addBulk(Array.from({ length: 30 }, (_, i) => ({ name: `${i}`, data: {} })));
    await until(() => running === 30);
    gate.resolve();
    await until(async () => (await queue.getCompletedCount()) === 30);
  });

  test('run delayed jobs when they are due, although only one of them knew of the first, and is busy or gone by then', async () => {
    const { queue, workers } = await sleepers(5, async () => {});
    await queue.add('later', {}, { delay: 300 });
    await until(() => workers.every((worker) => loopOf(worker).isIdle()));
    // Those that looked for it are gone, but for one.
    const jobs = await Promise.all(
      [1, 2, 3].map((i) => queue.add('sooner', {}, { delay: 300 + i })),
    );
    await Promise.all(workers.slice(0, 4).map((worker) => worker.close()));
    await until(async () => (await queue.getCompletedCount()) === 4);
    expect(await jobs[2]!.getState()).toBe('completed');
  });

  test('wake others in their place when they are paused or closed', async () => {
    const { queue, workers } = await sleepers(10, async () => {});
    const jobs = Array.from({ length: 9 }, () => queue.add('job', {}));
    for (const [i, worker] of workers.slice(0, 9).entries()) {
      await jobs[i];
      void (i % 2 ? worker.pause() : worker.close());
    }
    await until(async () => (await queue.getCompletedCount()) === 9);
  });
});

describe('idle workers of a queue in many processes', () => {
  const pools: Pool[] = [];

  afterAll(async () => {
    for (const pool of pools) await pool.end();
  });

  /** So many processes, which are pools here, each with so many workers, all asleep. */
  async function processes(count: number, workersOfEach: number, processor: () => Promise<void>) {
    const queue = on.queue();
    const all = await Promise.all(
      Array.from({ length: count }, async () => {
        const pool = new Pool({ connectionString: on.url, max: 2 });
        pool.on('error', () => {});
        pools.push(pool);
        const workers = Array.from({ length: workersOfEach }, () =>
          on.worker(queue, processor, { connection: pool }),
        );
        await Promise.all(workers.map((worker) => worker.waitUntilReady()));
        await until(() => workers.every((worker) => loopOf(worker).isIdle()));
        withoutNet(workers[0]!);
        const { exchanges } = workers[0]!.getBackend();
        return { workers, exchanges, asked: jest.spyOn(exchanges, 'run') };
      }),
    );
    const areIdle = () =>
      all.every(({ workers }) => workers.every((worker) => loopOf(worker).isIdle()));
    return { queue, all, areIdle };
  }

  test('are asked for one job in four of them', async () => {
    const { queue, all, areIdle } = await processes(7, 2, async () => {});
    let least = 7;
    // Where heartbeats are late, all are told.
    for (let i = 1; least > 4; i++) {
      for (const { asked } of all) asked.mockClear();
      await queue.add('job', {});
      await until(async () => (await queue.getCompletedCount()) === i);
      await until(areIdle);
      least = Math.min(least, all.filter(({ asked }) => asked.mock.calls.length > 0).length);
    }
  });

  test('run as many jobs as there are, also when each is added alone', async () => {
    let running = 0;
    const gate = deferred();
    const { queue } = await processes(6, 2, async () => {
      running++;
      await gate.promise;
    });
    for (let i = 0; i < 12; i++) await queue.add('job', {});
    await until(() => running === 12);
    gate.resolve();
    await until(async () => (await queue.getCompletedCount()) === 12);
  });

  test('run them also when they are added one by one in one transaction', async () => {
    let running = 0;
    const gate = deferred();
    const { queue } = await processes(6, 2, async () => {
      running++;
      await gate.promise;
    });
    const client = await on.client();
    await client.query('begin');
    for (let i = 0; i < 12; i++) await queue.withTransaction(client).add('job', {});
    await client.query('commit');
    await until(() => running === 12);
    gate.resolve();
    await until(async () => (await queue.getCompletedCount()) === 12);
  });

  test('run a job although those that are told of it have no answer', async () => {
    const { queue, all } = await processes(6, 2, async () => {});
    const gate = deferred();
    const hanging = all.slice(1).map(({ exchanges, asked }) => {
      const ask = Exchanges.prototype.run.bind(exchanges);
      return asked.mockImplementation(async (request) => {
        await gate.promise;
        return ask(request);
      });
    });
    await queue.add('job', {});
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect(hanging.some((asked) => asked.mock.calls.length > 0)).toBe(true);
    gate.resolve();
  });

  test('run a job although those that are told of it are closed by then', async () => {
    const { queue, all } = await processes(6, 2, async () => {});
    for (let i = 1; i <= 3; i++) {
      const adding = queue.add('job', {});
      for (const worker of all[i]!.workers) void worker.close();
      await adding;
      await until(async () => (await queue.getCompletedCount()) === i);
    }
  });
});
