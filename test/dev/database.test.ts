import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { startDatabase } from '../../dev/database';
import { serverUrl, withClient } from '../helpers/test-server';
import { until } from '../helpers/wait';

const root = path.resolve(__dirname, '../..');
const given = process.env.DATABASE_URL;

afterEach(() => {
  restoreGiven(given);
});

describe('startDatabase with DATABASE_URL', () => {
  test('hands out the given server and leaves it running', async () => {
    process.env.DATABASE_URL = serverUrl();
    const database = await startDatabase();
    expect(database).toMatchObject({ url: serverUrl(), kind: 'given' });
    await database.stop();
    expect(await setting(database.url, 'server_version')).toContain(database.version);
  });

  test('names the server that does not answer, without its password', async () => {
    process.env.DATABASE_URL = 'postgres://me:secret@127.0.0.1:1/nothing';
    const failure = await startDatabase().catch((error: Error) => error.message);
    expect(failure).toMatch(/127\.0\.0\.1:1\/nothing.*ECONNREFUSED/);
    expect(failure).not.toContain('secret');
  });
});

describe('startDatabase without DATABASE_URL', () => {
  beforeEach(() => {
    restoreGiven(undefined);
  });

  test('starts a server in UTF-8 that is durable unless told otherwise', async () => {
    const database = await startDatabase();
    try {
      expect(database.kind).toBe('embedded');
      expect(await setting(database.url, 'server_version')).toContain(database.version);
      expect(await setting(database.url, 'server_encoding')).toBe('UTF8');
      expect(await setting(database.url, 'fsync')).toBe('on');
      expect(await setting(database.url, 'synchronous_commit')).toBe('on');

      const stranger = new URL(database.url);
      stranger.password = 'guess';
      await expect(setting(stranger.href, 'fsync')).rejects.toThrow(/authentication failed/);
    } finally {
      await database.stop();
    }
  });

  test('leaves neither server nor files after stop, nor minds a second stop', async () => {
    const database = await startDatabase({ durable: false });
    const folder = path.dirname(await setting(database.url, 'data_directory'));
    await Promise.all([database.stop(), database.stop()]);
    await database.stop();
    expect(fs.existsSync(folder)).toBe(false);
    await expect(setting(database.url, 'fsync')).rejects.toThrow(/ECONNREFUSED/);
  });

  test.each<[string, string, NodeJS.Signals | undefined]>([
    ['is killed', 'wait', 'SIGKILL'],
    ['is interrupted', 'wait', 'SIGINT'],
    ['exits', 'exit', undefined],
    ['crashes', 'crash', undefined],
    ['has nothing left to do', 'finish', undefined],
  ])('leaves neither server nor files when its process %s', async (_title, ending, signal) => {
    const program = startProgram(ending);
    try {
      const { url, folder } = await firstLine(program);
      const ended = once(program, 'exit');
      if (signal) {
        expect(await setting(url, 'fsync')).toBe('off');
        program.kill(signal);
      }
      await ended;
      await until(() => !fs.existsSync(folder), { message: `${folder} to be removed` });
      await expect(setting(url, 'fsync')).rejects.toThrow(/ECONNREFUSED/);
    } finally {
      program.kill('SIGKILL');
    }
  });
});

function restoreGiven(url: string | undefined): void {
  if (url === undefined) {
    delete process.env.DATABASE_URL;
  } else {
    process.env.DATABASE_URL = url;
  }
}

function setting(url: string, name: string): Promise<string> {
  return withClient(url, async (client) => {
    const answer = await client.query<{ value: string }>('select current_setting($1) as value', [
      name,
    ]);
    return answer.rows[0]?.value ?? '';
  });
}

function startProgram(ending: string): ChildProcess {
  const file = path.join(__dirname, 'program-with-database.ts');
  return spawn(process.execPath, ['--import', 'tsx', file, ending], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Named, because what a test changes in its environment is not inherited under Jest.
    env: process.env,
  });
}

async function firstLine(program: ChildProcess): Promise<{ url: string; folder: string }> {
  let problem = '';
  program.stderr?.on('data', (chunk: Buffer) => {
    problem += chunk;
  });
  const lines = readline.createInterface({ input: program.stdout! });
  for await (const line of lines) {
    return JSON.parse(line);
  }
  throw new Error(`the program said nothing: ${problem}`);
}
