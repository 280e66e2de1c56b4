import { Prefetch } from '../../lib/engine/prefetch';
import type { ClaimedJob } from '../../lib/model/job-record';

// The library's own clock and timers cannot be faked: that is what they are for.
jest.mock('../../lib/model/clock', () => ({
  elapsed: () => performance.now(),
  setTimeout: (call: () => void, ms: number) => setTimeout(call, ms),
  clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
}));

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const job = (id: string) => ({ id }) as ClaimedJob;

/** What an 'auto' gave back, and how it runs jobs of so many milliseconds, one after the other. */
function scene() {
  const givenBack: string[] = [];
  const prefetch = new Prefetch('auto', (jobs) => {
    givenBack.push(...jobs.map(({ id }) => id));
  });
  const run = (count: number, ms: number) => {
    for (let i = 0; i < count; i++) {
      prefetch.runBegan();
      jest.advanceTimersByTime(ms);
      prefetch.runEnded();
    }
  };
  return { prefetch, givenBack, run };
}

describe('Prefetch', () => {
  test('holds a number, whatever becomes of the jobs', () => {
    const prefetch = new Prefetch(3, () => {});
    prefetch.hold(job('1'));
    prefetch.exchanged(5);
    expect(prefetch.room).toBe(2);
    expect(prefetch.next()).toEqual({ id: '1' });
    expect(prefetch.room).toBe(3);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('auto holds nothing before a job has ended', () => {
    const { prefetch } = scene();
    prefetch.exchanged(5);
    expect(prefetch.room).toBe(0);
  });

  test('auto holds as many as end during two exchanges and the 5 ms for which results gather between them', () => {
    const { prefetch, run } = scene();
    run(10, 1);
    prefetch.exchanged(8);
    expect(prefetch.room).toBe(21);
    run(10, 2);
    prefetch.exchanged(7);
    expect(prefetch.room).toBe(10);
  });

  test('auto holds nothing any more when a job proves slow, whatever ended before it in the same exchange', () => {
    const { prefetch, givenBack, run } = scene();
    run(10, 1);
    prefetch.exchanged(8);
    run(10, 1);
    prefetch.runBegan();
    prefetch.hold(job('1'));
    jest.advanceTimersByTime(30);
    expect(givenBack).toEqual(['1']);
    // That reported the last ten.
    prefetch.exchanged(30);
    expect(prefetch.room).toBe(0);
    prefetch.runEnded();
    run(10, 1);
    prefetch.exchanged(8);
    expect(prefetch.room).toBeGreaterThan(0);
  });

  test('auto counts the time in which something runs, not the time between', () => {
    const { prefetch, run } = scene();
    run(2, 1);
    jest.advanceTimersByTime(1000);
    run(2, 1);
    prefetch.exchanged(8);
    expect(prefetch.room).toBe(21);
  });

  test('auto counts jobs that run side by side', () => {
    const { prefetch } = scene();
    for (let i = 0; i < 5; i++) prefetch.runBegan();
    jest.advanceTimersByTime(10);
    for (let i = 0; i < 5; i++) prefetch.runEnded();
    prefetch.exchanged(4.5);
    expect(prefetch.room).toBe(7);
  });

  test('auto holds nothing of jobs that take longer than an exchange', () => {
    const { prefetch, run } = scene();
    run(3, 50);
    prefetch.exchanged(5);
    expect(prefetch.room).toBe(0);
  });

  test('auto takes no exchange for longer than it may hold a job', () => {
    const { prefetch, run } = scene();
    run(10, 1);
    prefetch.exchanged(5_000);
    expect(prefetch.room).toBe(45);
  });

  test('auto holds 500 at most', () => {
    const { prefetch, run } = scene();
    run(10, 0);
    prefetch.exchanged(8);
    expect(prefetch.room).toBe(500);
  });

  test('lets results gather until no more are held than end during an exchange', () => {
    const { prefetch, run } = scene();
    run(10, 1);
    prefetch.exchanged(2);
    for (const id of ['1', '2', '3', '4']) prefetch.hold(job(id));
    expect(prefetch.patience).toBe(5);
    prefetch.next();
    expect(prefetch.patience).toBe(5);
    prefetch.next();
    expect(prefetch.patience).toBe(0);
  });

  test('lets results gather until half of a number is used up', () => {
    const prefetch = new Prefetch(3, () => {});
    expect(prefetch.patience).toBe(0);
    prefetch.hold(job('1'));
    expect(prefetch.patience).toBe(0);
    prefetch.hold(job('2'));
    expect(prefetch.patience).toBe(5);
  });

  test('auto gives back what it has held for 20 ms, and holds nothing more', () => {
    const { prefetch, givenBack, run } = scene();
    run(10, 1);
    prefetch.exchanged(10);
    prefetch.hold(job('1'));
    jest.advanceTimersByTime(15);
    prefetch.hold(job('2'));
    jest.advanceTimersByTime(15);
    expect(givenBack).toEqual([]);
    jest.advanceTimersByTime(5);
    expect(givenBack).toEqual(['1', '2']);
    expect(prefetch.room).toBe(0);
  });

  test('auto goes on holding while slots come free', () => {
    const { prefetch, givenBack, run } = scene();
    run(10, 1);
    prefetch.exchanged(10);
    for (const id of ['1', '2', '3']) prefetch.hold(job(id));
    jest.advanceTimersByTime(15);
    prefetch.next();
    jest.advanceTimersByTime(15);
    expect(givenBack).toEqual([]);
    jest.advanceTimersByTime(5);
    expect(givenBack).toEqual(['2', '3']);
  });

  test('auto gives nothing back that has run', () => {
    const { prefetch, givenBack, run } = scene();
    run(10, 1);
    prefetch.exchanged(10);
    prefetch.hold(job('1'));
    prefetch.next();
    jest.advanceTimersByTime(50);
    expect(givenBack).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
