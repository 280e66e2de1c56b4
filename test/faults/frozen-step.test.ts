/**
 * A worker process is frozen in the middle of a step, wakes up when its job was taken over, and goes
 * on as if nothing had happened. The ledger has a unique key: as long as the frozen transaction is
 * open, its heir cannot write the same line.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type Job, Queue, Worker } from '../../lib';
import { createDatabase, type TestDatabase } from '../helpers/database';
import { withClient } from '../helpers/test-server';
import { until } from '../helpers/wait';
import { processFrozen } from './frozen-step-processor';

const LOCK_DURATION_MS = 1_500;
/** Of the take-over, on a busy machine: far less than the 30 s of a heir who waits for a lock. */
const IN_TIME_MS = LOCK_DURATION_MS + 10_000;

let database: TestDatabase;
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  database = await createDatabase();
  await sql('create table ledger (job text, line int, primary key (job, line))');
});
afterAll(async () => {
  const exits = [...processes].map((child) => once(child, 'exit'));
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(exits);
  await database.drop();
});

test.each(['with a transaction', 'with the row of its job', 'without transaction'])(
  'a step %s that is frozen does not hold up its heir, and is refused when it wakes up',
  async (name) => {
    const queue = new Queue(name, { connection: database.url });
    const job = await queue.add(name, {});
    const victim = startWorker(name);
    const told: { at: string; name?: string; message?: string }[] = [];
    victim.on('message', (message) => told.push(message as (typeof told)[number]));
    await until(() => told.some(({ at }) => at === 'inside'), { timeout: 20_000 });

    victim.kill('SIGSTOP');
    const frozenAt = Date.now();
    const heir = new Worker(name, (job) => processFrozen(job as Job, async () => {}), {
      connection: database.url,
    });
    try {
      await until(() => job.isCompleted(), { timeout: IN_TIME_MS });
      const waited = Date.now() - frozenAt;
      victim.kill('SIGCONT');
      victim.send('go on');
      await until(() => told.some(({ at }) => at !== 'inside'), { timeout: 20_000 });

      expect(waited).toBeLessThan(IN_TIME_MS);
      expect(told.map(({ at, name }) => name ?? at)).toEqual(['inside', 'LockLostError']);
      expect(told[1]!.message).toMatch(
        /^Step "write" was refused: this run no longer holds the lock/,
      );
      const lines = await sql('select line from ledger where job = $1', name);
      expect(lines).toHaveLength(name === 'without transaction' ? 0 : 1);
      expect(await queue.getJob(job.id!)).toMatchObject({ attemptsMade: 1, stalledCounter: 1 });
    } finally {
      // Awake again, it would look after the jobs of the next test.
      victim.kill('SIGKILL');
      await heir.close();
      await queue.close();
    }
  },
  60_000,
);

test('the server itself ends the session of a frozen step, where nobody takes its job over', async () => {
  const name = 'alone';
  const queue = new Queue(name, { connection: database.url });
  await queue.add(name, {});
  const victim = startWorker(name);
  await once(victim, 'message');
  const sessions = () =>
    sql(
      "select pid from pg_stat_activity where datname = current_database() and state = 'idle in transaction'",
    );
  expect(await sessions()).toHaveLength(1);
  victim.kill('SIGSTOP');
  await until(async () => (await sessions()).length === 0, { timeout: IN_TIME_MS, interval: 50 });
  expect(await queue.getJobCounts('active')).toEqual({ active: 1 });
  await queue.close();
}, 60_000);

function startWorker(queue: string): ChildProcess {
  const child = fork(path.join(__dirname, 'frozen-step-worker.ts'), {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      QUEUE: queue,
      LOCK_DURATION: `${LOCK_DURATION_MS}`,
    },
  });
  processes.add(child);
  child.once('exit', () => processes.delete(child));
  return child;
}

function sql(text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return withClient(database.url, async (client) => (await client.query(text, values)).rows);
}
