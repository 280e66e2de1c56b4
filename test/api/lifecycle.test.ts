import { QueueEvents, Worker } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { RecordingTelemetry } from '../helpers/recording-telemetry';
import { startProxy } from '../helpers/tcp-proxy';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** A processor whose jobs run until `open` is called, and how many run. */
function gated() {
  const gate = deferred();
  const state = { running: 0, most: 0, started: 0, open: () => gate.resolve() };
  const processor = async () => {
    state.started++;
    state.most = Math.max(state.most, ++state.running);
    await gate.promise;
    state.running--;
    return 'done';
  };
  return { state, processor };
}

describe('concurrency', () => {
  test('is never exceeded, and may be changed while jobs run', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'a', data: {} })));
    const worker = on.worker(queue, processor, { concurrency: 3 });
    await until(() => state.running === 3);
    expect(await queue.getActiveCount()).toBe(3);
    worker.concurrency = 5;
    await until(() => state.running === 5);
    worker.concurrency = 1;
    expect(worker.concurrency).toBe(1);
    state.open();
    await until(async () => (await queue.getCompletedCount()) === 20);
    expect(state.most).toBe(5);
  });

  test('of one runs jobs one after the other', async () => {
    const queue = on.queue();
    let running = 0;
    let most = 0;
    const worker = on.worker(queue, async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    });
    const heard = record(worker, 'completed');
    await queue.addBulk(Array.from({ length: 30 }, () => ({ name: 'a', data: {} })));
    await until(() => heard.length === 30);
    expect(most).toBe(1);
  });

  test('takes a fraction for the next higher number, as in BullMQ', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    await queue.addBulk(Array.from({ length: 3 }, () => ({ name: 'a', data: {} })));
    on.worker(queue, processor, { concurrency: 1.5 });
    await until(() => state.running === 2, { timeout: 2_000 });
    state.open();
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(state.most).toBe(2);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %s', (concurrency) => {
    const message = 'concurrency must be a finite number greater than 0';
    expect(() => new Worker('q', null, { concurrency, connection: on.url })).toThrow(message);
    const worker = on.worker('q', null);
    expect(() => {
      worker.concurrency = concurrency;
    }).toThrow(message);
  });
});

/** Runs four jobs in one slot, of which the second fails: what runs and what is told, in order. */
async function orderOf(opts: { telemetry?: RecordingTelemetry }): Promise<string[]> {
  const queue = on.queue();
  await queue.addBulk(Array.from({ length: 4 }, (_, i) => ({ name: `${i}`, data: {} })));
  const order: string[] = [];
  const processor = async (job: { name: string }) => {
    order.push(`run ${job.name}`);
    if (job.name === '1') throw new Error('no');
  };
  const worker = on.worker(queue, processor, opts);
  worker.on('completed', (job) => order.push(`completed ${job.name}`));
  worker.on('failed', (job) => order.push(`failed ${job?.name}`));
  worker.on('drained', () => order.push('drained'));
  await until(() => order.length === 9);
  return order;
}

describe('a worker with one slot', () => {
  const inOrder = [
    ...['completed', 'failed', 'completed', 'completed'].flatMap((end, i) => [
      `run ${i}`,
      `${end} ${i}`,
    ]),
    'drained',
  ];

  test('tells what became of a job before it starts the next', async () => {
    expect(await orderOf({})).toEqual(inOrder);
  });

  test('tells it as early when it has telemetry', async () => {
    expect(await orderOf({ telemetry: new RecordingTelemetry() })).toEqual(inOrder);
  });
});

test('a worker with one slot tells that a job has failed, also for a child, before it starts the next', async () => {
  const queue = on.queue();
  const child = (name: string, opts = {}) => ({ name, queueName: queue.name, opts });
  await on.flow().add({
    ...child('r'),
    children: [child('bad', { failParentOnFailure: true }), child('k2'), child('k3')],
  });
  const order: string[] = [];
  const worker = on.worker(queue, async (job) => {
    if (job.name === 'bad') throw new Error('no');
  });
  for (const event of ['active', 'completed', 'failed'] as const) {
    worker.on(event, (job: { name: string } | undefined) => order.push(`${event} ${job?.name}`));
  }
  await until(() => order.length === 8);
  expect(order).toEqual([
    ...['active bad', 'failed bad', 'active r', 'failed r'],
    ...['active k2', 'completed k2', 'active k3', 'completed k3'],
  ]);
});

describe('a worker with many slots', () => {
  test('tells that a try has failed before it starts the next one', async () => {
    const queue = on.queue();
    await queue.addBulk(
      Array.from({ length: 20 }, () => ({ name: 'a', data: {}, opts: { attempts: 4 } })),
    );
    let failed = 0;
    const order: string[] = [];
    const worker = on.worker(
      queue,
      async (job) => {
        order.push(`${job.id} begins ${job.attemptsMade}`);
        throw new Error('no');
      },
      { concurrency: 10 },
    );
    worker.on('failed', (job) => {
      failed++;
      order.push(`${job!.id} failed ${job!.attemptsMade - 1}`);
    });
    await until(() => failed === 80);
    for (let id = 1; id <= 20; id++) {
      expect(order.filter((entry) => entry.startsWith(`${id} `))).toEqual(
        [0, 1, 2, 3].flatMap((n) => [`${id} begins ${n}`, `${id} failed ${n}`]),
      );
    }
  });
});

describe('a worker', () => {
  test.each([
    ['that was not begun', async () => {}, { autorun: false }],
    ['without a processor', null, {}],
  ])('%s is ready, and known to its queue', async (_, processor, opts) => {
    const queue = on.queue();
    const worker = on.worker(queue, processor, { ...opts, name: 'w' });
    await new Promise<void>((resolve) => worker.once('ready', resolve));
    expect(await queue.getWorkersCount()).toBe(1);
    expect(await queue.getWorkers()).toMatchObject([{ rawname: expect.stringContaining('w') }]);
    await worker.close();
    expect(await queue.getWorkersCount()).toBe(0);
  });

  test('tells once that the queue is drained when it begins with nothing to do', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => {});
    const heard = record(worker, 'drained');
    await until(() => heard.length === 1);
    await queue.add('a', {});
    await until(() => heard.length === 2);
  });
});

describe('Worker.pause', () => {
  test('waits for running jobs, and fetches nothing until resumed', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    const worker = on.worker(queue, processor);
    const heard = record(worker, 'paused', 'resumed', 'completed');
    await queue.add('a', {});
    await until(() => state.running === 1);
    const pausing = worker.pause();
    await queue.add('b', {});
    expect(worker.isPaused()).toBe(true);
    expect(heard).toEqual([]);
    state.open();
    await pausing;
    expect(heard.map(([event]) => event)).toEqual(['completed', 'paused']);
    expect(await queue.getWaitingCount()).toBe(1);
    await worker.resume();
    await until(() => heard.length === 4);
    expect(heard.map(([event]) => event).slice(2)).toEqual(['resumed', 'completed']);
  });

  test('can leave running jobs alone', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    const worker = on.worker(queue, processor);
    await queue.add('a', {});
    await until(() => state.running === 1);
    await worker.pause(true);
    expect(state.running).toBe(1);
    expect(worker.isRunning()).toBe(true);
    state.open();
    await until(async () => (await queue.getCompletedCount()) === 1);
    await until(() => !worker.isRunning());
  });

  test('waits no longer once the worker is closed by force', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    const worker = on.worker(queue, processor);
    await queue.add('a', {});
    await until(() => state.running === 1);
    const pausing = worker.pause();
    await worker.close(true);
    await pausing;
    state.open();
  });

  test('ends run(), and resume() begins again, also what never ran', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => 'done', { autorun: false });
    const running = worker.run();
    await worker.pause();
    await running;
    expect(worker.isRunning()).toBe(false);
    await worker.run();
    expect(worker.isRunning()).toBe(false);
    const idle = on.worker(queue, async () => 'done', { autorun: false });
    const heard = record(idle, 'resumed', 'completed');
    await queue.add('a', {});
    await idle.resume();
    await until(() => heard.length === 2);
    expect(heard.map(([event]) => event)).toEqual(['resumed', 'completed']);
  });
});

describe('Queue.pause', () => {
  test('holds for all workers: adds are taken, running jobs end, nothing is fetched', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    on.worker(queue, processor);
    on.worker(queue, processor);
    await queue.add('a', {});
    await until(() => state.running === 1);
    const heard = record(queue, 'paused', 'resumed');
    await queue.pause();
    expect(await queue.isPaused()).toBe(true);
    await queue.addBulk([
      { name: 'b', data: {} },
      { name: 'c', data: {}, opts: { delay: 1 } },
    ]);
    state.open();
    await until(async () => (await queue.getCompletedCount()) === 1);
    // Due delayed jobs are promoted all the same.
    await until(async () => (await queue.getWaitingCount()) === 2);
    expect(state.started).toBe(1);
    await queue.resume();
    expect(await queue.isPaused()).toBe(false);
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(heard.map(([event]) => event)).toEqual(['paused', 'resumed']);
  });
});

describe('Worker.close', () => {
  test('waits for running jobs and stores their results', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    const worker = on.worker(queue, processor, { concurrency: 2 });
    const heard = record(worker, 'closing', 'completed', 'closed');
    await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'a', data: {} })));
    await until(() => state.running === 2);
    const closing = worker.close();
    expect(worker.close()).toBe(closing);
    expect(worker.isRunning()).toBe(true);
    state.open();
    await closing;
    expect(worker.isRunning()).toBe(false);
    expect(heard.map(([event]) => event)).toEqual(['closing', 'completed', 'completed', 'closed']);
    expect(await queue.getJobCounts('completed', 'waiting', 'active')).toEqual({
      completed: 2,
      waiting: 3,
      active: 0,
    });
  });

  test('in the midst of fetching leaves no job behind', async () => {
    const queue = on.queue();
    await queue.addBulk(Array.from({ length: 200 }, () => ({ name: 'a', data: {} })));
    let done = 0;
    while ((await queue.getWaitingCount()) > 0) {
      const worker = on.worker(queue, async () => void done++, { concurrency: 10 });
      await new Promise((resolve) => worker.once('active', resolve));
      await worker.close();
      expect(await queue.getActiveCount()).toBe(0);
    }
    expect(done).toBe(200);
    expect(await queue.getCompletedCount()).toBe(200);
    expect(
      await on.sql('select from tuskmq.jobs where queue = $1 and attempts_started <> 1', [
        queue.name,
      ]),
    ).toEqual([]);
  });

  test('by force waits for nothing, and others take over what ran when its lock would have run out', async () => {
    const queue = on.queue();
    const { state, processor } = gated();
    const worker = on.worker(queue, processor, { lockDuration: 1_000 });
    await queue.add('a', {});
    await until(() => state.running === 1);
    await worker.close(true);
    expect(await queue.getJobState('1')).toBe('active');
    const heir = on.worker(queue, async () => 'by the heir');
    const heard = record(heir, 'stalled', 'completed');
    await until(() => heard.length === 2);
    // The answer to the heartbeat may be slower than the job that it has set free.
    expect(heard).toContainEqual(['stalled', '1', 'active']);
    state.open();
    const job = await queue.getJob('1');
    expect(job).toMatchObject({
      returnvalue: 'by the heir',
      attemptsStarted: 2,
      stalledCounter: 1,
    });
  });

  test('by force ends one that waits, and what runs then reports nothing', async () => {
    const queue = on.queue();
    const isOver = deferred();
    const worker = on.worker(queue, () => isOver.promise);
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('a', {});
    await until(async () => (await queue.getActiveCount()) === 1);
    const closing = worker.close();
    await worker.close(true);
    await closing;
    isOver.resolve();
    await until(async () => (await queue.getWaitingCount()) + (await queue.getActiveCount()) === 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
  });

  test('by force of one that is closed does nothing', async () => {
    const worker = on.worker(on.queue(), null, { connection: `${on.url}?application_name=once` });
    const heard = record(worker, 'error', 'closed');
    await worker.waitUntilReady();
    await worker.close();
    await worker.close(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard.map(([event]) => event)).toEqual(['closed']);
  });

  test('resolves run() of a worker that was started by hand', async () => {
    const worker = on.worker(on.queue(), async () => {}, { autorun: false });
    expect(worker.isRunning()).toBe(false);
    const running = worker.run();
    await expect(worker.run()).rejects.toThrow('Worker is already running.');
    await worker.close();
    await running;
  });

  test('is for instances of their own: a closed one does nothing more', async () => {
    const queue = on.queue();
    const other = on.queue(queue.name);
    const job = await queue.add('a', {});
    await queue.close();
    expect(queue.closed).toBe(true);
    await expect(queue.add('b', {})).rejects.toThrow('Connection is closed.');
    await expect(queue.getJobCounts()).rejects.toThrow('Connection is closed.');
    await expect(job.getState()).rejects.toThrow('Connection is closed.');
    expect(await other.getWaitingCount()).toBe(1);
  });

  test('of a worker without a processor is clean, and such a worker does not run', async () => {
    const worker = on.worker(on.queue(), null);
    await expect(worker.run()).rejects.toThrow('No process function is defined.');
    await worker.close();
  });
});

describe('an unreachable database', () => {
  const connection = 'postgres://nobody@127.0.0.1:1/none';

  test('is told as an error event, and does not keep instances from closing', async () => {
    const worker = on.worker('q', async () => {}, { connection });
    const queue = on.queue('q', { connection });
    const [error] = await Promise.all([
      new Promise<Error>((resolve) => worker.once('error', resolve)),
      expect(queue.add('a', {})).rejects.toThrow('ECONNREFUSED'),
    ]);
    expect(error.message).toMatch('ECONNREFUSED');
    await worker.close();
    await queue.close();
  });

  test('does not keep a worker from closing that was idle when it went, and was paused', async () => {
    const proxy = await startProxy(on.url);
    const worker = on.worker(on.queue(), async () => {}, { connection: proxy.url });
    await worker.waitUntilReady();
    await until(() => (worker as unknown as { loop: { isAsleep(): boolean } }).loop.isAsleep());
    await proxy.close();
    void worker.pause();
    await worker.close();
  });

  test('makes waitUntilReady reject', async () => {
    const events = new QueueEvents('q', { connection });
    events.on('error', () => {});
    await expect(events.waitUntilReady()).rejects.toThrow('ECONNREFUSED');
    await events.close();
  });
});

describe('Worker.getNextJob', () => {
  test('fetches by hand under a token of the caller', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, null, { name: 'hand' });
    expect(await worker.getNextJob('t1', { block: false })).toBeUndefined();
    await queue.addBulk([
      { name: 'a', data: { n: 1 } },
      { name: 'b', data: { n: 2 } },
    ]);
    const first = await worker.getNextJob('t1');
    expect(first).toMatchObject({ name: 'a', data: { n: 1 }, token: 't1', attemptsStarted: 1 });
    const [next, id] = await first!.moveToCompleted('r', 't1');
    expect([id, next?.data]).toEqual(['2', '{"n":2}']);
    const second = await queue.getJob('2');
    expect(await second!.extendLock('other', 1_000)).toBe(0);
    expect(await second!.extendLock('t1', 60_000)).toBe(1);
    expect(await worker.extendJobLocks(['1', '2'], ['t1', 't1'], 60_000)).toEqual(['1']);
    await second!.moveToFailed(new Error('no'), 't1');
    expect(await queue.getJobCounts('completed', 'failed')).toEqual({ completed: 1, failed: 1 });
  });

  test('waits for a job that comes later', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, null, { drainDelay: 20 });
    const heard = record(worker, 'active', 'drained');
    // The first fetch tells at once that there is nothing.
    expect(await worker.getNextJob('t')).toBeUndefined();
    const coming = worker.getNextJob('t');
    await queue.add('a', {});
    expect((await coming)?.name).toBe('a');
    expect(heard.map(([event]) => event)).toEqual(['drained', 'active']);
  });

  test('finds nothing for a worker that is closed', async () => {
    const worker = on.worker(on.queue(), null);
    await worker.close();
    expect(await worker.getNextJob('t')).toBeUndefined();
  });

  test('finds nothing for a worker that is paused', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    const worker = on.worker(queue, null);
    await worker.pause();
    expect(await worker.getNextJob('t')).toBeUndefined();
    expect(await queue.getWaitingCount()).toBe(1);
    await worker.resume();
    expect((await worker.getNextJob('t'))?.name).toBe('a');
  });
});
