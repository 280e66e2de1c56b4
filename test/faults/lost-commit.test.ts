/**
 * The connection dies around the COMMIT of a running job's transaction. What became of it is looked
 * up, never guessed: the ledger, written in the same transaction, has the last word.
 */

import type { Job, Processor } from '../../lib';
import { type DatabaseProxy, startProxy } from '../helpers/cutting-proxy';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();
let proxy: DatabaseProxy;

beforeAll(async () => {
  await on.sql('create table ledger (job text, entry text)');
});
beforeEach(async () => {
  proxy = await startProxy(on.url);
});
afterEach(() => proxy.close());

const INSERT = 'insert into ledger values ($1, $2)';

/** Runs one job whose worker is behind the proxy; resolves to what came of it. */
async function run(processor: Processor, opts = {}) {
  const queue = on.queue();
  const connection = { connectionString: proxy.url, application_name: queue.name };
  const worker = on.worker(queue, processor, { connection });
  const heard = record(worker, 'completed', 'failed');
  await queue.add('job', {}, { jobId: 'j', ...opts });
  await until(() => heard.length > 0);
  const rows = await on.sql<{ entry: string }>('select entry from ledger where job = $1', [
    queue.name,
  ]);
  await worker.close();
  return {
    heard: heard.map(([event]) => event),
    job: (await queue.getJob('j')) as Job,
    ledger: rows.map(({ entry }) => entry),
    steps: (await queue.getJobSteps('j')).map(({ name, attempts }) => `${name} ${attempts}`),
  };
}

describe('the answer to COMMIT is lost', () => {
  test('for a step, which is not done again', async () => {
    const { heard, job, ledger, steps } = await run(async (job) => {
      let cut: Promise<void> | undefined;
      const value = await job.step(
        'pay',
        async ({ tx, attempt }) => {
          await tx.query(INSERT, [job.queueName, `try ${attempt}`]);
          cut = proxy.cut('commit', 'after');
          return 'paid';
        },
        { retries: 3 },
      );
      await cut;
      return value;
    });
    expect(heard).toEqual(['completed']);
    expect([job.returnvalue, ledger, steps]).toEqual(['paid', ['try 1'], ['pay 1']]);
  });

  test('for a transaction that completes its job, which is told as completed', async () => {
    const { heard, job, ledger } = await run(async (job) =>
      job.transaction(async (tx) => {
        await tx.query(INSERT, [job.queueName, 'paid']);
        void proxy.cut('commit', 'after');
        return tx.complete('done');
      }),
    );
    expect(heard).toEqual(['completed']);
    expect([job.returnvalue, job.attemptsMade, ledger]).toEqual(['done', 1, ['paid']]);
  });

  test('for a transaction that completes a job which is removed then', async () => {
    const { heard, job, ledger } = await run(
      async (job) =>
        job.transaction(async (tx) => {
          await tx.query(INSERT, [job.queueName, 'paid']);
          void proxy.cut('commit', 'after');
          return tx.complete('done');
        }),
      { removeOnComplete: true },
    );
    expect([heard, job, ledger]).toEqual([['completed'], undefined, ['paid']]);
  });
});

describe('a step takes too long while its COMMIT is under way', () => {
  test.each([
    ['which has done it: the step is done', 'withheld', 'completed', ['try 1'], ['pay 1']],
    ['which never came: the step is tried again', 'before', 'completed', ['try 2'], ['pay 2']],
  ] as const)('%s', async (_, when, event, entries, steps) => {
    const answer = await run((job) =>
      job.step(
        'pay',
        async ({ tx, attempt }) => {
          await tx.query(INSERT, [job.queueName, `try ${attempt}`]);
          if (attempt === 1) void proxy.cut('commit', when);
          return `by ${attempt}`;
        },
        { retries: 2, timeout: 400 },
      ),
    );
    expect(answer).toMatchObject({ heard: [event], ledger: entries, steps });
    expect(answer.job.returnvalue).toBe(`by ${entries[0]!.at(-1)}`);
  });

  test('and with it the job is completed, which is told', async () => {
    const { heard, job, ledger } = await run((job) =>
      job.step(
        'pay',
        async ({ tx }) => {
          await tx.query(INSERT, [job.queueName, 'paid']);
          void proxy.cut('commit', 'withheld');
          return tx.complete('done');
        },
        { timeout: 400 },
      ),
    );
    expect([heard, job.returnvalue, ledger]).toEqual([['completed'], 'done', ['paid']]);
  });
});

describe('COMMIT does not reach the server', () => {
  test('for a step, which is tried again', async () => {
    const { job, ledger } = await run((job) =>
      job.step(
        'pay',
        async ({ tx, attempt }) => {
          await tx.query(INSERT, [job.queueName, `try ${attempt}`]);
          if (attempt === 1) void proxy.cut('commit', 'before');
          return 'paid';
        },
        { retries: 1 },
      ),
    );
    expect([job.returnvalue, ledger]).toEqual(['paid', ['try 2']]);
  });

  test('for a transaction, which fails the try of its job', async () => {
    const { heard, job, ledger } = await run(
      async (job) =>
        job.transaction(async (tx) => {
          await tx.query(INSERT, [job.queueName, `run ${job.attemptsMade}`]);
          if (job.attemptsMade === 0) void proxy.cut('commit', 'before');
          return tx.complete('done');
        }),
      { attempts: 2 },
    );
    expect(heard[0]).toBe('failed');
    await until(() => job.isCompleted());
    // The next run may have been as quick as this look.
    expect(ledger).not.toContain('run 0');
  });
});

test('a session that is ended in the middle of a step costs one try, and nothing of it stays', async () => {
  const { job, ledger, steps } = await run((job) =>
    job.step(
      'pay',
      async ({ tx, attempt }) => {
        await tx.query(INSERT, [job.queueName, `try ${attempt}`]);
        const { rows } = await tx.query('select pg_backend_pid() as pid');
        if (attempt === 1) await on.sql('select pg_terminate_backend($1)', [rows[0]!['pid']]);
        return 'paid';
      },
      { retries: 1 },
    ),
  );
  expect([job.returnvalue, ledger, steps]).toEqual(['paid', ['try 2'], ['pay 2']]);
});

test.each(['before', 'after'] as const)(
  'saves the result of a step without transaction again when the connection dies %s it is saved',
  async (when) => {
    let done = 0;
    const { heard, steps } = await run((job) =>
      job.step('plain', async () => {
        void proxy.cut('save_steps', when);
        return ++done;
      }),
    );
    expect([heard, steps, done]).toEqual([['completed'], ['plain 1'], 1]);
  },
);
