/**
 * A worker process is killed exactly between two steps, another one takes its job over. What counts
 * is the ledger, in which the processor notes each execution of a step.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Queue } from '../../lib';
import { bundle } from '../helpers/bundle';
import { createDatabase, type TestDatabase } from '../helpers/database';
import { withClient } from '../helpers/test-server';
import { until } from '../helpers/wait';
import { patterns, Step } from './step-patterns';
import type { Order } from './step-worker';

/** Far below the 30 s of a lease: the end of the session gives the dead worker away. */
const TAKE_OVER_MS = 15_000;

let database: TestDatabase;
let program: Awaited<ReturnType<typeof bundle>>;
/** Takes over what others leave. Has been up for a while when they die, as those in production have. */
let heir: ChildProcess;
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  program = await bundle(path.join(__dirname, 'step-worker.ts'));
  database = await createDatabase();
  await sql(
    'create table step_ledger (entry integer generated always as identity, queue text, step text)',
  );
  heir = startWorker();
});

afterAll(async () => {
  const exits = [...processes].map((child) => once(child, 'exit'));
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(exits);
  program.remove();
  await database.drop();
});

describe.each(Object.entries(patterns))('%s', (name, pattern) => {
  const boundaries = Object.entries(pattern.boundaries);
  let outcomes: Map<string, Promise<Outcome>>;

  // All at once, since each of them waits most of its time for the end of the dead to be noticed.
  beforeAll(async () => {
    outcomes = new Map(boundaries.map(([at]) => [at, outcomeOf(name, at)]));
    await Promise.allSettled(outcomes.values());
  }, 120_000);

  test.each(boundaries)('resumes when the worker dies at "%s"', async (at, repeated) => {
    const outcome = await outcomes.get(at);
    expect(outcome).toEqual({
      diedAt: at,
      steps: pattern.steps.flatMap((step) => (step === repeated ? [step, step] : [step])),
      children: pattern.children,
    });
  });
});

interface Outcome {
  diedAt: string;
  steps: string[];
  /** By name: those of one parent may run in any order. */
  children: string[];
}

/** Runs one job, whose first worker dies at this boundary. */
async function outcomeOf(pattern: string, dieAt: string): Promise<Outcome> {
  const name = `${pattern} (${dieAt})`;
  const queue = new Queue(name, { connection: database.url });
  try {
    const job = await queue.add('job', { step: Step.Initial });
    const children = runChildrenWhenAwaited(queue, job.id!, patterns[pattern]!.children.length > 0);
    children.catch(() => {});
    const diedAt = await workUntilDeath({ queue: name, run: pattern, dieAt });
    heir.send({ queue: name, run: pattern } satisfies Order);
    await children;
    await until(() => job.isCompleted(), {
      timeout: TAKE_OVER_MS,
      interval: 50,
      message: `the job of ${name} to be completed by the heir`,
    });
    const { steps } = patterns[pattern]!;
    const ledger = await sql('select step from step_ledger where queue = $1 order by entry', name);
    const executed = ledger.map(({ step }) => step!);
    return {
      diedAt,
      steps: executed.filter((step) => steps.includes(step)),
      children: executed.filter((step) => !steps.includes(step)).sort(),
    };
  } finally {
    await queue.close();
  }
}

/** Lets the children run as soon as their parent waits for them, and not before. */
async function runChildrenWhenAwaited(queue: Queue, jobId: string, hasChildren: boolean) {
  if (!hasChildren) return;
  await until(async () => (await queue.getJobState(jobId)) === 'waiting-children', {
    timeout: 2 * TAKE_OVER_MS,
    interval: 50,
    message: `the job of ${queue.name} to wait for its children`,
  });
  heir.send({ queue: queue.name, run: 'children' } satisfies Order);
}

/** A worker of its own that is killed where the order says. Resolves to where that was. */
async function workUntilDeath(order: Order): Promise<string> {
  const victim = startWorker();
  const announced = once(victim, 'message', { signal: AbortSignal.timeout(2 * TAKE_OVER_MS) });
  victim.send(order);
  const [{ at }] = await announced;
  const exited = once(victim, 'exit');
  victim.kill('SIGKILL');
  await exited;
  return at;
}

function startWorker(): ChildProcess {
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
