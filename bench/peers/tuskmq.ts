import { FlowProducer, Queue, Worker, type WorkerOptions } from '../../lib';
import { BullmqShapedPeer } from './bullmq-shaped';
import type { Peer, Place } from './peer';
import { deepenTuskmq } from './tuskmq-depth';

/** This library, with default options: two pooled connections and one that listens. */
export function tuskmq(place: Place): Peer {
  return withOptions(place, {});
}

/** Its workers hold as many jobs beyond those that run as end while an exchange is on its way. */
export function tuskmqPrefetch(place: Place): Peer {
  return withOptions(place, { prefetch: 'auto' });
}

function withOptions({ url }: Place, workerOptions: WorkerOptions): Peer {
  const connection = url;
  return new BullmqShapedPeer({
    queue: (name) => new Queue(name, { connection }),
    worker: (name, processor, { concurrency }) =>
      new Worker(name, processor, { connection, concurrency, ...workerOptions }),
    flowProducer: () => {
      const producer = new FlowProducer({ connection });
      return {
        add: (flow) => producer.add(flow as Parameters<FlowProducer['add']>[0]),
        close: () => producer.close(),
      };
    },
    deepen: (depth) => deepenTuskmq(url, depth),
  });
}
