// Owns one embedded PostgreSQL server on behalf of the process that started it.
//
// The server lives exactly as long as the pipe on standard input is open. The operating system
// closes that pipe however the other process ends (stop, exit, signal, crash, SIGKILL), so this
// is the single place that stops the server and removes its folder.
//
// Plain JavaScript, because it runs as a bare Node process next to tsx, Jest or nothing at all.
// Argument: the folder to work in, which exists and is removed at the end. Then one line of JSON on
// standard input, the KeeperOrder (it holds a password, which arguments would show to everybody),
// and one line of JSON on standard output, the KeeperAnswer. Each further line, `crash`, ends the
// server as a crash would and starts it again in the same place.

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * @typedef {object} KeeperOrder
 * @property {string} binaries the folder with `bin`, `lib` and `share`
 * @property {{ uid: number, gid: number }} [user] who runs the server, when not this process's own
 * @property {string} password of the superuser `postgres`
 * @property {string[]} settings `name=value`, as after `postgres -c`
 *
 * @typedef {{ port: number } | { error: string }} KeeperAnswer
 */

const fastShutdownMs = 10_000;
const portAttempts = 5;

const home = path.resolve(process.argv[2] ?? '');
const data = path.join(home, 'data');

/** @type {import('node:child_process').ChildProcess | undefined} */
let child;
/** @type {KeeperOrder | undefined} */
let order;
let port = 0;
let crashing = false;
let ending = false;

// This process is in a session of its own, away from the signals of a terminal; whoever signals it
// by its id means the server.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, end);
}
process.stdout.on('error', () => {});
process.stdin.on('error', end);
createInterface({ input: process.stdin }).on('line', obey).on('close', end);

/** @param {string} line */
async function obey(line) {
  if (order) {
    if (line === 'crash' && port && !crashing) await crash(order);
    return;
  }
  try {
    order = /** @type {KeeperOrder} */ (JSON.parse(line));
    await initialise(order);
    port = await start(order);
    answer({ port });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
    await end();
  }
}

/** @param {KeeperOrder} order */
async function initialise(order) {
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = path.join(home, 'password');
  writeFileSync(passwordFile, order.password, { mode: 0o600 });
  if (order.user) {
    chownSync(data, order.user.uid, order.user.gid);
    chownSync(passwordFile, order.user.uid, order.user.gid);
  }
  const { exited, log } = launch(order, 'initdb', [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    // One round of hashing: a connection is opened thousands of times, on loopback, and the
    // password is random and dies with the server.
    '--set=scram_iterations=1',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]);
  const code = await exited;
  if (code !== 0) {
    throw new Error(`initdb failed (${code}):\n${log()}`);
  }
}

/**
 * Starts the server on a free port of the loopback interface and resolves with that port.
 *
 * @param {KeeperOrder} order
 */
async function start(order) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const problem = await startAt(order, port);
    if (!problem) return port;
    // Another process may have taken the port since we saw it free.
    if (ending || attempt === portAttempts || !/could not bind/.test(problem)) {
      throw new Error(`postgres did not start ${problem}`);
    }
  }
}

/**
 * Resolves when the server accepts connections, or to why it does not.
 *
 * @param {KeeperOrder} order
 * @param {number} port
 */
async function startAt(order, port) {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...order.settings,
  ];
  const server = launch(order, 'postgres', ['-D', data, ...settings.flatMap((it) => ['-c', it])]);
  const outcome = await Promise.race([server.logs('ready to accept connections'), server.exited]);
  if (outcome !== 'logged') return `(${outcome}):\n${server.log()}`;
  server.exited.then((code) => {
    if (ending || crashing) return;
    console.error(`The embedded PostgreSQL server ended (${code}):\n${server.log()}`);
    end();
  });
  return undefined;
}

/**
 * Immediate shutdown, without a checkpoint or a last flush of the log, and recovery.
 *
 * @param {KeeperOrder} order
 */
async function crash(order) {
  crashing = true;
  const running = child;
  await new Promise((resolve) => {
    running?.once('close', resolve);
    running?.kill('SIGQUIT');
  });
  const problem = ending ? undefined : await startAt(order, port);
  crashing = false;
  if (problem && !ending) {
    console.error(`The embedded PostgreSQL server did not recover ${problem}`);
    await end();
  }
}

/**
 * @param {KeeperOrder} order
 * @param {'initdb' | 'postgres'} program
 * @param {string[]} parameters
 */
function launch(order, program, parameters) {
  if (ending) {
    throw new Error('stopped before it was started');
  }
  const process_ = spawn(path.join(order.binaries, 'bin', program), parameters, {
    // The working folder of the caller may be closed to the user of the server.
    cwd: home,
    env: { ...process.env, LC_ALL: 'C', LANG: 'C', PGOPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...order.user,
  });
  child = process_;
  let text = '';
  /** @type {() => void} */
  let onText = () => {};
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.on('data', (chunk) => {
      text = (text + chunk).slice(-8_000);
      onText();
    });
  }
  return {
    /** @type {Promise<number | string>} what it ended with: code, signal or the error to run it */
    exited: new Promise((resolve) => {
      process_.once('error', (error) => resolve(error.message));
      process_.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    }),
    log: () => text,
    /**
     * @param {string} words
     * @returns {Promise<'logged'>}
     */
    logs: (words) =>
      new Promise((resolve) => {
        onText = () => {
          if (text.includes(words)) {
            onText = () => {};
            resolve('logged');
          }
        };
      }),
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address && typeof address === 'object' ? address.port : 0));
    });
  });
}

async function end() {
  if (ending) {
    return;
  }
  ending = true;
  await stopChild();
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  process.exit(0);
}

/** Fast shutdown: sessions are cut off and the server ends; it is killed if it takes too long. */
function stopChild() {
  const running = child;
  if (!running?.pid || running.exitCode !== null || running.signalCode !== null) {
    return Promise.resolve();
  }
  const pid = running.pid;
  return new Promise((resolve) => {
    running.once('close', resolve);
    if (process.platform === 'win32') {
      // No signals there; and to end only the postmaster leaves its children running.
      execFileSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
      return;
    }
    running.kill('SIGINT');
    setTimeout(() => running.kill('SIGQUIT'), fastShutdownMs).unref();
    setTimeout(() => running.kill('SIGKILL'), fastShutdownMs * 2).unref();
  });
}

/** @param {KeeperAnswer} message */
function answer(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
