import type { BaseOptions } from './connection-options';
import type { DefaultJobOptions } from './job-options';
import type { AdvancedRepeatOptions } from './repeat-options';

export interface QueueOptions extends BaseOptions {
  /** Options of every job of this queue that does not say otherwise. */
  defaultJobOptions?: DefaultJobOptions;
  /** Give workers of the queue the same. */
  settings?: AdvancedRepeatOptions;
}

export interface QueueEventsOptions extends BaseOptions {
  /** Begin to listen at once. Default true; otherwise `run()` does. */
  autorun?: boolean;
  /** Listen from the event after this one, as far as it is kept. Default `$`: from now on. */
  lastEventId?: string;
}

export interface FlowProducerOptions extends BaseOptions {}

/** A job of a flow, with its children, which run before it. */
export interface FlowJob {
  name: string;
  queueName: string;
  data?: unknown;
  /** Default: the flow producer's. */
  prefix?: string;
  opts?: import('./job-options').JobsOptions;
  children?: FlowJob[];
}

export interface FlowOptions {
  /**
   * Options of the queues of a flow, by name; their `defaultJobOptions` hold for the flow's jobs.
   */
  queuesOptions?: Record<string, Pick<QueueOptions, 'defaultJobOptions'>>;
}

export interface GetFlowOptions {
  id: string;
  queueName: string;
  /** Default: the flow producer's. */
  prefix?: string;
  /** Levels to descend. Default 10. */
  depth?: number;
  /** Children to resolve at each node, of each kind. Default 20. */
  maxChildren?: number;
}
