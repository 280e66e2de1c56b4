/**
 * Measures this library beside its peers, on the same servers and in one run.
 * `npm run bench -- --help` tells the options.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { drawChart } from './chart';
import { type Plan, readOptions } from './options';
import { peers } from './peers';
import { report } from './report';
import { type Run, runAll } from './runner';
import { startServers } from './servers';

const RESULTS = path.join(__dirname, 'results');

/** What a JSON file of results holds. */
interface Results {
  at: string;
  machine: string;
  servers: string[];
  plan: Plan;
  runs: Run[];
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  const results = options.from
    ? (JSON.parse(fs.readFileSync(options.from, 'utf8')) as Results)
    : await measure(options.plan);
  console.log(`\n${report(results.runs, results.plan)}\n`);
  if (!options.from) {
    console.log(`All runs: ${path.relative(process.cwd(), `${fileOf(results)}.json`)}`);
    await draw(results, `${fileOf(results)}.svg`);
  }
  if (options.chart) await draw(results, options.chart);
  if (results.runs.some((run) => run.error)) process.exitCode = 1;
}

async function measure(plan: Plan): Promise<Results> {
  fs.mkdirSync(RESULTS, { recursive: true });
  // So that what ends with this process hears of its end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const servers = await startServers(plan.peerNames);
  try {
    for (const line of servers.descriptions) console.log(line);
    const missing = plan.peerNames.filter((name) => !servers.urls[peers[name].server]);
    if (missing.length > 0) {
      console.log(
        `Not run: ${missing.join(', ')}. REDIS_URL names no such server and redis-server is not installed.`,
      );
    }
    if (plan.isQuick) console.log('Quick: fewer jobs than the titles say, and rough numbers.');
    const feasible = {
      ...plan,
      peerNames: plan.peerNames.filter((name) => !missing.includes(name)),
    };
    const results: Results = {
      at: new Date().toISOString(),
      machine: `${os.cpus().length} cores, Node ${process.versions.node}`,
      servers: servers.descriptions,
      plan: feasible,
      runs: [],
    };
    await runAll(feasible, servers.urls, plan.isProfiled ? RESULTS : undefined, (run) => {
      results.runs.push(run);
      // Each time: a run of hours that is broken off has its numbers.
      fs.writeFileSync(`${fileOf(results)}.json`, JSON.stringify(results, null, 2));
    });
    return results;
  } finally {
    await servers.stop();
  }
}

/** Without its extension. */
function fileOf(results: Results): string {
  return path.join(RESULTS, results.at.replace(/[:.]/g, '-'));
}

async function draw(results: Results, file: string): Promise<void> {
  const picture = await drawChart(results.runs, results.plan, results);
  if (picture === undefined) {
    console.log('No picture: it needs a rate of tuskmq and of a peer.');
    return;
  }
  fs.writeFileSync(file, picture);
  console.log(`Picture: ${path.relative(process.cwd(), file)}`);
}
