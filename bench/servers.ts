import { startDatabase } from '../dev/database';
import { keepCheckpointsOut, serverSettings } from './databases';
import { type PeerName, peers } from './peers';
import type { ServerName } from './peers/peer';
import { givenRedis, type Persistence, type RedisServer, startRedis } from './redis';

export interface Servers {
  /** Where each server is that could be had. */
  urls: Partial<Record<ServerName, string>>;
  /** One line for each, with the settings that decide what survives a crash. */
  descriptions: string[];
  stop(): Promise<void>;
}

const PERSISTENCE = { redis: 'none', 'redis-everysec': 'everysec' } as const satisfies Partial<
  Record<ServerName, Persistence>
>;

/** The servers that these peers need: those that the environment names, or ones of our own. */
export async function startServers(names: readonly PeerName[]): Promise<Servers> {
  const needed = new Set<ServerName>(names.map((name) => peers[name].server));
  const database = await startDatabase();
  const urls: Servers['urls'] = { postgres: database.url };
  const started: { stop(): Promise<void> }[] = [database];
  const stop = async () => {
    for (const server of started) await server.stop();
  };
  try {
    if (database.kind === 'embedded') await keepCheckpointsOut(database.url);
    const settings = await serverSettings(database.url);
    const descriptions = [`PostgreSQL ${database.version}, ${database.kind}: ${inWords(settings)}`];
    for (const name of ['redis', 'redis-everysec'] as const) {
      const redis = needed.has(name) ? await findRedis(PERSISTENCE[name]) : undefined;
      if (!redis) continue;
      started.push(redis);
      urls[name] = redis.url;
      descriptions.push(`Redis ${redis.description}`);
    }
    return { urls, descriptions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function findRedis(persistence: Persistence): Promise<RedisServer | undefined> {
  const given = process.env.REDIS_URL ? await givenRedis(process.env.REDIS_URL) : undefined;
  return given?.persistence === persistence ? given : startRedis(persistence);
}

function inWords(settings: Record<string, string>): string {
  return ['fsync', 'synchronous_commit', 'full_page_writes']
    .map((name) => `${name}=${settings[name]}`)
    .join(', ');
}
