import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';

export interface RedisServer {
  url: string;
  /** Its persistence. */
  description: string;
  stop(): Promise<void>;
}

export type Persistence = 'none' | 'everysec';

const ARGUMENTS: Record<Persistence, string[]> = {
  none: ['--appendonly', 'no'],
  everysec: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
};

/** A server of our own; undefined when none is installed. Its files are gone when it is. */
export async function startRedis(persistence: Persistence): Promise<RedisServer | undefined> {
  const port = await freePort();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-redis-'));
  const removeHome = () => fs.rmSync(home, { recursive: true, force: true });
  const server = spawn(
    'redis-server',
    ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', ...ARGUMENTS[persistence]],
    { cwd: home, stdio: 'ignore' },
  );
  if (!(await isSpawned(server))) {
    removeHome();
    return undefined;
  }
  const kill = () => {
    server.kill('SIGKILL');
    removeHome();
  };
  process.once('exit', kill);
  const url = `redis://127.0.0.1:${port}`;
  await answer(url);
  return {
    url,
    description: await describePersistence(url),
    stop: async () => {
      process.off('exit', kill);
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      removeHome();
    },
  };
}

/** The server of a URL, and which of the two kinds it is. */
export async function givenRedis(url: string): Promise<RedisServer & { persistence: Persistence }> {
  const description = await describePersistence(url).catch((error: Error) => {
    throw new Error(`No Redis answers at REDIS_URL: ${error.message}`);
  });
  return {
    url,
    description: `given, ${description}`,
    persistence: description.includes('appendonly yes') ? 'everysec' : 'none',
    stop: async () => {},
  };
}

async function describePersistence(url: string): Promise<string> {
  return withRedis(url, async (redis) => {
    const settings: string[] = [];
    for (const name of ['appendonly', 'appendfsync', 'save']) {
      const [, value] = (await redis.config('GET', name)) as string[];
      settings.push(`${name} ${value || 'never'}`);
    }
    return settings.join(', ');
  });
}

async function answer(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await withRedis(url, (redis) => redis.ping());
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function isSpawned(server: ChildProcess): Promise<boolean> {
  try {
    await once(server, 'spawn');
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
