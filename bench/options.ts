import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type PeerName, peerNames } from './peers';
import { workloads } from './workloads';

const USAGE = `npm run bench -- [options]
  --only <workload>  ${inLines(Object.keys(workloads))}
                     may be given again
  --peer <peer>      ${inLines(peerNames)}
                     may be given again
  --repeats <n>      runs of everything; default 3, with --quick 1
  --quick            less of everything: rough numbers in minutes
  --chart <file>     also draws the picture there, as SVG
  --from <file>      reports and draws the runs of an earlier JSON file again, and runs nothing
  --profile          writes a CPU profile of each run into bench/results/

DATABASE_URL and REDIS_URL name running servers; otherwise an embedded PostgreSQL with durable
settings is started, and redis-server, if it is installed, once without persistence and once with
appendfsync everysec. REDIS_URL stands for the one of the two that its persistence makes it.`;

/** What is to be run. */
export interface Plan {
  only: string[];
  peerNames: PeerName[];
  repeats: number;
  isQuick: boolean;
  isProfiled: boolean;
}

export interface Options {
  plan: Plan;
  chart?: string;
  from?: string;
}

/** Undefined when there is nothing to do: help was asked for, or an option is wrong, and that was said. */
export function readOptions(): Options | undefined {
  try {
    return parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function parse(): Options | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      peer: { type: 'string', multiple: true },
      repeats: { type: 'string' },
      quick: { type: 'boolean', default: false },
      chart: { type: 'string' },
      from: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return undefined;
  }
  if (values.chart !== undefined) checkChart(values.chart);
  if (values.from !== undefined && !fs.existsSync(values.from)) {
    throw new Error(`--from: there is no file ${values.from}.`);
  }
  const chosen = chooseFrom(Object.keys(workloads), values.only, '--only');
  return {
    plan: {
      only: chosen,
      peerNames: chooseFrom(peerNames, values.peer, '--peer'),
      repeats: parseRepeats(values.repeats ?? (values.quick ? '1' : '3')),
      isQuick: values.quick,
      isProfiled: values.profile,
    },
    chart: values.chart,
    from: values.from,
  };
}

function chooseFrom<Name extends string>(
  known: readonly Name[],
  given: readonly string[] | undefined,
  option: string,
): Name[] {
  const unknown = given?.filter((name) => !known.some((other) => other === name)) ?? [];
  if (unknown.length > 0) throw new Error(`${option}: there is no ${unknown.join(', ')}.`);
  return known.filter((name) => given?.includes(name) ?? true);
}

function parseRepeats(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new Error(`--repeats takes a number from 1 to 9,999, not "${text}".`);
  }
  return Number(text);
}

function checkChart(file: string): void {
  if (path.extname(file) !== '.svg')
    throw new Error(`--chart takes a file named *.svg, not ${file}.`);
  const folder = path.dirname(path.resolve(file));
  if (!fs.existsSync(folder)) throw new Error(`--chart: there is no folder ${folder}.`);
}

function inLines(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const line = lines.at(-1)!;
    if (line.length + name.length > 75) lines.push(`${name}, `);
    else lines[lines.length - 1] = `${line}${name}, `;
  }
  return lines.join('\n                     ').replace(/, $/, '');
}
