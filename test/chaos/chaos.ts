import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import type { DevelopmentDatabase } from '../../dev/database';
import { migrate, Queue } from '../../lib';
import { bundle } from '../helpers/bundle';
import { startProxy } from '../helpers/cutting-proxy';
import { dropDatabase, uniqueName, urlOf, withClient } from '../helpers/test-server';
import { audit, type Finding } from './audit';
import { type Fault, FaultInjector } from './faults';
import { Fleet } from './fleet';
import { LEDGER } from './ledger';
import { ATTEMPTS, BACKOFF_MS, CHILDREN, KINDS_WITH_CHILDREN, kinds, PARENTS } from './processor';
import { seededRandom } from './random';
import type { Outcome } from './worker';

/** What is added at a time, and added again when nobody knows what became of it. */
const BATCH = 100;
/** Jobs that wait at the same time, at most: adding goes on while faults happen. */
const AHEAD = 2_000;
const LOOK_MS = 250;

export interface ChaosOptions {
  jobs: number;
  workers: number;
  concurrency: number;
  faults: readonly Fault[];
  seed: number;
  /** Milliseconds between two faults, on average. */
  periodMs: number;
  lockDurationMs: number;
  /** Milliseconds without any job completed after which jobs count as lost. */
  patienceMs: number;
  /** Run before the jobs are added: to break the library on purpose. */
  sabotage?: string | undefined;
  onProgress?(progress: Progress): void;
}

export interface Progress {
  completed: number;
  total: number;
  faults: ReadonlyMap<Fault, number>;
}

export interface ChaosReport {
  seconds: number;
  faults: ReadonlyMap<Fault, number>;
  outcomes: ReadonlyMap<Outcome, number>;
  findings: Finding[];
  /** What was wrong, in words; empty when all is well. */
  problems: string[];
}

/** Runs jobs while everything fails around them, and counts what is left of it in the database. */
export async function runChaos(
  server: DevelopmentDatabase,
  options: ChaosOptions,
): Promise<ChaosReport> {
  const { jobs, seed, lockDurationMs } = options;
  const name = uniqueName('chaos');
  await withClient(server.url, (client) =>
    client.query(`create database ${escapeIdentifier(name)} template template0`),
  );
  const url = urlOf(server.url, name);
  const proxy = await startProxy(url);
  const random = seededRandom(seed);
  const program = await bundle(path.join(__dirname, 'worker.ts'));
  const fleet = new Fleet(
    program.file,
    { url: proxy.url, directUrl: url, lockDurationMs, concurrency: options.concurrency },
    random,
  );
  const startedAt = performance.now();
  try {
    await migrate({ connection: url });
    await withClient(url, (client) => client.query(`${LEDGER}; ${options.sabotage ?? ''}`));
    const injector = new FaultInjector(
      { server, url, proxy, fleet, random, lockDurationMs },
      options.faults,
      options.periodMs,
    );
    fleet.start(options.workers);
    injector.start();
    const stopped = new AbortController();
    const watched = watch(url, options, injector, fleet);
    void watched.finally(() => stopped.abort()).catch(() => {});
    const parents = await addAll(url, jobs, stopped.signal);
    const problem = await watched;
    await injector.stop();
    await fleet.finish();
    const findings = await audit(url, jobs, parents);
    const wrong = findings.filter(({ expected, found }) => expected !== found);
    const problems = [
      ...(problem ? [problem] : []),
      ...fleet.faults,
      ...wrong.map(({ what, expected, found }) => `${what}: ${found} instead of ${expected}`),
    ];
    return {
      seconds: (performance.now() - startedAt) / 1000,
      faults: injector.counts,
      outcomes: fleet.outcomes,
      findings,
      problems,
    };
  } finally {
    await fleet.end();
    program.remove();
    await proxy.close();
    await dropDatabase(server.url, name);
  }
}

/** Adds the jobs while the server fails: under ids of ours, so that each can be added again. Returns how many have children. */
async function addAll(url: string, jobs: number, signal: AbortSignal): Promise<number> {
  const queue = new Queue(PARENTS, { connection: url });
  queue.on('error', () => {});
  const names = Object.keys(kinds);
  const opts = { attempts: ATTEMPTS, backoff: BACKOFF_MS };
  let parents = 0;
  try {
    for (let first = 0; first < jobs && !signal.aborted; first += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, jobs - first) }, (_, i) => first + i);
      let missing = batch;
      while (missing.length > 0) {
        const added = await Promise.allSettled(
          missing.map((i) =>
            queue.add(names[i % names.length]!, {}, { ...opts, jobId: `job-${i}` }),
          ),
        );
        missing = missing.filter((_, at) => added[at]!.status === 'rejected');
        if (missing.length > 0) await sleep(LOOK_MS);
      }
      parents += batch.filter((i) => KINDS_WITH_CHILDREN.includes(names[i % names.length]!)).length;
      while (!signal.aborted && (await waiting(queue)) > AHEAD) await sleep(LOOK_MS);
    }
  } finally {
    await queue.close();
  }
  return parents;
}

async function waiting(queue: Queue): Promise<number> {
  return queue.getWaitingCount().catch(() => Number.POSITIVE_INFINITY);
}

/** Resolves when all is completed, or to what is the matter. */
async function watch(
  url: string,
  { jobs, patienceMs, onProgress }: ChaosOptions,
  injector: FaultInjector,
  fleet: Fleet,
): Promise<string | undefined> {
  let completed = 0;
  let changedAt = performance.now();
  while (completed < jobs) {
    await sleep(LOOK_MS);
    if (fleet.faults.length > 0)
      return `stopped at the first fault, with ${completed} jobs completed`;
    const seen = await countCompleted(url).catch(() => completed);
    if (seen !== completed) changedAt = performance.now();
    completed = seen;
    onProgress?.({ completed, total: jobs, faults: injector.counts });
    if (performance.now() - changedAt > patienceMs) {
      return `only ${completed} of ${jobs} jobs were completed, and none in the last ${patienceMs} ms; ${await unfinished(url)}`;
    }
  }
  return undefined;
}

function countCompleted(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from tuskmq.jobs where queue = '${PARENTS}' and state = 'completed'`,
    );
    return rows[0]!.count;
  });
}

async function unfinished(url: string): Promise<string> {
  const rows = await withClient(url, async (client) => {
    const answer = await client.query(
      `select queue, id, name, state, attempts_made, attempts_started, pending_children, failed_reason
       from tuskmq.jobs where state <> 'completed' and queue in ('${PARENTS}', '${CHILDREN}') limit 10`,
    );
    return answer.rows;
  });
  return `not completed: ${JSON.stringify(rows)}`;
}
