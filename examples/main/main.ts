/**
 * The main job: `npm start`. A file of orders goes through several worker processes, one of which
 * is killed in the middle, and at the end the database is asked whether everything is as it should
 * be.
 *
 * `npm start -- --keep` leaves the database running until Ctrl-C, for typing SQL.
 * `npm start -- --audit` only asks about the last run on the server that DATABASE_URL names.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import colours from 'picocolors';
import { type DevelopmentDatabase, startDatabase } from '../../dev/database';
import { Queue } from '../../lib';
import { audit, auditReport, lookAround } from './audit';
import { Crew } from './crew';
import { ordersFile, takeIn } from './intake';
import { ORDERS, type OrderJob, QUEUES } from './names';
import { Progress, readSnapshot, unfinished } from './progress';
import { openShop } from './shop';

const WORKERS = 3;
const LOOK_EVERY_MS = 200;
/** When nothing changed for so long, the rest will not end either: the audit tells what it is. */
const GIVE_UP_AFTER_S = 20;

let database: DevelopmentDatabase | undefined;
let crew: Crew | undefined;
let isInterrupted = false;

async function main(): Promise<number> {
  database = await startDatabase();
  console.log(`PostgreSQL ${database.version} (${database.kind})\n`);
  const client = new Client({ connectionString: database.url });
  // Whoever waits for an answer is told too.
  client.on('error', () => {});
  await client.connect();
  try {
    if (!process.argv.includes('--audit')) {
      await openShop(client);
      await runOrders(client, database.url);
    }
    const findings = await audit(client);
    console.log(`\n${await lookAround(client)}\n\n${auditReport(findings)}\n`);
    const failures = findings.filter(({ isTrue }) => !isTrue).length;
    console.log(failures === 0 ? colours.green('All true.') : colours.red(`${failures} not true.`));
    if (process.argv.includes('--keep')) await keep(database.url);
    return failures === 0 ? 0 : 1;
  } finally {
    crew?.killAll();
    await client.end();
    await database.stop();
  }
}

/** Takes the orders in, while the workers run them, and kills one of these when a third is done. */
async function runOrders(client: Client, connection: string): Promise<void> {
  const queue = new Queue<OrderJob>(ORDERS, { connection, schema: QUEUES });
  await queue.waitUntilReady();
  crew = new Crew(connection, WORKERS);
  const progress = new Progress();
  const { orders, rejected } = await takeIn(ordersFile, client, queue, ({ line, reason }) =>
    progress.say(`${colours.yellow('bad row')} on line ${line}: ${reason}`),
  );
  await queue.close();
  progress.say(`${orders} orders and their jobs committed, ${rejected} bad rows\n`);

  let hasKilled = false;
  let last = '';
  let changedAt = progress.seconds();
  while (progress.seconds() - changedAt < GIVE_UP_AFTER_S) {
    const snapshot = await readSnapshot(client);
    const now = JSON.stringify(snapshot);
    if (now !== last) changedAt = progress.seconds();
    last = now;
    progress.show(snapshot, orders, crew.size);
    if (unfinished(snapshot) === 0) break;
    if (!hasKilled && (snapshot[ORDERS]?.completed ?? 0) >= orders / 3) {
      hasKilled = await killBusiest(client, progress);
    }
    await sleep(LOOK_EVERY_MS);
  }
  progress.end();
  console.log(`\nThe orders took ${progress.seconds().toFixed(1)} s.`);
  await crew.dismiss();
}

/** Kills the worker that runs most orders. False when none runs any at this moment. */
async function killBusiest(client: Client, progress: Progress): Promise<boolean> {
  const { rows } = await client.query<{ name: string; active: number }>(
    `select name, active::integer from ${QUEUES}.workers where queue = '${ORDERS}' order by active desc limit 1`,
  );
  const [busiest] = rows;
  if (!busiest || busiest.active === 0) return false;
  const pid = await crew!.kill(busiest.name);
  progress.say(
    `${colours.red('SIGKILL')} to ${busiest.name} (pid ${pid}), which was running ${busiest.active} orders; nobody replaces it`,
  );
  return true;
}

async function keep(url: string): Promise<void> {
  console.log(`\npsql '${url}'\nCtrl-C ends this.`);
  await new Promise<never>(() => setInterval(() => {}, 60_000));
}

async function interrupt(code: number): Promise<never> {
  isInterrupted = true;
  crew?.killAll();
  await database?.stop();
  process.exit(code);
}

process.once('SIGINT', () => void interrupt(130));
process.once('SIGTERM', () => void interrupt(143));
main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // What is interrupted fails in some way or other.
    if (isInterrupted) return;
    console.error(error);
    process.exitCode = 1;
  },
);
