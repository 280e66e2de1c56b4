import { FlowProducer, Queue, Worker } from '../../lib';
import { BullmqShapedPeer } from './bullmq-shaped';
import type { Peer, Place } from './peer';

/** This library, with default options: two pooled connections and one that listens. */
export function tuskmq({ url }: Place): Peer {
  return new BullmqShapedPeer({
    queue: (name) => new Queue(name, { connection: url }),
    worker: (name, processor, concurrency) =>
      new Worker(name, processor, { connection: url, concurrency }),
    flowProducer: () => {
      const producer = new FlowProducer({ connection: url });
      return {
        add: (flow) => producer.add(flow as Parameters<FlowProducer['add']>[0]),
        close: () => producer.close(),
      };
    },
  });
}
