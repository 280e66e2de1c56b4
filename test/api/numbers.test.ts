/** Numbers that the database cannot take are cut down where that means the same, and else refused in words. */

import type { Job, Queue, WorkerOptions } from '../../lib';
import { Worker } from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const NO_INTEGER = /must be an integer, not/;
const NO_TIME = /must be a finite number of milliseconds|cannot be moved to the time/;

/** A queue with three delayed jobs; the first has three rows in its log. */
async function scene(): Promise<{ queue: Queue; job: Job }> {
  const queue = on.queue();
  const [job] = await queue.addBulk(
    [1, 2, 3].map((i) => ({ name: `${i}`, data: {}, opts: { delay: 3_600_000 + i } })),
  );
  for (const row of ['a', 'b', 'c']) await job!.log(row);
  return { queue, job: job! };
}

test.each([2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e300, Number.POSITIVE_INFINITY])(
  'an end of a list of %d is beyond all that it holds',
  async (end) => {
    const { queue, job } = await scene();
    expect((await queue.getJobs(['delayed'], 1, end)).length).toBe(2);
    expect((await queue.getDelayed(-2, end)).length).toBe(2);
    expect((await queue.getJobLogs(job.id!, 1, end)).logs).toEqual(['b', 'c']);
    await queue.upsertJobScheduler('s', { every: 3_600_000 });
    expect((await queue.getJobSchedulers(0, end)).length).toBe(1);
    expect((await queue.getMetrics('completed', 0, end)).data).toEqual([]);
    expect(await queue.getJobs(['delayed'], end, -1)).toEqual([]);
  },
);

test.each([0.5, Number.NaN])('a place in a list of %d is refused', async (place) => {
  const { queue, job } = await scene();
  await expect(queue.getJobs(['delayed'], place, 5)).rejects.toThrow(NO_INTEGER);
  await expect(queue.getJobs(['delayed'], 0, place)).rejects.toThrow(NO_INTEGER);
  await expect(queue.getJobLogs(job.id!, place)).rejects.toThrow(NO_INTEGER);
  await expect(queue.getMetrics('completed', place)).rejects.toThrow(NO_INTEGER);
  await expect(queue.getJobSchedulers(0, place)).rejects.toThrow(NO_INTEGER);
});

test('a time that is none is refused, and changes nothing', async () => {
  const { queue, job } = await scene();
  for (const ms of [Number.POSITIVE_INFINITY, Number.NaN]) {
    await expect(job.changeDelay(ms)).rejects.toThrow(NO_TIME);
    await expect(queue.rateLimit(ms)).rejects.toThrow(NO_TIME);
    await expect(queue.clean(ms, 10, 'delayed')).rejects.toThrow(NO_TIME);
    await expect(job.extendLock('token', ms)).rejects.toThrow(NO_TIME);
    await expect(job.moveToDelayed(ms, 'token')).rejects.toThrow(NO_TIME);
  }
  expect((await queue.getJob(job.id!))!.delay).toBe(3_600_001);
  expect(await queue.getRateLimitTtl()).toBe(-2);
  expect(await queue.getDelayedCount()).toBe(3);
});

test.each([Number.MAX_SAFE_INTEGER, 1e300])(
  'a time of %d is the longest that there is',
  async (ms) => {
    const { queue, job } = await scene();
    await job.changeDelay(ms);
    expect(await job.getState()).toBe('delayed');
    expect(await queue.clean(ms, 10, 'delayed')).toEqual([]);
    expect(await queue.clean(-ms, 10, 'failed')).toEqual([]);
    await queue.retryJobs({ timestamp: ms });
    await queue.rateLimit(ms);
    expect(await queue.getRateLimitTtl()).toBeGreaterThan(1e15);
    await queue.upsertJobScheduler('s', { every: 1000, limit: Number.MAX_SAFE_INTEGER });
    const worker = on.worker(queue, async () => {}, { lockDuration: ms });
    await worker.waitUntilReady();
  },
);

test.each([2 ** 40, 1e300, -1])('a batch of %d jobs is one of all', async (count) => {
  const { queue } = await scene();
  await queue.promoteJobs({ count });
  expect(await queue.getWaitingCount()).toBe(3);
  await queue.retryJobs({ count });
});

test.each([1.5, Number.NaN])('a batch of %d jobs is refused', async (count) => {
  const { queue } = await scene();
  await expect(queue.promoteJobs({ count })).rejects.toThrow(NO_INTEGER);
  await expect(queue.retryJobs({ count })).rejects.toThrow(NO_INTEGER);
});

test('counts that are none are refused', async () => {
  const { queue, job } = await scene();
  await expect(queue.clean(0, 1.5, 'delayed')).rejects.toThrow(NO_INTEGER);
  await expect(queue.trimEvents(Number.NaN)).rejects.toThrow(NO_INTEGER);
  await expect(queue.getCountsPerPriority([Number.NaN])).rejects.toThrow(NO_INTEGER);
  await expect(job.clearLogs(Number.NaN)).rejects.toThrow(NO_INTEGER);
  await expect(job.clearLogs(-1)).rejects.toThrow('greater or equal than 0');
  expect((await queue.getJobLogs(job.id!)).count).toBe(3);
});

test('limits that are larger than any number of jobs limit nothing', async () => {
  const queue = on.queue();
  await queue.setGlobalConcurrency(2 ** 40);
  await queue.setGlobalRateLimit(2 ** 40, 1000);
  const worker = on.worker(queue, async () => {}, {
    concurrency: 1e300,
    limiter: { max: 2 ** 40, duration: 1000 },
    maxStalledCount: Number.POSITIVE_INFINITY,
  });
  const errors: Error[] = [];
  worker.on('error', (error) => errors.push(error));
  await queue.add('job', {}, { removeOnFail: { age: 1e300, limit: -5 }, keepLogs: 1e300 });
  await queue.add('job', {}, { removeOnComplete: { age: 1e300, limit: -5 } });
  await until(async () => (await queue.getCompletedCount()) === 2);
  expect(errors).toEqual([]);
});

test.each<[WorkerOptions, RegExp]>([
  [{ lockDuration: Number.POSITIVE_INFINITY }, NO_TIME],
  [{ stalledInterval: Number.NaN }, /stalledInterval must be greater than 0/],
  [{ drainDelay: Number.NaN }, /drainDelay must be greater than 0/],
  [{ maxStalledCount: Number.NaN }, NO_INTEGER],
  [{ maxStalledCount: 1.5 }, NO_INTEGER],
  [{ limiter: { max: 1, duration: Number.POSITIVE_INFINITY } }, /must be a finite number/],
])('a worker with %p is refused', (opts, message) => {
  expect(() => new Worker('refused', async () => {}, { connection: on.url, ...opts })).toThrow(
    message,
  );
});

test.each(['every', 'limit'])(
  'a scheduler with a %s beyond all numbers is refused',
  async (option) => {
    const queue = on.queue();
    await expect(queue.upsertJobScheduler('s', { every: 1000, [option]: 1e300 })).rejects.toThrow(
      `The .${option} option of a job scheduler must be a number`,
    );
  },
);
