import {
  DelayedError,
  type Job,
  type Processor,
  WaitingChildrenError,
  WaitingError,
  Worker,
} from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** Runs one job to its end; resolves to it as stored, and to what its worker told. */
async function run(processor: Processor, opts = {}) {
  const queue = on.queue();
  const worker = on.worker(queue, processor);
  const heard = record(worker, 'active', 'completed', 'failed', 'error');
  const counted: [number, number][] = [];
  worker.on('active', (job) => counted.push([job.attemptsMade, job.attemptsStarted]));
  await queue.add('steps', { step: 'first' }, opts);
  const ends = async () => ['completed', 'failed'].includes(await queue.getJobState('1'));
  await until(ends);
  await until(() => heard.some(([event]) => event === 'completed' || event === 'failed'));
  return { job: (await queue.getJob('1'))!, heard: heard.map(([event]) => event), counted, queue };
}

describe('a job of steps', () => {
  test('resumes at the step that was saved when it is tried again', async () => {
    const done: string[] = [];
    const { job, counted } = await run(
      async (job) => {
        while (job.data.step !== 'end') {
          done.push(job.data.step);
          if (job.data.step === 'first') {
            await job.updateData({ step: 'second' });
          } else {
            if (job.attemptsMade === 0) throw new Error('in the second step');
            await job.updateData({ step: 'end' });
          }
        }
        return 'done';
      },
      { attempts: 3 },
    );
    expect(done).toEqual(['first', 'second', 'second']);
    expect([job.attemptsMade, job.attemptsStarted, job.returnvalue]).toEqual([2, 2, 'done']);
    expect(counted).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test('delays itself, and may save its step after it was moved', async () => {
    const { job, heard, counted } = await run(async (job, token) => {
      if (job.data.step === 'first') {
        await job.moveToDelayed(Date.now() + 20, token);
        await job.updateData({ step: 'second' });
        throw new DelayedError();
      }
      return job.data.step;
    });
    expect(job.returnvalue).toBe('second');
    expect(heard).toEqual(['active', 'active', 'completed']);
    expect(counted).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(job.attemptsMade).toBe(1);
  });

  test('is delayed for as long as it asks, whatever the clocks say', async () => {
    const queue = on.queue();
    const stored: unknown[] = [];
    on.worker(queue, async (job, token) => {
      // As a machine would say whose clock is an hour behind.
      const realNow = Date.now;
      const hourAgo = realNow() - 3_600_000;
      Date.now = () => hourAgo;
      const moved = job.moveToDelayed(Date.now() + 60_000, token);
      Date.now = realNow;
      await moved;
      stored.push(job.delay);
      throw new DelayedError();
    });
    await queue.add('a', {});
    await until(async () => (await queue.getDelayedCount()) === 1 && stored.length === 1);
    expect((await queue.getJob('1'))!.delay).toBe(stored[0]);
    expect(stored[0]).toBe(60_000);
  });

  test('is delayed until its time, not counted as failed', async () => {
    const queue = on.queue();
    const due = Date.now() + 3_600_000;
    const worker = on.worker(queue, async (job, token) => {
      await job.moveToDelayed(due, token);
      throw new DelayedError();
    });
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('a', {});
    await until(async () => (await queue.getDelayedCount()) === 1);
    const [row] = await on.sql<{ run_at: Date }>(
      'select run_at from tuskmq.jobs where queue = $1',
      [queue.name],
    );
    expect(row?.run_at.getTime()).toBeGreaterThanOrEqual(due);
    expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 0, attemptsStarted: 1 });
    expect(heard).toEqual([]);
  });

  test('goes back to the head of the queue', async () => {
    const queue = on.queue();
    const ran: string[] = [];
    await queue.addBulk([
      { name: 'a', data: {} },
      { name: 'b', data: {} },
    ]);
    on.worker(queue, async (job, token) => {
      ran.push(`${job.name}${job.attemptsStarted}`);
      if (job.name === 'a' && job.attemptsStarted === 1) {
        expect(await job.moveToWait(token)).toBe(0);
        throw new WaitingError();
      }
    });
    await until(async () => (await queue.getCompletedCount()) === 2);
    expect(ran).toEqual(['a1', 'a2', 'b1']);
    expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });

  test('counts starts and attempts as it is delayed, refused, moved to wait and completed', async () => {
    const refusals: unknown[] = [];
    const { job, heard, counted } = await run(async (job, token) => {
      switch (job.attemptsStarted) {
        case 1:
          await job.moveToDelayed(Date.now() + 1, token);
          throw new DelayedError();
        case 2:
          await job.moveToDelayed(Date.now() + 1, 'wrong').catch((error) => refusals.push(error));
          await job.moveToWait(token);
          throw new WaitingError();
        case 3:
          await job.moveToDelayed(Date.now() + 1);
          throw new DelayedError();
        default:
          return 'done';
      }
    });
    expect(refusals).toMatchObject([
      { message: 'Lock mismatch for job 1. Cmd moveToDelayed from active', code: -6 },
    ]);
    expect(counted).toEqual([1, 2, 3, 4].map((starts) => [0, starts]));
    expect(heard.filter((event) => event !== 'active')).toEqual(['completed']);
    expect([job.attemptsMade, job.attemptsStarted]).toEqual([1, 4]);
  });

  test('recognises what it throws by name alone', async () => {
    const { job } = await run(async (job, token) => {
      if (job.attemptsStarted === 1) {
        await job.moveToDelayed(Date.now(), token);
        throw Object.assign(new Error('of another copy'), { name: 'DelayedError' });
      }
    });
    expect([job.attemptsMade, job.attemptsStarted]).toEqual([1, 2]);
  });
});

describe('a job that was moved', () => {
  /** What becomes of each call after the job was moved to delayed. */
  async function afterMove(token: string | undefined) {
    const queue = on.queue();
    await queue.add('a', {});
    const worker = on.worker(queue, null);
    const job = (await worker.getNextJob('t'))!;
    await job.moveToDelayed(Date.now() + 60_000, 't');
    const calls: Record<string, () => Promise<unknown>> = {
      moveToDelayed: () => job.moveToDelayed(Date.now(), token),
      moveJobFromActiveToWait: () => job.moveToWait(token),
      moveToFinished: () => job.moveToCompleted('x', token as string, false),
    };
    const outcomes: unknown[] = [];
    for (const [command, call] of Object.entries(calls)) {
      const error = (await call().catch((error) => error)) as Error & { code: number };
      outcomes.push([command, error.message, error.code]);
    }
    expect(await job.getState()).toBe('delayed');
    return outcomes;
  }

  test('has no lock any more for the one who held it', async () => {
    expect(await afterMove('t')).toEqual(
      ['moveToDelayed', 'moveJobFromActiveToWait', 'moveToFinished'].map((command) => [
        command,
        `Missing lock for job 1. ${command}`,
        -2,
      ]),
    );
  });

  test('is not active for one who asks for no lock', async () => {
    expect(await afterMove(undefined)).toEqual([
      ...['moveToDelayed', 'moveJobFromActiveToWait'].map((command) => [
        command,
        `Job 1 is not in the active state. ${command}`,
        -3,
      ]),
      // Which needs a lock, always.
      ['moveToFinished', 'Missing lock for job 1. moveToFinished', -2],
    ]);
  });

  test('is missing once it is removed', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {});
    await job.remove();
    for (const [call, command] of [
      [() => job.moveToDelayed(1, 't'), 'moveToDelayed'],
      [() => job.moveToWait('t'), 'moveJobFromActiveToWait'],
      [() => job.moveToWaitingChildren('t'), 'moveToWaitingChildren'],
      [() => job.moveToCompleted(1, 't'), 'moveToFinished'],
      [() => job.updateData({}), 'updateData'],
      [() => job.updateProgress(1), 'updateProgress'],
      [() => job.log('x'), 'addLog'],
      [() => job.promote(), 'promote'],
      [() => job.retry(), 'reprocessJob'],
      [() => job.changeDelay(1), 'changeDelay'],
      [() => job.changePriority({}), 'changePriority'],
    ] as const) {
      await expect((call as () => Promise<unknown>)()).rejects.toMatchObject({
        message: `Missing key for job 1. ${command}`,
        code: -1,
      });
    }
  });

  test('keeps its new state when the processor returns instead of throwing', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job, token) => {
      await job.moveToDelayed(Date.now() + 60_000, token);
    });
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    expect(heard).toMatchObject([
      ['error', { message: 'Missing lock for job 1. moveToFinished', code: -2 }],
    ]);
    expect(await queue.getJobState('1')).toBe('delayed');
  });

  test('may be completed by its own processor, whose return then is refused', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job, token) => {
      await job.moveToCompleted('by hand', token!, false);
      return 'by return';
    });
    const heard = record(worker, 'error');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    expect(heard[0]![1]).toMatchObject({ code: -2 });
    expect((await queue.getJob('1'))?.returnvalue).toBe('by hand');
  });
});

describe('a sentinel error without a move', () => {
  test('puts the job back, as one that stalled', async () => {
    const { job } = await run(async (job) => {
      if (job.attemptsStarted === 1) throw new DelayedError();
      return 'second';
    });
    expect(job).toMatchObject({ returnvalue: 'second', attemptsMade: 1, stalledCounter: 1 });
  });

  test('fails the job when it comes too often', async () => {
    const { job } = await run(async () => {
      throw new WaitingChildrenError();
    });
    expect(job).toMatchObject({
      failedReason: 'job stalled more than allowable limit',
      attemptsStarted: 3,
      stalledCounter: 2,
    });
  });
});

describe('RateLimitError', () => {
  test('puts the job back and lets nobody fetch until the limit ends', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => {
      if (job.attemptsStarted === 1) {
        await queue.rateLimit(50);
        throw Worker.RateLimitError();
      }
      return 'later';
    });
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    const [event, job] = heard[0] as [string, Job];
    expect([event, job.attemptsMade, job.attemptsStarted]).toEqual(['completed', 1, 2]);
    expect(await queue.getRateLimitTtl()).toBe(-2);
  });

  test('puts the job back also when that does not work at first', async () => {
    const queue = on.queue();
    const connection = { connectionString: on.url, application_name: 'limited' };
    const worker = on.worker(
      queue,
      async (job) => {
        if (job.attemptsStarted === 1) throw Worker.RateLimitError();
        return 'later';
      },
      { connection },
    );
    const lost = Object.assign(new Error('Connection terminated'), { code: '57P01' });
    jest.spyOn(worker.getBackend().store, 'releaseJob').mockRejectedValueOnce(lost);
    const heard = record(worker, 'completed', 'error');
    await queue.add('a', {});
    await until(() => heard.length === 2);
    expect(heard.map(([event]) => event)).toEqual(['error', 'completed']);
    expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });
});
