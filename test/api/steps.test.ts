import { LockLostError, type Processor } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';
import { INSERT, useLedger } from './ledger';

const on = useInstances();

const { ledger, run } = useLedger(on);

describe('job.step', () => {
  test('does a step once, and returns its stored result in later runs', async () => {
    const done: string[] = [];
    const { job } = await run(
      async (job) => {
        const a = await job.step('a', async () => done.push('a'));
        const b = await job.step('b', async () => {
          done.push('b');
          return { at: new Date(0), a };
        });
        if (job.attemptsMade === 0) throw new Error('after both');
        return b;
      },
      { attempts: 2 },
    );
    expect(done).toEqual(['a', 'b']);
    expect(job.returnvalue).toEqual({ at: '1970-01-01T00:00:00.000Z', a: 1 });
  });

  test('returns what JSON makes of the result in the first run too', async () => {
    const { job } = await run(async (job) => {
      const value = await job.step('a', async () => ({ at: new Date(0), gone: undefined }));
      const nothing = await job.step('b', async () => {});
      return [typeof value.at, 'gone' in value, nothing];
    });
    expect(job.returnvalue).toEqual(['string', false, null]);
  });

  test('commits its result together with what it writes', async () => {
    const { queue, job } = await run(
      async (job) => {
        await job.step('pay', async ({ tx, attempt }) => {
          await tx.query(INSERT, [job.queueName, `paid ${attempt}`]);
          if (attempt === 1) throw new Error('declined');
        });
      },
      { attempts: 2 },
    );
    expect(job.attemptsMade).toBe(2);
    expect(await ledger(queue)).toEqual(['paid 2']);
  });

  test('opens no transaction unless it is used', async () => {
    const connection = { connectionString: on.url, application_name: 'lazy' };
    const processor: Processor = async (job) => {
      const { transactions } = job.queue.getBackend();
      const connect = jest.spyOn(transactions, 'connect');
      const before = await job.step('plain', async ({ tx }) => typeof tx.query);
      const calls = [connect.mock.calls.length];
      await job.step('writing', async ({ tx }) => {
        await tx.query('select 1');
      });
      calls.push(connect.mock.calls.length);
      return [before, ...calls];
    };
    expect((await run(processor, {}, { connection })).job.returnvalue).toEqual(['function', 0, 1]);
  });

  test('refuses a name that was used in the same run, or for something else before', async () => {
    const { job } = await run(async (job) => {
      await job.step('a', async () => {});
      await job.step('a', async () => {});
    });
    expect(job.failedReason).toMatch(/There is a step "a" in this run already/);
    const other = await run(
      async (job) => {
        if (job.attemptsMade > 0) return job.waitForSignal('a');
        await job.step('a', async () => {});
        throw new Error('again');
      },
      { attempts: 2 },
    );
    expect(other.job.failedReason).toMatch(/"a" was a step in an earlier run of this job/);
  });

  test.each([true, false])(
    'is refused when the lock was lost, with a transaction: %s',
    async (usesTx) => {
      const queue = on.queue();
      const thrown = deferred<Error>();
      const worker = on.worker(queue, async (job) => {
        await job
          .step('late', async ({ tx }) => {
            if (usesTx) await tx.query(INSERT, [queue.name, 'late']);
            await on.sql("update tuskmq.job_state set lock_token = 'other' where id = $1", [
              job.id,
            ]);
          })
          .catch((error) => {
            thrown.resolve(error);
            throw error;
          });
      });
      const heard = record(worker, 'completed', 'failed', 'error');
      await queue.add('job', {}, { jobId: `lost ${usesTx}` });
      const error = await thrown.promise;
      expect(error).toBeInstanceOf(LockLostError);
      expect(error.message).toMatch(/^Step "late" was refused/);
      await until(() => heard.length > 0);
      expect(heard).toEqual([['error', error]]);
      expect([await ledger(queue), await queue.getJobSteps(`lost ${usesTx}`)]).toEqual([[], []]);
    },
  );

  test('completes the job with the last step', async () => {
    const { job, queue, heard } = await run((job) =>
      job.step('last', async ({ tx }) => {
        await tx.query(INSERT, [job.queueName, 'last']);
        return tx.complete('done');
      }),
    );
    await until(() => heard.length > 0);
    expect(heard).toMatchObject([['completed', { id: 'j' }, 'done', 'active']]);
    expect([job.returnvalue, job.attemptsMade, await ledger(queue)]).toEqual(['done', 1, ['last']]);
    expect(await job.getSteps()).toMatchObject([{ name: 'last', result: 'done' }]);
  });

  test('adds children in the commit of the step, and waits for them', async () => {
    const children = on.queue();
    on.worker(children, async (job) => job.data.n);
    const { job } = await run(async (job) => {
      await job.step('add children', async ({ tx }) => {
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        const bulk = [1, 2].map((n) => ({ name: 'child', data: { n }, opts: { parent } }));
        await children.withTransaction(tx).addBulk(bulk);
      });
      return Object.values(await job.waitForChildren<number>());
    });
    expect((job.returnvalue as number[]).sort()).toEqual([1, 2]);
    expect(job.attemptsMade).toBe(1);
    expect(await job.getSteps()).toMatchObject([
      { name: 'add children', state: 'completed' },
      { name: 'children', kind: 'children', state: 'completed' },
    ]);
  });

  test('runs beside other steps, and lets none of them be cut off by a wait', async () => {
    const { job } = await run(async (job) => {
      const both = await Promise.all([
        job.step('a', async () => 1),
        job.step('b', async ({ tx }) => (await tx.query('select 2 as two')).rows[0]!['two']),
      ]);
      await job.step('c', () => job.sleep('within', 1)).catch((error) => both.push(error.message));
      return both;
    });
    expect(job.returnvalue).toEqual([
      1,
      2,
      expect.stringMatching(/cannot wait while the step "c"/),
    ]);
  });
});

describe('the steps of a job', () => {
  test('are gone with it', async () => {
    const { queue } = await run(async (job) => {
      await job.step('a', async () => {});
      await job.transaction(async (tx) => tx.query('select 1'));
    });
    await queue.signal('j', 'late').catch(() => {});
    await queue.remove('j');
    const rows = 'select from tuskmq.step where queue_id = $1';
    expect(await on.sql(rows, [await queue.queueId()])).toEqual([]);
  });

  test('stand in a view with times, results and attempts', async () => {
    const { queue } = await run(async (job) => {
      await job.step('a', async () => ({ x: 1 }));
      await job.sleep('nap', 5);
      await job.waitForSignal('go', { timeout: 5 });
    });
    const rows = await on.sql(
      `select name, kind, state, attempts, result, wake_at is not null as wakes, finished_at >= started_at as ended
       from tuskmq.steps where queue = $1 and job_id = 'j' order by seq`,
      [queue.name],
    );
    expect(rows).toEqual([
      {
        name: 'a',
        kind: 'step',
        state: 'completed',
        attempts: 1,
        result: { x: 1 },
        wakes: false,
        ended: true,
      },
      {
        name: 'nap',
        kind: 'sleep',
        state: 'completed',
        attempts: 0,
        result: null,
        wakes: true,
        ended: true,
      },
      {
        name: 'go',
        kind: 'signal',
        state: 'timed-out',
        attempts: 0,
        result: null,
        wakes: true,
        ended: true,
      },
    ]);
  });
});

describe('job.retryFrom', () => {
  test('forgets a step and what came after it, and does them again', async () => {
    const done: string[] = [];
    const { queue, job } = await run(async (job) => {
      for (const name of ['a', 'b', 'c']) await job.step(name, async () => done.push(name));
      return done.length;
    });
    await job.retryFrom('b');
    await until(async () => (await queue.getJob('j'))?.returnvalue === 5);
    expect(done).toEqual(['a', 'b', 'c', 'b', 'c']);
  });

  test('refuses a step that does not exist, and a job that is not finished', async () => {
    const { queue, job } = await run((job) => job.step('a', async () => 1));
    await expect(job.retryFrom('b')).rejects.toThrow('Job j has no step "b"');
    await queue.pause();
    await job.retryFrom('a');
    await expect(job.retryFrom('a')).rejects.toThrow();
    const unknown = await queue.add('job', {});
    await unknown.remove();
    await expect(unknown.retryFrom('a')).rejects.toMatchObject({ code: -1 });
  });
});
