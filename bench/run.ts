/**
 * Measures this library beside its peers, on one PostgreSQL server and in one run.
 * `npm run bench -- --help` tells the options.
 */

import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startDatabase } from '../dev/database';
import type { Answer, Order } from './child';
import { createDatabase, dropDatabase, keepCheckpointsOut, serverSettings } from './databases';
import { type PeerName, peerNames, peers } from './peers';
import { startRedis } from './redis';
import { type Run, report } from './report';
import { workloads } from './workloads';
import type { Measures } from './workloads/workload';

const RESULTS = path.join(__dirname, 'results');
/** A run that takes longer hangs. */
const LONGEST_RUN_MS = 10 * 60_000;

const USAGE = `npm run bench -- [options]
  --repeats <n>      runs of everything; default 3, with --quick 1
  --quick            less of everything: minutes become one minute, numbers become rough
  --only <workload>  ${Object.keys(workloads).join(', ')}; may be given again
  --peer <peer>      ${peerNames.join(', ')}; may be given again
  --profile          writes a CPU profile of each run into bench/results/

DATABASE_URL and REDIS_URL name running servers; otherwise an embedded PostgreSQL with durable
settings is started, and redis-server without persistence if it is installed.`;

interface Plan {
  repeats: number;
  isQuick: boolean;
  isProfiled: boolean;
  only: string[];
  peerNames: PeerName[];
}

void main();

async function main(): Promise<void> {
  const plan = parsePlan();
  if (!plan) return;
  fs.mkdirSync(RESULTS, { recursive: true });
  // So that what ends with this process hears of its end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const database = await startDatabase();
  const redis = plan.peerNames.includes('bullmq-redis') ? await startRedis() : undefined;
  try {
    if (plan.peerNames.includes('bullmq-redis') && !redis) {
      console.log('bullmq-redis is left out: REDIS_URL is not set and redis-server not installed.');
      plan.peerNames = plan.peerNames.filter((name) => name !== 'bullmq-redis');
    }
    if (database.kind === 'embedded') await keepCheckpointsOut(database.url);
    const settings = await serverSettings(database.url);
    console.log(`PostgreSQL ${database.version}, ${database.kind}: ${describe(settings)}`);
    if (redis) console.log(`Redis: ${redis.description}`);
    const runs = await runAll(plan, database.url, redis?.url);
    const text = report(runs, plan);
    console.log(`\n${text}`);
    const file = path.join(RESULTS, `${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
    fs.writeFileSync(file, JSON.stringify({ settings, plan, runs }, null, 2));
    console.log(`\nAll runs: ${path.relative(process.cwd(), file)}`);
    if (runs.some((run) => run.error)) process.exitCode = 1;
  } finally {
    await redis?.stop();
    await database.stop();
  }
}

function parsePlan(): Plan | undefined {
  try {
    const { values } = parseArgs({
      options: {
        repeats: { type: 'string' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: Object.keys(workloads) },
        peer: { type: 'string', multiple: true, default: peerNames },
        profile: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return undefined;
    }
    const unknown = [
      ...values.only.filter((name) => !(name in workloads)),
      ...values.peer.filter((name) => !(name in peers)),
    ];
    if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}.`);
    const repeats = Number(values.repeats ?? (values.quick ? 1 : 3));
    if (!Number.isInteger(repeats) || repeats < 1) throw new Error('--repeats takes a number.');
    return {
      repeats,
      isQuick: values.quick,
      isProfiled: values.profile,
      only: values.only,
      peerNames: values.peer as PeerName[],
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** Peers and variants take turns, so that a slow minute of the machine hits all of them. */
async function runAll(plan: Plan, postgresUrl: string, redisUrl?: string): Promise<Run[]> {
  const runs: Run[] = [];
  for (const name of plan.only) {
    const workload = workloads[name]!;
    const kept = new Set<string>();
    for (const variants of groupsOf(Object.keys(workload.variants), workload.keepsDatabase)) {
      for (let repeat = 1; repeat <= plan.repeats; repeat++) {
        for (const variant of variants) {
          for (const peer of plan.peerNames) {
            if (workload.peers && !workload.peers.includes(peer)) continue;
            const series = [name, Object.keys(workload.variants).indexOf(variant), peer];
            const key = `bench_${process.pid}_${series.join('_')}`.replace(/\W/g, '_');
            const database = workload.keepsDatabase ? key : `${key}_${repeat}`;
            const isPostgres = peers[peer].server === 'postgres';
            if (isPostgres && !kept.has(database)) await createDatabase(postgresUrl, database);
            const { full, quick } = workload.variants[variant]!;
            const label = `${workload.title} ${variant}`.trim();
            process.stdout.write(`${label} · ${peer} · ${repeat}/${plan.repeats} `);
            const url = isPostgres ? new URL(`/${database}`, postgresUrl).href : redisUrl!;
            const answer = await runChild(plan, {
              workload: name,
              peer,
              params: plan.isQuick ? quick : full,
              place: { url, prefix: database },
              monitorUrl: postgresUrl,
              repeat,
            });
            console.log('error' in answer ? `failed\n${answer.error}` : brief(answer.measures));
            runs.push({ workload: name, variant, peer, repeat, ...answer });
            if (workload.keepsDatabase) kept.add(database);
            else if (isPostgres) await dropDatabase(postgresUrl, database);
          }
        }
      }
    }
    // At once: the server would vacuum it while others are measured.
    for (const database of kept) await dropDatabase(postgresUrl, database);
  }
  return runs;
}

/** Variants that are compared with each other take turns too. */
function groupsOf(variants: string[], areCompared = false): string[][] {
  return areCompared ? [variants] : variants.map((variant) => [variant]);
}

function runChild(plan: Plan, order: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const profiling = plan.isProfiled ? ['--cpu-prof', `--cpu-prof-dir=${RESULTS}`] : [];
    const child = fork(path.join(__dirname, 'child.ts'), {
      execArgv: [...process.execArgv, ...profiling],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
    let answer: Answer = { error: 'The process of the run ended without an answer.' };
    child.once('message', (message: Answer) => {
      answer = message;
    });
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(answer);
    });
    child.send(order);
  });
}

function brief(measures: Measures): string {
  return Object.entries(measures)
    .map(([metric, value]) => `${metric} ${value.toPrecision(4)}`)
    .join(', ');
}

function describe(settings: Record<string, string>): string {
  return ['fsync', 'synchronous_commit', 'full_page_writes']
    .map((name) => `${name}=${settings[name]}`)
    .join(', ');
}
