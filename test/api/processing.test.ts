import { readFileSync } from 'node:fs';
import { type Job, UnrecoverableError } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

describe('Worker', () => {
  test('tells of a job from active to completed, with its arguments', async () => {
    const queue = on.queue();
    await queue.add('double', { n: 21 });
    const worker = on.worker(queue, async (job) => ({ twice: job.data.n * 2 }), { name: 'w1' });
    const heard = record(worker, 'active', 'completed', 'failed', 'drained');
    await until(() => heard.length === 3);
    expect(heard.map(([event]) => event)).toEqual(['active', 'completed', 'drained']);
    const [, active, prev] = heard[0] as [string, Job, string];
    expect([active.name, active.attemptsStarted, active.processedBy, prev]).toEqual([
      'double',
      1,
      'w1',
      'waiting',
    ]);
    const [, completed, result, before] = heard[1] as [string, Job, unknown, string];
    expect([completed.attemptsMade, completed.returnvalue, result, before]).toEqual([
      1,
      { twice: 42 },
      { twice: 42 },
      'active',
    ]);
    const stored = await queue.getJob('1');
    expect(stored).toMatchObject({ returnvalue: { twice: 42 }, processedBy: 'w1' });
    expect(stored!.finishedOn).toBeGreaterThanOrEqual(stored!.processedOn!);
  });

  test('tells of a failed job, and stores why', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => {
      throw new Error('no such user');
    });
    const heard = record(worker, 'completed', 'failed');
    await queue.add('a', {});
    await until(() => heard.length === 1);
    const [event, job, error, prev] = heard[0] as [string, Job, Error, string];
    expect([event, job.attemptsMade, error.message, prev]).toEqual([
      'failed',
      1,
      'no such user',
      'active',
    ]);
    const stored = await queue.getJob('1');
    expect(stored?.failedReason).toBe('no such user');
    expect(stored?.stacktrace).toEqual([error.stack]);
    expect(await stored?.getState()).toBe('failed');
  });

  test('runs jobs that were added before it started, with synchronous processors too', async () => {
    const queue = on.queue();
    await queue.addBulk([1, 2, 3].map((n) => ({ name: 'a', data: { n } })));
    const worker = on.worker(queue, (job) => job.data.n);
    const heard = record(worker, 'completed');
    await until(() => heard.length === 3);
    expect(heard.map(([, , result]) => result)).toEqual([1, 2, 3]);
  });

  test.each([
    ['a string', 'plain words', 'plain words'],
    ['null', null, 'the processor threw null'],
    ['undefined', undefined, 'the processor threw undefined'],
    ['an object', { code: 7 }, '{"code":7}'],
    ['an object with a message', { message: 'spoken' }, 'spoken'],
    ['U+0000', new Error('a\0b'), 'a\uFFFDb'],
    ['half a surrogate pair', new Error('a\ud800b'), 'a\uFFFDb'],
  ])('fails a job whose processor throws %s', async (_, thrown, reason) => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => {
      throw thrown;
    });
    const heard = record(worker, 'failed', 'error');
    await queue.add('a', {});
    await until(() => heard.length > 0);
    expect(heard.map(([event]) => event)).toEqual(['failed']);
    expect((await queue.getFailed())[0]?.failedReason).toBe(reason);
  });

  test.each([
    ['a BigInt', () => 1n, /BigInt/],
    [
      'a cycle',
      () => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      },
      /circular/,
    ],
  ])('fails a job whose result JSON cannot hold: %s', async (_, result, reason) => {
    const queue = on.queue();
    const worker = on.worker(queue, result);
    const heard = record(worker, 'failed', 'completed');
    await queue.add('a', {});
    await until(() => heard.length === 1);
    expect((await queue.getFailed())[0]?.failedReason).toMatch(reason);
  });

  test('calls its processor on itself', async () => {
    const queue = on.queue();
    let self: unknown;
    const worker = on.worker(queue, async function (this: unknown) {
      self = this;
    });
    await queue.add('a', {});
    await until(() => self !== undefined);
    expect(self).toBe(worker);
  });

  test('tells when a job has finished by the clock that stores it', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => {
      if (job.name === 'bad') throw new Error('no');
    });
    const heard = record(worker, 'completed', 'failed');
    await queue.addBulk([
      { name: 'good', data: {} },
      { name: 'bad', data: {} },
    ]);
    await until(() => heard.length === 2);
    for (const [, job] of heard as [string, Job][]) {
      expect(job.finishedOn).toBe((await queue.getJob(job.id!))!.finishedOn);
    }
  });

  test.each<[string, (job: Job) => unknown]>([
    [
      'what it throws has no message that can be read',
      () => {
        throw Object.defineProperty(new Error(), 'message', {
          get() {
            throw new Error('unreadable');
          },
        });
      },
    ],
    [
      'its processor has frozen it',
      (job) => {
        Object.freeze(job);
        throw new Error('frozen');
      },
    ],
  ])('gives a job back when %s', async (_, processor) => {
    const queue = on.queue();
    let runs = 0;
    const worker = on.worker(queue, async (job) => (runs++ === 0 ? processor(job) : 'done'));
    const heard = record(worker, 'error', 'completed');
    await queue.add('a', {}, { attempts: 3 });
    await until(() => heard.length === 2);
    expect(heard.map(([event]) => event)).toEqual(['error', 'completed']);
  });

  test('takes a stack that is no text as one', async () => {
    const queue = on.queue();
    on.worker(queue, async () => {
      throw Object.assign(new Error('reason'), { stack: ['at', 'here'] });
    });
    await queue.add('a', {});
    await until(async () => (await queue.getFailedCount()) === 1);
    expect(await queue.getJob('1')).toMatchObject({
      failedReason: 'reason',
      stacktrace: ['at,here'],
    });
  });

  test('stores results of every JSON type, and undefined as null', async () => {
    const queue = on.queue();
    const results = [0, '', false, null, undefined, 'a\0\ud800', [1], { b: 1, a: 2 }];
    const worker = on.worker(queue, (job) => results[job.data]);
    const heard = record(worker, 'completed');
    await queue.addBulk(results.map((_, data) => ({ name: 'a', data })));
    await until(() => heard.length === results.length);
    const stored = await Promise.all(results.map((_, i) => queue.getJob(`${i + 1}`)));
    expect(stored.map((job) => job?.returnvalue)).toEqual(results.map((result) => result ?? null));
  });

  test('gives the processor a token, and an AbortSignal only when it asks for one', async () => {
    const queue = on.queue();
    const seen: unknown[][] = [];
    const add = () => queue.add('a', {});
    const two = on.worker(queue, async (...args) => void seen.push(args));
    await add();
    await until(() => seen.length === 1);
    await two.close();
    on.worker(queue, async (_job, token, signal) => void seen.push([token, signal]));
    await add();
    await until(() => seen.length === 2);
    expect(typeof seen[0]![1]).toBe('string');
    expect(seen[0]![2]).toBeUndefined();
    expect(seen[1]![1]).toHaveProperty('aborted', false);
    expect(seen[1]![0]).not.toBe(seen[0]![1]);
  });

  test('asks a running processor to stop by its signal', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async (_job, _token, signal) => {
      await new Promise((resolve) => signal!.addEventListener('abort', resolve));
      throw new UnrecoverableError(`stopped: ${signal!.reason}`);
    });
    const heard = record(worker, 'active', 'failed');
    await queue.add('a', {}, { attempts: 5 });
    await until(() => heard.length === 1);
    expect(worker.cancelJob('unknown')).toBe(false);
    expect(worker.cancelJob('1', 'by hand')).toBe(true);
    await until(() => heard.length === 2);
    expect((await queue.getFailed())[0]?.failedReason).toBe('stopped: by hand');
    expect(worker.cancelJob('1')).toBe(false);
  });

  test('goes on when a listener throws, and tells of it', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => 1);
    worker.on('active', () => {
      throw new Error('from the listener');
    });
    const heard = record(worker, 'completed', 'error');
    await queue.add('a', {});
    await until(() => heard.length === 2);
    expect(heard[0]).toEqual(['error', new Error('from the listener')]);
    expect(heard[1]![0]).toBe('completed');
  });

  test('fails a job that was started too often without running it', async () => {
    const queue = on.queue();
    let runs = 0;
    const worker = on.worker(
      queue,
      async (job, token) => {
        runs++;
        await job.moveToWait(token);
        throw Object.assign(new Error(), { name: 'WaitingError' });
      },
      { maxStartedAttempts: 2 },
    );
    const heard = record(worker, 'failed');
    await queue.add('a', {}, { attempts: 9 });
    await until(() => heard.length === 1);
    expect(runs).toBe(2);
    expect((await queue.getFailed())[0]?.failedReason).toBe(
      'job started more than allowable limit',
    );
  });

  test('reports with the lock of each run when a job runs again before its last run has ended', async () => {
    const queue = on.queue();
    const gate = deferred();
    let running = 0;
    let most = 0;
    const worker = on.worker(
      queue,
      async (job, token) => {
        most = Math.max(most, ++running);
        try {
          if (job.name === 'stepping' && job.attemptsStarted === 1) {
            await job.moveToWait(token);
            await until(() => second);
            throw Object.assign(new Error(), { name: 'WaitingError' });
          }
          second ||= job.name === 'stepping';
          await gate.promise;
        } finally {
          running--;
        }
      },
      { concurrency: 2 },
    );
    let second = false;
    const heard = record(worker, 'completed', 'active');
    await queue.add('stepping', {});
    await until(() => second);
    await queue.addBulk([1, 2, 3].map(() => ({ name: 'other', data: {} })));
    await until(() => running === 2);
    gate.resolve();
    await until(() => heard.filter(([event]) => event === 'completed').length === 4);
    expect(most).toBe(2);
  });
});

test('an error of another realm arrives as it was thrown', async () => {
  const queue = on.queue();
  let thrown: unknown;
  const worker = on.worker(queue, () => {
    try {
      // What Node throws is no Error of Jest's.
      return readFileSync('/there/is/no/such/file');
    } catch (error) {
      thrown = error;
      throw error;
    }
  });
  const failed = new Promise<Error>((resolve) => worker.on('failed', (_, error) => resolve(error)));
  await queue.add('a', {});
  const error = await failed;
  expect(error).toBe(thrown);
  expect(error).toHaveProperty('code', 'ENOENT');
  expect((await queue.getJob('1'))?.stacktrace).toEqual([error.stack]);
});

test('what is named like an UnrecoverableError fails a job for good, whatever it is', async () => {
  const queue = on.queue();
  on.worker(queue, async () => {
    throw { name: 'UnrecoverableError', message: 'never again' };
  });
  await queue.add('a', {}, { attempts: 3 });
  await until(async () => (await queue.getFailedCount()) === 1);
  expect(await queue.getJob('1')).toMatchObject({ attemptsMade: 1, failedReason: 'never again' });
});
