import { type FlowJob, FlowProducer, Queue, Worker } from 'bullmq';
import Redis from 'ioredis';
import { BullmqShapedPeer } from './bullmq-shaped';
import type { Peer, Place } from './peer';

/**
 * BullMQ on Redis, with default options. Many queues or workers share one connection, as its
 * documentation advises; each worker adds the one on which it blocks.
 */
export function bullmqRedis({ url, prefix }: Place): Peer {
  let redis: Redis | undefined;
  const connect = (instances: number) => {
    if (instances === 1) return { url };
    redis ??= new Redis(url, { maxRetriesPerRequest: null }).setMaxListeners(0);
    return redis;
  };
  return new BullmqShapedPeer({
    queue: (name, instances) => new Queue(name, { connection: connect(instances), prefix }),
    worker: (name, processor, { concurrency, instances }) =>
      new Worker(name, processor, { connection: connect(instances), prefix, concurrency }),
    flowProducer: () => {
      const producer = new FlowProducer({ connection: { url }, prefix });
      return {
        add: (flow) => producer.add(prefixed(flow as FlowJob, prefix)),
        close: () => producer.close(),
      };
    },
    cleanUp: () => removeKeys(url, prefix),
  });
}

function prefixed(flow: FlowJob, prefix: string): FlowJob {
  return {
    ...flow,
    prefix,
    children: (flow.children ?? []).map((child) => ({ ...child, prefix })),
  };
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', 5_000);
    cursor = next;
    if (keys.length > 0) await redis.unlink(...keys);
  } while (cursor !== '0');
  await redis.quit();
}
