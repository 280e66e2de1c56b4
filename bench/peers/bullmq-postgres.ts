import { createPostgresBackend, type FlowJob, withBackend } from 'bullmq';
import { BullmqShapedPeer } from './bullmq-shaped';
import type { Peer, Place } from './peer';

/** BullMQ on its PostgreSQL backend, with default options: a `pg` pool of ten for each instance. */
export function bullmqPostgres({ url }: Place): Peer {
  const { Queue, Worker, FlowProducer } = withBackend(createPostgresBackend);
  const connection = { connectionString: url, schema: 'bullmq', migrate: true };
  return new BullmqShapedPeer({
    queue: (name) => new Queue(name, { connection }),
    worker: (name, processor, concurrency) =>
      new Worker(name, processor, { connection, concurrency }),
    flowProducer: () => {
      const producer = new FlowProducer({ connection });
      return {
        add: (flow) => producer.add(flow as FlowJob),
        close: () => producer.close(),
      };
    },
  });
}
