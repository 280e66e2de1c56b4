import type { BackendFactory } from './engine/backend-factory';
import { FlowProducer } from './flow-producer';
import type { BaseOptions } from './options/connection-options';
import type {
  FlowProducerOptions,
  QueueEventsOptions,
  QueueOptions,
} from './options/queue-options';
import type { WorkerOptions } from './options/worker-options';
import { Queue } from './queue';
import { QueueEvents } from './queue-events';
import { QueueEventsProducer } from './queue-events-producer';
import { type Processor, Worker } from './worker';

// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, untyped data and results

/** The classes, bound to a factory of backends; the default of the process stays as it is. */
export function withBackend(factory: BackendFactory) {
  return {
    Queue: class<Data = any, Result = any, Name extends string = string> extends Queue<
      Data,
      Result,
      Name
    > {
      constructor(name: string, opts?: QueueOptions) {
        super(name, opts, factory);
      }
    },
    Worker: class<Data = any, Result = any, Name extends string = string> extends Worker<
      Data,
      Result,
      Name
    > {
      constructor(
        name: string,
        processor?: Processor<Data, Result, Name> | null,
        opts?: WorkerOptions,
      ) {
        super(name, processor, opts, factory);
      }
    },
    QueueEvents: class extends QueueEvents {
      constructor(name: string, opts?: QueueEventsOptions) {
        super(name, opts, factory);
      }
    },
    QueueEventsProducer: class extends QueueEventsProducer {
      constructor(name: string, opts?: BaseOptions) {
        super(name, opts, factory);
      }
    },
    FlowProducer: class extends FlowProducer {
      constructor(opts?: FlowProducerOptions) {
        super(opts, factory);
      }
    },
  };
}
// biome-ignore-end lint/suspicious/noExplicitAny: see above

/** What `withBackend` returns. */
export type BackendClasses = ReturnType<typeof withBackend>;
