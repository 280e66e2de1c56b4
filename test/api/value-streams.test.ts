import { concat, from, Observable, of, throwError } from 'rxjs';
import type { AnyProcessor, Job } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** Runs one job to its end; resolves to it as stored, and to the progress that its worker told. */
async function run(processor: AnyProcessor) {
  const queue = on.queue();
  const worker = on.worker(queue, processor);
  const heard = record(worker, 'progress');
  await queue.add('job', {}, { jobId: 'j' });
  await until(async () => ['completed', 'failed'].includes(await queue.getJobState('j')));
  const job = (await queue.getJob('j')) as Job;
  return { job, values: heard.map(([, , value]) => value) };
}

/** Starts a job, cancels it when its processor says so, and resolves to the job once it failed. */
async function cancelled(processor: (begun: () => void) => AnyProcessor) {
  const queue = on.queue();
  const begun = deferred();
  const worker = on.worker(queue, processor(begun.resolve));
  await queue.add('job', {}, { jobId: 'j' });
  await begun.promise;
  expect(worker.cancelJob('j', 'enough')).toBe(true);
  await until(async () => (await queue.getJobState('j')) === 'failed');
  return (await queue.getJob('j')) as Job;
}

describe('a processor that is a generator', () => {
  test('saves each value as progress, and completes with what it returns', async () => {
    const { job, values } = await run(async function* (job: Job) {
      yield 1;
      yield { half: true };
      return job.progress;
    });
    expect(values).toEqual([1, { half: true }]);
    expect([job.progress, job.returnvalue]).toEqual([{ half: true }, { half: true }]);
  });

  test('completes with the last value when it returns none', async () => {
    const { job, values } = await run(function* () {
      yield 'a';
      yield 'b';
    });
    expect([values, job.returnvalue]).toEqual([['a', 'b'], 'b']);
  });

  test('fails with what it throws, behind the values before', async () => {
    const { job, values } = await run(async function* () {
      yield 1;
      throw new Error('broken');
    });
    expect([values, job.failedReason]).toEqual([[1], 'broken']);
  });

  test('may use durable steps between its values', async () => {
    const { job } = await run(async function* (job: Job) {
      yield await job.step('a', async () => 1);
      await job.sleep('nap', 10);
      yield (await job.step('b', async () => 1)) + job.attemptsStarted;
    });
    expect([job.returnvalue, job.attemptsMade]).toEqual([3, 1]);
  });

  test('is made to return when the job is cancelled', async () => {
    const done: string[] = [];
    const gate = deferred();
    const job = await cancelled(
      (begun) =>
        async function* (_job: Job) {
          try {
            yield 1;
            begun();
            setImmediate(gate.resolve);
            await gate.promise;
            yield 2;
            done.push('went on');
          } finally {
            done.push('cleaned up');
          }
        },
    );
    expect([job.failedReason, done]).toEqual(['Job was cancelled: enough', ['cleaned up']]);
  });
});

test('the values of a typed worker may be of any type, but not the last', async () => {
  const queue = on.queue();
  const typed: AnyProcessor<{ n: number }, string> = async function* (job) {
    yield job.data.n;
    return 'done';
  };
  // @ts-expect-error: returns a number
  const wrong: AnyProcessor<{ n: number }, string> = async function* () {
    yield 'half';
    return 1;
  };
  for (const processor of [typed, wrong]) on.worker(queue, processor);
  await queue.add('job', { n: 1 }, { jobId: 'j' });
  await until(async () => (await queue.getJobState('j')) === 'completed');
});

describe('a processor that returns an Observable', () => {
  test('saves each value as progress, and completes with the last', async () => {
    const { job, values } = await run(() => from([1, 2, 3]));
    expect([values, job.progress, job.returnvalue]).toEqual([[1, 2, 3], 3, 3]);
  });

  test('may be asynchronous, and is no stream of values when it returns an array', async () => {
    expect((await run(async () => of('x'))).job.returnvalue).toBe('x');
    expect((await run(async () => [1, 2])).job).toMatchObject({ returnvalue: [1, 2], progress: 0 });
  });

  test('fails with its error', async () => {
    const error = throwError(() => new Error('broken'));
    const { job, values } = await run(() => concat(of(1), error));
    expect([values, job.failedReason]).toEqual([[1], 'broken']);
  });

  test('fails and is unsubscribed from when a value cannot be saved', async () => {
    let isOpen = true;
    const { job } = await run(
      () =>
        new Observable((observer) => {
          observer.next(1n);
          return () => {
            isOpen = false;
          };
        }),
    );
    expect(job.failedReason).toMatch(/cannot be stored as JSON/);
    expect(isOpen).toBe(false);
  });

  test('is unsubscribed from when the job is cancelled', async () => {
    const done: string[] = [];
    const job = await cancelled(
      (begun) => () =>
        new Observable((observer) => {
          observer.next('first');
          begun();
          return () => done.push('unsubscribed');
        }),
    );
    expect([job.failedReason, job.progress]).toEqual(['Job was cancelled: enough', 'first']);
    expect(done).toEqual(['unsubscribed']);
  });
});

test.each<[string, () => unknown, unknown]>([
  ['an object with a method subscribe', () => ({ id: 7, subscribe() {} }), { id: 7 }],
  ['the iterator of a set', () => new Set([1, 2]).values(), {}],
])('%s is a result as any other', async (_, result, stored) => {
  const { job, values } = await run(async () => result());
  expect([job.returnvalue, values]).toEqual([stored, []]);
});

test('a generator that was compiled for an older language runs', async () => {
  // As TypeScript's helpers make it: a plain object.
  const compiled = () => {
    const values = [1, 2];
    const step = async () => {
      const value = values.shift();
      return value === undefined ? { done: true, value: 'last' } : { done: false, value };
    };
    return {
      next: step,
      return: async (value: unknown) => ({ done: true, value }),
      throw: async (error: unknown) => Promise.reject(error),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
  const { job, values } = await run(compiled as never);
  expect([job.returnvalue, values]).toEqual(['last', [1, 2]]);
});
