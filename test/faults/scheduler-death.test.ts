/**
 * Processes that run scheduled jobs are killed, at random and exactly between two iterations. Every slot has one
 * job, and the schedule goes on.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Queue } from '../../lib';
import { bundle } from '../helpers/bundle';
import { createDatabase, type TestDatabase } from '../helpers/database';
import { repeatOf } from '../helpers/schedule';
import { withClient } from '../helpers/test-server';
import { until } from '../helpers/wait';
import type { Order } from './scheduler-worker';

/** Far below the 30 s of a lease: the end of the session gives the dead worker away. */
const TAKE_OVER_MS = 15_000;

let database: TestDatabase;
let program: Awaited<ReturnType<typeof bundle>>;
/** Take over what others leave. Have been up for a while when they die, as those in production have. */
let heirs: ChildProcess[];
const queues: Queue[] = [];
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  program = await bundle(path.join(__dirname, 'scheduler-worker.ts'));
  database = await createDatabase();
  await sql('create table schedule_ledger (queue text, job text)');
  heirs = [startProcess(), startProcess()];
});

afterAll(async () => {
  const exits = [...processes].map((child) => once(child, 'exit'));
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(exits);
  program.remove();
  await Promise.all(queues.map((queue) => queue.close()));
  await database.drop();
});

test('20 workers make every iteration once, though half of them are killed at work', async () => {
  const queue = newQueue('many');
  const every = 50;
  const limit = 80;
  const order: Order = { queue: queue.name, workers: 5 };
  const victims = [startProcess(), startProcess()];
  for (const child of [...heirs, ...victims]) child.send(order);
  await queue.upsertJobScheduler('s', { every, limit });

  for (const [i, victim] of victims.entries()) {
    await until(async () => (await queue.getCompletedCount()) >= 15 * (i + 1), {
      timeout: 2 * TAKE_OVER_MS,
      interval: 10,
      message: `iterations for victim ${i} to be killed at`,
    });
    victim.kill('SIGKILL');
    await once(victim, 'exit');
  }
  await until(async () => (await queue.getCompletedCount()) === limit, {
    timeout: 2 * TAKE_OVER_MS,
    interval: 20,
    message: 'all iterations to be completed',
  });

  const jobs = (await queue.getJobs()).sort((a, b) => repeatOf(a)!.count! - repeatOf(b)!.count!);
  const slots = jobs.map(({ id }) => Number(id!.split(':')[2]));
  expect(jobs.map((job) => repeatOf(job)!.count)).toEqual(
    Array.from({ length: limit }, (_, i) => i + 1),
  );
  expect(new Set(slots.map((slot) => slot % every)).size).toBe(1);
  expect(slots).toEqual([...new Set(slots)].sort((a, b) => a - b));
  expect(await queue.getJobScheduler('s')).toMatchObject({
    iterationCount: limit,
    next: slots.at(-1),
  });
  const ran = await sql('select distinct job from schedule_ledger where queue = $1', queue.name);
  expect(ran).toHaveLength(limit);
}, 120_000);

test.each(['scheduling', 'processing'] as const)(
  'goes on when a worker dies while it is %s',
  async (dieAt) => {
    const queue = newQueue(`dies while ${dieAt}`);
    const victim = startProcess();
    const announced = once(victim, 'message', { signal: AbortSignal.timeout(2 * TAKE_OVER_MS) });
    victim.send({ queue: queue.name, workers: 1, dieAt } satisfies Order);
    const pattern = { pattern: '0 0 1 1 *', immediately: true };
    const job = await queue.upsertJobScheduler('s', pattern);
    await announced;
    expect(await queue.getDelayedCount()).toBe(dieAt === 'scheduling' ? 0 : 1);

    victim.kill('SIGKILL');
    heirs[0]!.send({ queue: queue.name, workers: 1 } satisfies Order);
    await until(() => job!.isCompleted(), {
      timeout: TAKE_OVER_MS,
      interval: 50,
      message: 'the job to be completed by the heir',
    });
    const [next, ...others] = await queue.getDelayed();
    expect(repeatOf(next!)).toMatchObject({ count: 2 });
    expect(others).toEqual([]);
    const ran = await sql('select job from schedule_ledger where queue = $1', queue.name);
    expect(ran).toEqual([{ job: job!.id }]);
  },
  60_000,
);

function newQueue(name: string): Queue {
  const queue = new Queue(name, { connection: database.url });
  queues.push(queue);
  return queue;
}

function startProcess(): ChildProcess {
  const child = fork(program.file, {
    execArgv: ['--enable-source-maps'],
    env: { ...process.env, DATABASE_URL: database.url },
  });
  processes.add(child);
  child.once('exit', () => processes.delete(child));
  return child;
}

function sql(text: string, ...values: unknown[]): Promise<Record<string, string>[]> {
  return withClient(database.url, async (client) => (await client.query(text, values)).rows);
}
