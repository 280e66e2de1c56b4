import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const MINUTE = 60_000;
const START = new Date('2017-02-07T09:24:00.000+05:30').getTime();

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick'], now: START });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('under the fake timers of a test', () => {
  test('jobs are added, run and closed though no time passes', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.id, { concurrency: 3 });
    await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'a', data: {} })));
    await until(async () => (await queue.getCompletedCount()) === 20);
    await worker.close();
    const job = (await queue.getJob('20'))!;
    expect([job.timestamp, job.processedOn, job.finishedOn]).toEqual([START, START, START]);
  });

  test('an idle worker outlives a leap of the clock', async () => {
    const queue = on.queue();
    on.worker(queue, async () => 'done');
    await queue.add('a', {});
    await until(async () => (await queue.getCompletedCount()) === 1);
    jest.advanceTimersByTime(61_000);
    await queue.add('b', {});
    await until(async () => (await queue.getCompletedCount()) === 2);
  });

  test('a delayed job runs when the clock says so', async () => {
    const queue = on.queue();
    on.worker(queue, async () => 'done');
    await queue.add('a', {}, { delay: 10 * MINUTE });
    await until(async () => (await queue.getDelayedCount()) === 1);
    jest.setSystemTime(START + 9 * MINUTE);
    expect(await queue.getDelayedCount()).toBe(1);
    jest.setSystemTime(START + 11 * MINUTE);
    await until(async () => (await queue.getCompletedCount()) === 1);
  });

  test('a scheduler keeps to the slots of the clock', async () => {
    const queue = on.queue();
    const times: number[] = [];
    const worker = on.worker(queue, async () => void times.push(Date.now()));
    worker.on('completed', () => jest.advanceTimersByTime(2_000));
    await queue.upsertJobScheduler('s', { pattern: '*/2 * * * * *' });
    jest.advanceTimersByTime(2_500);
    await until(() => times.length >= 5);
    expect(times.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((n) => START + 500 + n * 2_000));
    await queue.removeJobScheduler('s');
  });

  test('metrics are counted in the minutes of the clock', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => 'done', { metrics: { maxDataPoints: 10 } });
    let done = 0;
    worker.on('completed', () => {
      done++;
      jest.advanceTimersByTime(MINUTE);
    });
    for (let i = 1; i <= 3; i++) {
      await queue.add('a', {});
      await until(() => done === i);
    }
    const metrics = await queue.getMetrics('completed');
    expect(metrics.meta.count).toBe(3);
    expect(metrics.data.filter((count) => count === 1).length).toBeGreaterThanOrEqual(2);
  });

  test('and after them the time is real again', async () => {
    const queue = on.queue();
    expect((await queue.add('a', {})).timestamp).toBe(START);
    jest.useRealTimers();
    for (let i = 0; i < 5; i++) {
      const { timestamp } = await queue.add('b', {});
      expect(Math.abs(timestamp - Date.now())).toBeLessThan(MINUTE);
    }
  });
});
