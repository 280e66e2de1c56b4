import { parseArgs } from 'node:util';
import type { ChaosOptions } from './chaos';
import { DESCRIPTIONS, FAULTS, type Fault } from './faults';

const HELP = `Runs jobs of three steps while workers, sessions and the database fail, and counts what is left.

  npm run chaos -- [options]

  --jobs <n>           default 10000
  --workers <n>        worker processes; default 4
  --concurrency <n>    jobs at a time in each; default 20
  --faults <a,b,…>     default all:
${FAULTS.map((fault) => `                         ${fault.padEnd(10)} ${DESCRIPTIONS[fault]}`).join('\n')}
  --every <ms>         time between two faults, on average; default 300
  --lock <ms>          lock duration of the workers; default 2000
  --seed <n>           of the choice of faults; default: by chance
  --sabotage <name>    breaks the library in the database of this run, to see whether it is noticed:
                         save-steps, run-outcome

DATABASE_URL names a server to run on instead of an embedded one; the database is not restarted then.
`;

/** Replacements of the fence that ask for no token. */
const SABOTAGES: Record<string, string> = {
  // What locks the job before a commit.
  'save-steps': `
    create or replace function tuskmq._lock_run(p_queue_id integer, p_id text, p_token text) returns text
    language sql as $$ select 'ok' $$`,
  // All that asks whether a run holds its job.
  'run-outcome': `
    create or replace function tuskmq._run_outcome(s tuskmq.job_state, p_token text) returns text
    language sql immutable parallel safe as $$ select 'ok' $$`,
};

/** Undefined when there is nothing to run. */
export function readOptions(): ChaosOptions | undefined {
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: '10000' },
      workers: { type: 'string', default: '4' },
      concurrency: { type: 'string', default: '20' },
      faults: { type: 'string', default: FAULTS.join(',') },
      every: { type: 'string', default: '300' },
      lock: { type: 'string', default: '2000' },
      seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 32)}` },
      sabotage: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const { sabotage } = values;
  if (sabotage !== undefined && !SABOTAGES[sabotage]) {
    throw new Error(`There is no sabotage "${sabotage}": ${Object.keys(SABOTAGES).join(', ')}`);
  }
  return {
    jobs: integer('jobs', values.jobs),
    workers: integer('workers', values.workers),
    concurrency: integer('concurrency', values.concurrency),
    faults: values.faults.split(',').filter(Boolean).map(faultNamed),
    seed: integer('seed', values.seed, 0),
    periodMs: integer('every', values.every),
    lockDurationMs: integer('lock', values.lock),
    patienceMs: 60_000,
    sabotage: sabotage && SABOTAGES[sabotage],
  };
}

function faultNamed(name: string): Fault {
  const fault = FAULTS.find((it) => it === name);
  if (!fault) throw new Error(`There is no fault "${name}": ${FAULTS.join(', ')}`);
  return fault;
}

function integer(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${name} must be an integer of at least ${least}, not "${text}"`);
  }
  return value;
}
