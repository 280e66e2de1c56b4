import type { BackendFactory } from './engine/backend-factory';
import { FlowProducer } from './flow-producer';
import type { BaseOptions } from './options/connection-options';
import type {
  FlowProducerOptions,
  QueueEventsOptions,
  QueueOptions,
} from './options/queue-options';
import type { WorkerOptions } from './options/worker-options';
import type { AnyProcessor } from './processor';
import { Queue } from './queue';
import { QueueEvents } from './queue-events';
import { QueueEventsProducer } from './queue-events-producer';
import { Worker } from './worker';

// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, untyped data and results

/** The classes, bound to a factory of backends. */
export interface BackendClasses {
  Queue: new <Data = any, Result = any, Name extends string = string>(
    name: string,
    opts?: QueueOptions,
  ) => Queue<Data, Result, Name>;
  Worker: new <Data = any, Result = any, Name extends string = string>(
    name: string,
    processor?: AnyProcessor<Data, Result, Name> | string | URL | null,
    opts?: WorkerOptions,
  ) => Worker<Data, Result, Name>;
  QueueEvents: new (name: string, opts?: QueueEventsOptions) => QueueEvents;
  QueueEventsProducer: new (name: string, opts?: BaseOptions) => QueueEventsProducer;
  FlowProducer: new (opts?: FlowProducerOptions) => FlowProducer;
}

/** The classes, bound to a factory of backends; the default of the process stays as it is. */
export function withBackend(factory: BackendFactory): BackendClasses {
  class BoundQueue extends Queue {
    constructor(name: string, opts?: QueueOptions) {
      super(name, opts, factory);
    }
  }
  class BoundWorker extends Worker {
    constructor(
      name: string,
      processor?: AnyProcessor | string | URL | null,
      opts?: WorkerOptions,
    ) {
      super(name, processor, opts, factory);
    }
  }
  class BoundQueueEvents extends QueueEvents {
    constructor(name: string, opts?: QueueEventsOptions) {
      super(name, opts, factory);
    }
  }
  class BoundQueueEventsProducer extends QueueEventsProducer {
    constructor(name: string, opts?: BaseOptions) {
      super(name, opts, factory);
    }
  }
  class BoundFlowProducer extends FlowProducer {
    constructor(opts?: FlowProducerOptions) {
      super(opts, factory);
    }
  }
  return {
    Queue: BoundQueue as BackendClasses['Queue'],
    Worker: BoundWorker as BackendClasses['Worker'],
    QueueEvents: BoundQueueEvents,
    QueueEventsProducer: BoundQueueEventsProducer,
    FlowProducer: BoundFlowProducer,
  };
}

// biome-ignore-end lint/suspicious/noExplicitAny: see above
