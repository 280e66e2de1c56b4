/**
 * The database of tests, demo, examples and benchmark: the server DATABASE_URL names, or else a
 * real PostgreSQL started from the binaries among the devDependencies, gone without a trace when
 * this process is.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  installedBinaries,
  type ServerUser,
  serverUser,
  temporaryRoot,
  usableBinaries,
} from './postgres-binaries';

/** How long a server may take to recover from a crash. */
const RECOVERY_MS = 60_000;
const LOOK_AGAIN_MS = 20;

export interface StartDatabaseOptions {
  /** Whether commits survive a power cut. Tests say false and run faster. Default: true. */
  durable?: boolean;
}

export interface DevelopmentDatabase {
  url: string;
  /** The version of the server, such as "18.4". */
  version: string;
  /** `given` by DATABASE_URL, or `embedded` and owned by this process. */
  kind: 'given' | 'embedded';
  /**
   * Ends an embedded server in immediate mode, as a crash would, and starts it again at the same
   * URL. Resolves when it answers; rejects when it does not recover. A given server has none.
   */
  crash?(): Promise<void>;
  /** Stops an embedded server and removes its files; leaves a given one alone. */
  stop(): Promise<void>;
}

export async function startDatabase(
  options: StartDatabaseOptions = {},
): Promise<DevelopmentDatabase> {
  const given = process.env.DATABASE_URL;
  if (given) {
    return {
      url: given,
      version: await versionOf(given),
      kind: 'given',
      stop: async () => {},
    };
  }
  const server = await startEmbedded(options.durable ?? true);
  try {
    return { ...server, version: await versionOf(server.url), kind: 'embedded' };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startEmbedded(
  durable: boolean,
): Promise<{ url: string; crash(): Promise<void>; stop(): Promise<void> }> {
  const installed = installedBinaries();
  const user = serverUser();
  const password = randomBytes(16).toString('hex');
  const home = makeHome(user);
  const keeper = startKeeper(home);
  const stop = () => stopKeeper(keeper);
  try {
    const order = {
      binaries: usableBinaries(installed, user, path.join(home, 'native')),
      user,
      password,
      settings: [
        'max_connections=200',
        'shared_buffers=256MB',
        'log_checkpoints=off',
        ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
      ],
    };
    keeper.stdin?.write(`${JSON.stringify(order)}\n`);
    const port = await startedPort(keeper);
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    return { url, crash: () => crashKeeper(keeper, url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function makeHome(user: ServerUser | undefined): string {
  const home = fs.mkdtempSync(path.join(temporaryRoot(user), 'tuskmq-postgres-'));
  // The server's user passes through to the folders it owns; nothing readable lies open here.
  fs.chmodSync(home, user ? 0o711 : 0o700);
  return home;
}

/** From here on the folder is the keeper's to remove. */
function startKeeper(home: string): ChildProcess {
  const keeper = spawn(process.execPath, [path.join(__dirname, 'postgres-keeper.mjs'), home], {
    // Out of reach of Ctrl-C, which a terminal sends to the whole group: the keeper ends when its
    // standard input does, after everything that still needs the server.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
    windowsHide: true,
  });
  // A running server alone is no reason for a program not to end.
  keeper.unref();
  (keeper.stdin as Socket).unref();
  keeper.stdin?.on('error', () => {});
  return keeper;
}

async function startedPort(keeper: ChildProcess): Promise<number> {
  const output = keeper.stdout as Socket;
  let problem = 'Its keeper ended without an answer.';
  for await (const line of readline.createInterface({ input: output })) {
    const answer: { port: number } | { error: string } = JSON.parse(line);
    output.destroy();
    if ('port' in answer) {
      return answer.port;
    }
    problem = answer.error;
  }
  throw new Error(
    `The embedded PostgreSQL server did not start. Set DATABASE_URL to use another one.\n${problem}`,
  );
}

/** The keeper's output is closed by now: that it has obeyed is seen by the server's time of birth. */
async function crashKeeper(keeper: ChildProcess, url: string): Promise<void> {
  const before = await ask(url, 'select pg_postmaster_start_time()::text as answer');
  keeper.stdin?.write('crash\n');
  const deadline = performance.now() + RECOVERY_MS;
  while (true) {
    const birth = await ask(url, 'select pg_postmaster_start_time()::text as answer').catch(
      () => before,
    );
    if (birth !== before) return;
    if (performance.now() > deadline || keeper.exitCode !== null) {
      throw new Error('The embedded PostgreSQL server did not come back from its crash.');
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

async function stopKeeper(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) {
    return;
  }
  keeper.ref();
  const ended = once(keeper, 'exit');
  keeper.stdin?.end();
  await ended;
}

async function versionOf(url: string): Promise<string> {
  try {
    const version = await ask(url, "select current_setting('server_version') as answer");
    return version?.split(' ')[0] ?? 'unknown';
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new Error(`No PostgreSQL answers at ${withoutPassword(url)}: ${reason}`, {
      cause: error,
    });
  }
}

async function ask(url: string, text: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A session that the server ends while it idles would end this process.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<{ answer: string }>(text)).rows[0]?.answer;
  } finally {
    await client.end().catch(() => {});
  }
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':***@');
}
