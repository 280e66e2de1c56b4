import { setTimeout as sleep } from 'node:timers/promises';
import {
  DelayedError,
  type Job,
  type JobTransaction,
  LockLostError,
  type Processor,
  WaitingChildrenError,
} from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';
import { INSERT, useLedger } from './ledger';

const on = useInstances();

const { ledger } = useLedger(on);

/** Runs one job to its end; resolves to what its worker told. */
async function run(processor: Processor, opts = {}) {
  const queue = on.queue();
  const worker = on.worker(queue, processor);
  const heard = record(worker, 'completed', 'failed', 'error');
  await queue.add('job', { n: 1 }, { jobId: 'j', ...opts });
  await until(() => heard.some(([event]) => event === 'completed' || event === 'failed'));
  return { queue, heard, job: (await queue.getJob('j')) as Job };
}

/** As if the worker had been taken for dead: the job is somebody else's. */
async function takeAway(job: Job) {
  await on.sql(
    `update tuskmq.job_state set lock_token = 'other', worker_id = null, lock_until = statement_timestamp() + interval '1 hour'
     where id = $1 and queue_id = (select id from tuskmq.queue where name = $2)`,
    [job.id, job.queueName],
  );
}

describe('job.transaction', () => {
  test('commits business writes, data, progress, log, children and flows together', async () => {
    const children = on.queue();
    const flow = on.flow();
    const seen: unknown[] = [];
    const { job, queue } = await run(async (job) => {
      const result = await job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'paid']);
        await tx.job.updateData({ n: 2 });
        await tx.job.updateProgress(50);
        await tx.job.log('paid');
        await children.withTransaction(tx).add('child', {});
        await flow.withTransaction(tx).add({ name: 'tree', queueName: children.name });
        seen.push(await children.count(), await ledger({ name: job.queueName }));
        return 'value';
      });
      seen.push(job.data, job.progress);
      return result;
    });
    expect(seen).toEqual([0, [], { n: 2 }, 50]);
    expect(await ledger(queue)).toEqual(['paid']);
    expect(await children.count()).toBe(2);
    expect(job).toMatchObject({ data: { n: 2 }, progress: 50, returnvalue: 'value' });
    expect(await queue.getJobLogs('j')).toEqual({ logs: ['paid'], count: 1 });
  });

  test('leaves nothing when it rejects', async () => {
    const children = on.queue();
    const { job, queue } = await run(async (job) => {
      await job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'paid']);
        await tx.job.updateData({ n: 2 });
        await children.withTransaction(tx).add('child', {});
        throw new Error('declined');
      });
    });
    expect(job.failedReason).toBe('declined');
    expect(job.data).toEqual({ n: 1 });
    expect([await ledger(queue), await children.count()]).toEqual([[], 0]);
  });

  test('is refused as a whole when the lock was lost, with an error that says so', async () => {
    const queue = on.queue();
    const children = on.queue();
    const thrown = deferred<Error>();
    const worker = on.worker(queue, async (job) => {
      await job
        .transaction(async (tx) => {
          await tx.query(INSERT, [queue.name, 'paid']);
          await children.withTransaction(tx).add('child', {});
          await takeAway(job);
        })
        .catch((error) => {
          thrown.resolve(error);
          throw error;
        });
    });
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('job', {}, { jobId: 'j' });
    const error = await thrown.promise;
    expect(error).toBeInstanceOf(LockLostError);
    expect(error).toMatchObject({ name: 'LockLostError', jobId: 'j' });
    expect(error.message).toContain('no longer holds the lock of job j');
    await until(() => heard.length > 0);
    expect(heard).toEqual([['error', error]]);
    expect([await ledger(queue), await children.count()]).toEqual([[], 0]);
    expect(await queue.getJobState('j')).toBe('active');
  });

  test('does not hold the row of its job before it commits', async () => {
    const { heard } = await run(async (job) => {
      await job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'paid']);
        await on.sql('select from tuskmq.job_state where id = $1 for update nowait', [job.id]);
      });
    });
    expect(heard.map(([event]) => event)).toEqual(['completed']);
  });

  test('moves its job to delayed with what was written, by the error that is thrown inside', async () => {
    const { job, queue } = await run(async (job) => {
      if (job.data.n === 2) return 'later';
      await job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'first']);
        await tx.job.updateData({ n: 2 });
        await tx.job.moveToDelayed(Date.now() + 10);
        throw new DelayedError();
      });
      return 'never';
    });
    expect([job.returnvalue, job.attemptsMade, job.attemptsStarted]).toEqual(['later', 1, 2]);
    expect(await ledger(queue)).toEqual(['first']);
  });

  test('adds children and waits for them in one commit', async () => {
    const children = on.queue();
    on.worker(children, async () => 7);
    const { job } = await run(async (job) => {
      if (job.attemptsStarted === 1) {
        const waits = await job.transaction(async (tx) => {
          const parent = { id: job.id!, queue: job.queueQualifiedName };
          await children.withTransaction(tx).add('child', {}, { parent });
          return tx.job.moveToWaitingChildren();
        });
        if (waits) throw new WaitingChildrenError();
      }
      return Object.values(await job.getChildrenValues());
    });
    expect(job.returnvalue).toEqual([7]);
  });

  test('completes the job with the last write: what is returned afterwards is not reported', async () => {
    const { job, queue, heard } = await run(async (job) =>
      job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'paid']);
        return tx.complete({ paid: true });
      }),
    );
    expect(heard).toMatchObject([
      ['completed', { id: 'j', attemptsMade: 1 }, { paid: true }, 'active'],
    ]);
    expect(job).toMatchObject({ returnvalue: { paid: true }, attemptsMade: 1 });
    expect(await ledger(queue)).toEqual(['paid']);
  });

  test('completes a job that is removed on completion, and one that throws afterwards', async () => {
    const { heard, job, queue } = await run(
      async (job) => {
        await job.transaction(async (tx) => tx.complete('done'));
        throw new Error('too late');
      },
      { removeOnComplete: true },
    );
    expect(heard).toMatchObject([
      ['error', { message: 'too late' }],
      ['completed', { id: 'j' }, 'done', 'active'],
    ]);
    expect(job).toBeUndefined();
    const rows = 'select from tuskmq.step where queue_id = $1';
    expect(await on.sql(rows, [await queue.queueId()])).toEqual([]);
  });

  test('completes nothing when it is rolled back', async () => {
    const { job, queue } = await run(async (job) => {
      await job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'paid']);
        tx.complete('done');
        throw new Error('declined');
      });
    });
    expect([job.failedReason, job.returnvalue]).toEqual(['declined', null]);
    expect(await ledger(queue)).toEqual([]);
  });

  test('does not complete a job whose children are pending', async () => {
    const children = on.queue();
    const { job } = await run(async (job) =>
      job.transaction(async (tx) => {
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await children.withTransaction(tx).add('child', {}, { parent });
        return tx.complete('done');
      }),
    );
    expect(job.failedReason).toBe('Job j has pending dependencies. moveToFinished');
    expect(await children.count()).toBe(0);
  });

  test('is refused when the lock was lost after a move that was rolled back to a savepoint', async () => {
    const { job, queue } = await run(async (job, token) => {
      const error = await job
        .transaction(async (tx) => {
          await tx.query('savepoint s');
          await tx.job.moveToDelayed(Date.now() + 60_000, token);
          await tx.query('rollback to savepoint s');
          await tx.query(INSERT, [job.queueName, 'paid']);
          await takeAway(job);
        })
        .catch((error: Error) => error);
      await on.sql(
        `update tuskmq.job_state set lock_token = $1, worker_id = (select max(id) from tuskmq.worker)
         where id = 'j' and queue_id = $2`,
        [token, await job.queue.queueId()],
      );
      return (error as Error).name;
    });
    expect(job.returnvalue).toBe('LockLostError');
    expect(await ledger(queue)).toEqual([]);
  });

  test('goes on as if nothing had been moved after a rollback to a savepoint', async () => {
    const { job, queue } = await run((job, token) =>
      job.transaction(async (tx) => {
        await tx.query('savepoint s');
        await tx.job.moveToDelayed(Date.now() + 60_000, token);
        await tx.query('rollback to savepoint s');
        await tx.query(INSERT, [job.queueName, 'paid']);
        return 'value';
      }),
    );
    expect(job.returnvalue).toBe('value');
    expect(await ledger(queue)).toEqual(['paid']);
  });

  test('notices when its own SQL has ended it', async () => {
    const { job } = await run(async (job) => {
      await job.transaction(async (tx) => {
        await tx.query('commit');
      });
    });
    expect(job.failedReason).toMatch(/was ended by a statement in it/);
  });

  test('takes no statements when it is over, and runs those of one turn in order', async () => {
    const { job, queue } = await run(async (job) => {
      const tx = await job.transaction(async (tx) => {
        await Promise.all(['a', 'b', 'c'].map((entry) => tx.query(INSERT, [job.queueName, entry])));
        return tx;
      });
      await tx.query('select 1');
    });
    expect(job.failedReason).toMatch(/is over: its transaction takes no statements/);
    expect(await ledger(queue)).toEqual(['a', 'b', 'c']);
  });

  test('runs at the isolation that is asked for', async () => {
    const { job } = await run((job) =>
      job.transaction(
        async (tx) =>
          (await tx.query('show transaction_isolation')).rows[0]!['transaction_isolation'],
        { isolation: 'serializable' },
      ),
    );
    expect(job.returnvalue).toBe('serializable');
  });

  test('does not keep its job from being taken over when its worker is closed by force', async () => {
    const queue = on.queue();
    const inside = deferred();
    const worker = on.worker(
      queue,
      (job) =>
        job.transaction(async (tx) => {
          await tx.job.updateProgress(50);
          inside.resolve();
          await new Promise(() => {});
        }),
      { lockDuration: 1_000 },
    );
    await queue.add('job', {}, { jobId: 'j' });
    await inside.promise;
    await worker.close(true);
    const progress = new Promise((resolve) => {
      on.worker(queue, async (job) => resolve(job.progress));
    });
    expect(await progress).toBe(0);
    expect(await queue.getJob('j')).toMatchObject({ stalledCounter: 1 });
  });

  test('outlives the lock duration between two statements, as long as its worker lives', async () => {
    const queue = on.queue();
    const worker = on.worker(
      queue,
      (job) =>
        job.transaction(async (tx) => {
          await tx.query(INSERT, [job.queueName, 'first']);
          await sleep(1_600);
          await tx.query(INSERT, [job.queueName, 'second']);
        }),
      { lockDuration: 500 },
    );
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('job', {});
    await until(() => heard.length > 0);
    expect([heard[0]![0], await ledger(queue)]).toEqual(['completed', ['first', 'second']]);
  });

  test('that is idle ends when its run has lost the job: what it has locked is free for the next', async () => {
    const queue = on.queue();
    await on.sql(INSERT, [queue.name, 'balance']);
    const isOver = deferred();
    let runs = 0;
    const worker = on.worker(
      queue,
      (job) =>
        job.transaction(async (tx) => {
          const run = ++runs;
          await tx.query('update ledger set entry = $2 where job = $1', [queue.name, `run ${run}`]);
          if (run === 1) await isOver.promise;
        }),
      { concurrency: 2, lockDuration: 600, stalledInterval: 300, skipLockRenewal: true },
    );
    worker.on('error', () => {});
    await queue.add('job', {});
    await until(async () => (await queue.getCompletedCount()) === 1);
    isOver.resolve();
    expect([await ledger(queue), runs >= 2]).toEqual([[`run ${runs}`], true]);
  });

  test('is for a job that runs, and not for one that is bound to another transaction', async () => {
    const queue = on.queue();
    const job = await queue.add('job', {});
    await expect(job.transaction(async () => {})).rejects.toThrow(/claimed by nobody/);
    const client = await on.client();
    await client.query('begin');
    const bound = job.withTransaction(client);
    await expect(bound.transaction(async () => {})).rejects.toThrow(/not for a bound one/);
  });

  test('leaves the connections of the workers alone, however many wait for one', async () => {
    const connection = { connectionString: on.url, application_name: 'many' };
    const queue = on.queue(undefined, { connection });
    const other = on.queue(undefined, { connection });
    const open = deferred();
    let inside = 0;
    on.worker(
      queue,
      (job) =>
        job.transaction(async (tx) => {
          await tx.query('select 1');
          inside++;
          await open.promise;
        }),
      { connection, concurrency: 20, transactionConnections: 3 },
    );
    const rest = on.worker(other, async () => 'free', { connection });
    const heard = record(rest, 'completed');
    await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'job', data: {} })));
    await until(() => inside === 3);
    await other.add('job', {});
    await until(() => heard.length === 1);
    expect(inside).toBe(3);
    open.resolve();
    await until(async () => (await queue.getCompletedCount()) === 20);
  });
});

test.each(['transaction', 'step'] as const)(
  'a %s that has moved its job leaves the connection alone when the next one has it',
  async (kind) => {
    const connection = { connectionString: on.url, application_name: `moved ${kind}` };
    const queue = on.queue(undefined, { connection });
    const jobs = 20;
    const worker = on.worker(
      queue,
      async (job: Job, token) => {
        const inTransaction = async (tx: JobTransaction) => {
          await tx.query(INSERT, [job.queueName, `${job.id} ${job.attemptsStarted}`]);
          if (job.attemptsStarted > 1) return;
          await (tx.job as Job).moveToDelayed(Date.now(), token);
          throw new DelayedError();
        };
        if (kind === 'transaction') await job.transaction(inTransaction);
        else await job.step('only', ({ tx }) => inTransaction(tx));
      },
      { connection, concurrency: jobs, transactionConnections: 2 },
    );
    const heard = record(worker, 'completed', 'failed');
    await queue.addBulk(Array.from({ length: jobs }, (_, i) => ({ name: 'job', data: i })));
    await until(() => heard.length >= jobs);
    expect(heard.filter(([event]) => event === 'failed')).toEqual([]);
    expect(await ledger(queue)).toHaveLength(2 * jobs);
  },
);
