import { getEventListeners } from 'node:events';
import { StepTimeoutError } from '../../lib';
import { useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';
import { INSERT, useLedger } from './ledger';

const on = useInstances();
const { ledger, run } = useLedger(on);

describe('job.step', () => {
  test('is tried again with backoff in the same run, and keeps count over all runs', async () => {
    const attempts: number[] = [];
    const { job, queue } = await run(
      (job) =>
        job.step(
          'flaky',
          async ({ attempt }) => {
            attempts.push(attempt);
            if (attempt < 4) throw new Error(`no ${attempt}`);
            return 'yes';
          },
          { retries: 1, backoff: { type: 'exponential', delay: 5 } },
        ),
      { attempts: 2 },
    );
    expect(attempts).toEqual([1, 2, 3, 4]);
    expect([job.returnvalue, job.attemptsMade]).toEqual(['yes', 2]);
    expect(await queue.getJobSteps('j')).toMatchObject([
      {
        name: 'flaky',
        kind: 'step',
        state: 'completed',
        attempts: 4,
        result: 'yes',
        error: 'no 3',
      },
    ]);
  });

  test('throws the last error when no try is left, at once when it is unrecoverable', async () => {
    let tries = 0;
    const { job, queue } = await run((job) =>
      job.step(
        'never',
        async () => {
          tries++;
          throw Object.assign(
            new Error(`no ${tries}`),
            tries === 2 && { name: 'UnrecoverableError' },
          );
        },
        { retries: 5 },
      ),
    );
    expect([tries, job.failedReason]).toEqual([2, 'no 2']);
    expect(await job.getSteps()).toMatchObject([{ state: 'failed', attempts: 1, error: 'no 1' }]);
    expect(await queue.getJobSteps('j')).toEqual(await job.getSteps());
  });

  test('aborts a try that takes too long, and rolls it back in the middle of a statement', async () => {
    const reasons: unknown[] = [];
    const { queue, job } = await run((job) =>
      job.step(
        'slow',
        async ({ tx, signal, attempt }) => {
          await tx.query(INSERT, [job.queueName, `try ${attempt}`]);
          if (attempt > 1) return 'quick';
          signal.addEventListener('abort', () => reasons.push(signal.reason));
          return tx.query('select pg_sleep(60)');
        },
        { retries: 1, timeout: 1_500 },
      ),
    );
    expect(reasons).toEqual([expect.any(StepTimeoutError)]);
    expect(reasons).toMatchObject([
      { message: 'Step "slow" took longer than 1500 ms', timeout: 1500 },
    ]);
    expect([job.returnvalue, await ledger(queue)]).toEqual(['quick', ['try 2']]);
    const sleeping =
      "select from pg_stat_activity where query like 'select pg_sleep(60)%' and state = 'active' and datname = current_database()";
    await until(async () => (await on.sql(sleeping)).length === 0);
  });

  test('says that it took too long, also when a statement was under way', async () => {
    const queue = on.queue();
    const errors: unknown[] = [];
    const worker = on.worker(
      queue,
      (job) => job.step('slow', ({ tx }) => tx.query('select pg_sleep(61)'), { timeout: 200 }),
      { concurrency: 5 },
    );
    worker.on('failed', (_job, error) => errors.push(error));
    await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'job', data: {} })));
    await until(() => errors.length === 5);
    expect(errors).toEqual(Array(5).fill(expect.any(StepTimeoutError)));
  });

  test('stores nothing of a try that timed out, however it ends later', async () => {
    const isOver = deferred();
    const values: unknown[] = [];
    const { job } = await run(
      async (job) => {
        const tooLate = async ({ tx }: { tx: { query: unknown } }) => {
          await isOver.promise;
          return typeof tx.query;
        };
        values.push(
          await job.step('slow', tooLate, { timeout: 50 }).catch((error: Error) => error.message),
        );
        isOver.resolve();
        // What it might save would be saved before this.
        await job.step('next', async () => {});
        if (job.attemptsMade === 0) throw new Error('again');
      },
      { attempts: 2 },
    );
    expect(values).toEqual(['Step "slow" took longer than 50 ms', 'function']);
    expect(await job.getSteps()).toMatchObject([
      { name: 'slow', state: 'completed', attempts: 2 },
      { name: 'next', state: 'completed', attempts: 1 },
    ]);
  });

  test('keeps the result of the try that counts, though an earlier one ends after it', async () => {
    const isOver = deferred();
    const values: unknown[] = [];
    const { job } = await run(
      async (job) => {
        const work = async ({ attempt }: { attempt: number }) => {
          if (attempt === 1) await isOver.promise;
          return attempt;
        };
        values.push(await job.step('slow', work, { timeout: 500, retries: 1 }));
        isOver.resolve();
        await job.step('next', async () => {});
        if (job.attemptsMade === 0) throw new Error('again');
      },
      { attempts: 2 },
    );
    expect(values).toEqual([2, 2]);
    expect(await job.getSteps()).toMatchObject([{ attempts: 2, result: 2 }, {}]);
  });

  test('is tried again whatever was thrown', async () => {
    const { job } = await run((job) =>
      job.step(
        'odd',
        ({ attempt }) => {
          if (attempt === 1) throw { message: 5 };
          return 'well';
        },
        { retries: 1 },
      ),
    );
    expect([job.returnvalue, await job.getSteps()]).toMatchObject(['well', [{ error: '5' }]]);
  });

  test('has a signal that is aborted, also for who asks for it when the time is over', async () => {
    const isOver = deferred();
    const reasons: unknown[] = [];
    const { job } = await run(async (job) => {
      const late = job.step(
        'slow',
        async (step) => {
          await isOver.promise;
          reasons.push(step.signal.reason);
        },
        { timeout: 50 },
      );
      await late.catch(() => {});
      isOver.resolve();
      await job.step('next', async () => {});
    });
    expect(await job.getState()).toBe('completed');
    expect(reasons).toEqual([expect.any(StepTimeoutError)]);
  });

  test('leaves no listener on the signal of the job when it is over', async () => {
    let left: unknown[] = [];
    await run(async (job, _token, signal) => {
      await job.step('a', (step) => step.signal.aborted, { timeout: 60_000 });
      left = getEventListeners(signal!, 'abort');
    });
    expect(left).toEqual([]);
  });

  test('aborts its signal when the job is cancelled, also for a processor without one', async () => {
    const queue = on.queue();
    const begun = deferred();
    const worker = on.worker(queue, (job) =>
      job.step(
        'long',
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error(`${signal.reason}`)));
            begun.resolve();
          }),
        { timeout: 60_000 },
      ),
    );
    await queue.add('job', {}, { jobId: 'j' });
    await begun.promise;
    expect(worker.cancelJob('j', 'enough')).toBe(true);
    await until(async () => (await queue.getJobState('j')) === 'failed');
    expect((await queue.getJob('j'))?.failedReason).toBe('enough');
  });
});
