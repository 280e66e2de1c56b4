import { type FlowJob, FlowProducer, Queue, Worker } from 'bullmq';
import Redis from 'ioredis';
import { BullmqShapedPeer } from './bullmq-shaped';
import type { Peer, Place } from './peer';

/** BullMQ on Redis, with default options. */
export function bullmqRedis({ url, prefix }: Place): Peer {
  const connection = { url };
  return new BullmqShapedPeer({
    queue: (name) => new Queue(name, { connection, prefix }),
    worker: (name, processor, concurrency) =>
      new Worker(name, processor, { connection, prefix, concurrency }),
    flowProducer: () => {
      const producer = new FlowProducer({ connection, prefix });
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
