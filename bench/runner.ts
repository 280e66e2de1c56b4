import { fork } from 'node:child_process';
import path from 'node:path';
import type { Answer, Order } from './child';
import { createDatabase, dropDatabase, urlOf } from './databases';
import type { Plan } from './options';
import { type PeerName, peers } from './peers';
import type { Servers } from './servers';
import { workloads } from './workloads';
import type { Measures } from './workloads/workload';

/** A run that takes longer hangs. */
const LONGEST_RUN_MS = 15 * 60_000;
const SIGN_OF_LIFE_MS = 5_000;

/** One run of one peer, as measured. */
export interface Run {
  workload: string;
  variant: string;
  peer: PeerName;
  repeat: number;
  measures?: Measures;
  error?: string;
}

type Step = Omit<Run, 'measures' | 'error'>;

export async function runAll(
  plan: Plan,
  urls: Servers['urls'],
  profiles: string | undefined,
  onRun: (run: Run) => void,
): Promise<void> {
  const steps = plan.only.flatMap((name) => stepsOf(name, plan));
  /** Databases that later repeats use again. */
  const kept = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const { title } = workloads[step.workload]!;
    const label = [title, step.variant].filter(Boolean).join(', ');
    process.stdout.write(
      `[${index + 1}/${steps.length}] ${label} · ${step.peer} · repeat ${step.repeat} `,
    );
    const answer = await runStep(step, plan, urls, kept, profiles);
    console.log('error' in answer ? `failed\n${answer.error}` : brief(answer.measures));
    onRun({ ...step, ...answer });
    // At once: the server would vacuum them while others are measured.
    if (steps[index + 1]?.workload !== step.workload) {
      for (const database of kept) await dropDatabase(urls.postgres!, database);
      kept.clear();
    }
  }
}

/** Peers take turns, so that a slow minute of the machine hits all of them. */
function stepsOf(name: string, plan: Plan): Step[] {
  const workload = workloads[name]!;
  const taking = plan.peerNames.filter((peer) => !workload.leftOut?.[peer]);
  const repeats = Array.from(
    { length: Math.min(plan.repeats, workload.mostRepeats ?? plan.repeats) },
    (_, i) => i + 1,
  );
  const variants = Object.keys(workload.variants);
  const groups = workload.comparesVariants ? [variants] : variants.map((variant) => [variant]);
  return groups.flatMap((group) =>
    repeats.flatMap((repeat) =>
      taking.flatMap((peer) => group.map((variant) => ({ workload: name, variant, peer, repeat }))),
    ),
  );
}

async function runStep(
  step: Step,
  plan: Plan,
  urls: Servers['urls'],
  kept: Set<string>,
  profiles: string | undefined,
): Promise<Answer> {
  const workload = workloads[step.workload]!;
  const { server } = peers[step.peer];
  const series = [step.workload, Object.keys(workload.variants).indexOf(step.variant), step.peer];
  if (!workload.keepsDatabase) series.push(step.repeat);
  const database = `bench_${process.pid}_${series.join('_')}`.replace(/\W/g, '_');
  const isPostgres = server === 'postgres';
  if (isPostgres && !kept.has(database)) await createDatabase(urls.postgres!, database);
  const { full, quick } = workload.variants[step.variant]!;
  const answer = await runChild(
    {
      ...step,
      params: plan.isQuick ? quick : full,
      place: {
        url: isPostgres ? urlOf(urls.postgres!, database) : urls[server]!,
        prefix: database,
      },
      monitorUrl: urls.postgres!,
    },
    profiles,
  );
  if (isPostgres && workload.keepsDatabase) kept.add(database);
  else if (isPostgres) await dropDatabase(urls.postgres!, database);
  return answer;
}

function runChild(order: Order, profiles: string | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const profiling = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
    const child = fork(path.join(__dirname, 'child.ts'), {
      execArgv: [...process.execArgv, ...profiling],
      // Or graphile-worker writes a line for each job.
      env: { ...process.env, NO_LOG_SUCCESS: '1' },
    });
    const deadline = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
    const signs = setInterval(() => process.stdout.write('.'), SIGN_OF_LIFE_MS);
    let answer: Answer = { error: 'The process of the run ended without an answer.' };
    child.once('message', (message: Answer) => {
      answer = message;
    });
    child.once('exit', () => {
      clearTimeout(deadline);
      clearInterval(signs);
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
