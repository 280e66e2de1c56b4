import Redis from 'ioredis';
import type { Place } from '../peers/peer';
import type { Meter } from '.';

/**
 * Listens to all commands, and counts those that clients sent for this run's keys: the server's own
 * counters also count what scripts call. For workers that do little; monitoring slows a busy server.
 */
export async function openRedisMeter({ url, prefix }: Place): Promise<Meter> {
  const redis = new Redis(url);
  const others = await clientsOf(redis);
  const monitor = await redis.monitor();
  let commands = 0;
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    if (source !== 'lua' && args.some((arg) => arg.includes(prefix))) commands++;
  });
  return {
    queries: async () => commands,
    sessions: async () => (await clientsOf(redis)) - others,
    close: async () => {
      monitor.disconnect();
      await redis.quit();
    },
  };
}

async function clientsOf(redis: Redis): Promise<number> {
  const list = (await redis.client('LIST')) as string;
  return list.split('\n').filter((line) => line !== '' && !line.includes('cmd=monitor')).length;
}
