import type { Job, WorkerOptions } from '../../lib';
import { RateLimitError } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();
const HOUR = 3_600_000;

/** A queue of so many jobs, and workers that say which they started; the test ends them. */
async function scene(count: number) {
  const queue = on.queue();
  await queue.addBulk(Array.from({ length: count }, (_, i) => ({ name: `${i}`, data: {} })));
  const started: Job[] = [];
  const ends = Array.from({ length: count }, () => deferred<void>());
  const work = (opts: WorkerOptions) =>
    on.worker(
      queue,
      (job) => {
        started.push(job);
        return ends[Number(job.name)]!.promise;
      },
      opts,
    );
  return { queue, started, ends, work };
}

/** Ends the window of a rate limit that is open, as time would. */
async function endWindow(queueId: number) {
  await on.sql('update tuskmq.rate_window set ends_at = now() where queue_id = $1', [queueId]);
}

/** Resolves when no worker of the queue has anything to do that it could do now. */
const settled = (queueId: number) =>
  until(
    async () =>
      (await on.sql('select from tuskmq.worker where queue_id = $1 and not hungry', [queueId]))
        .length === 0,
  );

describe('global concurrency', () => {
  test('holds for all workers of a queue together, whatever slots they have', async () => {
    const { queue, started, ends, work } = await scene(6);
    expect(await queue.setGlobalConcurrency(2)).toBe(1);
    for (let i = 0; i < 3; i++) work({ concurrency: 5 });
    for (let done = 0; done < 6; done++) {
      await until(() => started.length === Math.min(done + 2, 6));
      await until(async () => (await queue.getCompletedCount()) === done);
      await settled(await queue.queueId());
      expect(await queue.getActiveCount()).toBe(Math.min(2, 6 - done));
      expect(await queue.isMaxed()).toBe(6 - done >= 2);
      ends[Number(started[done]!.name)]!.resolve();
    }
    await until(async () => (await queue.getCompletedCount()) === 6);
  });

  test('can be raised, lowered and removed while workers run', async () => {
    const { queue, started, work } = await scene(6);
    await queue.setGlobalConcurrency(1);
    work({ concurrency: 10 });
    await until(() => started.length === 1);
    expect(await queue.setGlobalConcurrency(3)).toBe(0);
    await until(() => started.length === 3);
    expect(await queue.getGlobalConcurrency()).toBe(3);
    expect(await queue.removeGlobalConcurrency()).toBe(1);
    expect(await queue.removeGlobalConcurrency()).toBe(0);
    await until(() => started.length === 6);
    expect(await queue.getGlobalConcurrency()).toBeNull();
    expect(await queue.isMaxed()).toBe(false);
  });

  test('of one lets another worker go on when a job is put off, waits for children or fails', async () => {
    const queue = on.queue();
    const flow = on.flow();
    await queue.setGlobalConcurrency(1);
    const order: string[] = [];
    const processor = async (job: Job, token?: string) => {
      order.push(job.name);
      if (job.name === 'delayed') await job.moveToDelayed(Date.now() + HOUR, token);
      if (job.name === 'failing') throw new Error('no');
      if (job.name === 'parent') {
        await flow.add({
          name: 'child',
          queueName: on.name(),
          opts: { parent: { id: job.id!, queue: job.queueQualifiedName } },
        });
        await job.moveToWaitingChildren(token!);
      }
      // Only now the job's slot here is free: somebody else has to go on.
      await until(() => order.length > ['delayed', 'parent', 'failing'].indexOf(job.name) + 1);
    };
    await queue.addBulk(
      ['delayed', 'parent', 'failing', 'last'].map((name) => ({ name, data: {} })),
    );
    on.worker(queue, (job, token) => {
      if (job.name === 'failing' || job.name === 'last') {
        order.push(job.name);
        if (job.name === 'failing') throw new Error('no');
        return Promise.resolve();
      }
      return processor(job, token);
    });
    on.worker(queue, processor);
    on.worker(queue, processor);
    await until(() => order.length === 4);
    expect(order.slice(0, 2)).toEqual(['delayed', 'parent']);
  });

  test('refuses what is no limit', async () => {
    const queue = on.queue();
    await expect(queue.setGlobalConcurrency(0)).rejects.toThrow('concurrency must be an integer');
    await expect(queue.setGlobalRateLimit(1, Number.NaN)).rejects.toThrow(
      'duration must be an integer',
    );
  });
});

describe('limiter', () => {
  test('lets so many jobs begin in a window, of all workers together', async () => {
    const { queue, started, ends, work } = await scene(7);
    for (const end of ends) end.resolve();
    for (let i = 0; i < 3; i++) work({ concurrency: 2, limiter: { max: 3, duration: HOUR } });
    await until(() => started.length === 3);
    const queueId = await queue.queueId();
    await settled(queueId);
    expect(started.length).toBe(3);
    expect(await queue.getRateLimitTtl(3)).toBeGreaterThan(HOUR - 60_000);
    expect(await queue.getRateLimitTtl(4)).toBe(0);
    expect(await queue.getWaitingCount()).toBe(4);
    await endWindow(queueId);
    await until(() => started.length === 6);
    expect(await queue.removeRateLimitKey()).toBe(1);
    await until(() => started.length === 7);
  });

  test('lets the next window begin by itself', async () => {
    const { started, ends, work } = await scene(5);
    for (const end of ends) end.resolve();
    work({ concurrency: 5, limiter: { max: 2, duration: 100 } });
    await until(() => started.length === 5);
    const times = started.map(({ processedOn }) => processedOn!);
    expect(times[2]! - times[0]!).toBeGreaterThanOrEqual(99);
    expect(times[4]! - times[2]!).toBeGreaterThanOrEqual(99);
  });

  test('keeps to priorities, and counts a job at each try', async () => {
    const queue = on.queue();
    await queue.addBulk(
      [3, 1, 2].map((priority) => ({
        name: `${priority}`,
        data: {},
        opts: { priority, attempts: 2 },
      })),
    );
    const names: string[] = [];
    on.worker(
      queue,
      async (job) => {
        names.push(job.name);
        if (names.length === 1) throw new Error('once more');
      },
      { limiter: { max: 2, duration: HOUR } },
    );
    await until(() => names.length === 2);
    await settled(await queue.queueId());
    expect(names).toEqual(['1', '1']);
  });

  test('may be changed while the worker runs', async () => {
    const { started, ends, work } = await scene(4);
    for (const end of ends) end.resolve();
    const worker = work({ concurrency: 4, limiter: { max: 1, duration: HOUR } });
    await until(() => started.length === 1);
    worker.opts.limiter = { max: 4, duration: HOUR };
    await until(() => started.length === 4);
  });

  test('holds also for jobs that are fetched by hand', async () => {
    const queue = on.queue();
    await queue.addBulk([1, 2].map((i) => ({ name: `${i}`, data: {} })));
    const worker = on.worker(queue, null, { limiter: { max: 1, duration: HOUR } });
    expect(await worker.getNextJob('a', { block: false })).toBeDefined();
    expect(await worker.getNextJob('b', { block: false })).toBeUndefined();
  });

  test('does not count jobs that are only claimed to be failed', async () => {
    const { queue, started, ends, work } = await scene(2);
    for (const end of ends) end.resolve();
    await on.sql(
      "update tuskmq.job_state set deferred_failure = 'child failed' where queue_id = $1 and id = '1'",
      [await queue.queueId()],
    );
    work({ limiter: { max: 1, duration: HOUR } });
    await until(() => started.length === 1);
    expect(started[0]!.name).toBe('1');
    await until(async () => (await queue.getFailedCount()) === 1);
  });
});

describe('global rate limit', () => {
  test('goes before the number of the worker, whose window goes before its own', async () => {
    const { queue, started, ends, work } = await scene(6);
    for (const end of ends) end.resolve();
    expect(await queue.setGlobalRateLimit(2, 1)).toBe(2);
    work({ concurrency: 6, limiter: { max: 5, duration: HOUR } });
    await until(() => started.length === 2);
    await settled(await queue.queueId());
    expect(started.length).toBe(2);
    expect(await queue.getGlobalRateLimit()).toEqual({ max: 2, duration: 1 });
    expect(await queue.getMeta()).toMatchObject({ paused: false, max: 2, duration: 1 });
    expect(await queue.removeGlobalRateLimit()).toBe(2);
    expect(await queue.getGlobalRateLimit()).toBeNull();
    await until(() => started.length === 5);
  });

  test('holds for workers without a limit of their own', async () => {
    const { queue, started, ends, work } = await scene(5);
    for (const end of ends) end.resolve();
    await queue.setGlobalRateLimit(2, 100);
    work({ concurrency: 5 });
    await until(() => started.length === 5);
    const times = started.map(({ processedOn }) => processedOn!);
    expect(times[4]! - times[0]!).toBeGreaterThanOrEqual(198);
  });
});

describe('rateLimit', () => {
  test('stops all workers of the queue for so long; the job goes back and runs again', async () => {
    const queue = on.queue();
    let runs = 0;
    const worker = on.worker(queue, async () => {
      if (++runs > 1) return;
      await queue.rateLimit(200);
      throw new RateLimitError();
    });
    const completed = record(worker, 'completed');
    await queue.add('a', {});
    await until(() => runs === 1);
    await until(async () => (await queue.getRateLimitTtl()) > 0);
    await until(() => completed.length === 1);
    expect(await queue.getRateLimitTtl()).toBe(-2);
    expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });
});
