import { createPostgresBackend, type FlowJob, withBackend } from 'bullmq';
import { Pool } from 'pg';
import { BullmqShapedPeer } from './bullmq-shaped';
import type { Peer, Place } from './peer';

/**
 * BullMQ on its PostgreSQL backend, with default options: a `pg` pool of ten for each instance.
 * Many workers share a pool that has a session to listen for each, and ten to work with; with pools
 * of their own they would need more sessions than a server gives.
 */
export function bullmqPostgres({ url }: Place): Peer {
  const { Queue, Worker, FlowProducer } = withBackend(createPostgresBackend);
  const own = { connectionString: url, schema: 'bullmq', migrate: true };
  let shared: Pool | undefined;
  const share = (max: number) => {
    shared ??= new Pool({ connectionString: url, max, options: '-c search_path=bullmq' });
    return shared.setMaxListeners(0);
  };
  return new BullmqShapedPeer({
    queue: (name) => new Queue(name, { connection: own }),
    worker: (name, processor, { concurrency, instances }) => {
      const connection = instances > 1 ? share(instances + 10) : own;
      return new Worker(name, processor, { connection, concurrency });
    },
    flowProducer: () => {
      const producer = new FlowProducer({ connection: own });
      return {
        add: (flow) => producer.add(flow as FlowJob),
        close: () => producer.close(),
      };
    },
  });
}
