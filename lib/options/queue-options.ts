import type { BaseOptions, ConnectionOptions } from './connection-options';
import type { DefaultJobOptions, JobsOptions } from './job-options';
import type { AdvancedRepeatOptions } from './repeat-options';

export interface QueueOptions<Connection = ConnectionOptions> extends BaseOptions<Connection> {
  /** Options of every job of this queue that does not say otherwise. */
  defaultJobOptions?: DefaultJobOptions;
  /** Give workers of the queue the same. */
  settings?: AdvancedRepeatOptions;
  /** What is stored of the events of this queue, for all instances, until another queue says otherwise. */
  streams?: { events?: EventStreamOptions };
  /** BullMQ's, of what it stores of a queue in Redis: without effect. */
  skipMetasUpdate?: boolean;
}

export interface EventStreamOptions {
  /** How many events are kept, at about. Default 10,000. */
  maxLen?: number;
  /**
   * Whether events are also written while no QueueEvents listens, so that one that comes (back)
   * later can read them: `lastEventId: '0'` for all that are kept. Default false: an event that
   * nobody listens to costs nothing.
   */
  log?: boolean;
}

/** @throws Error for a `maxLen` that cannot be one */
export function checkQueueOptions({ streams }: QueueOptions): void {
  const maxLen = streams?.events?.maxLen ?? 0;
  if (!Number.isSafeInteger(maxLen) || maxLen < 0 || maxLen >= 2 ** 31) {
    throw new Error('streams.events.maxLen must be a whole number');
  }
}

export interface QueueEventsOptions<Connection = ConnectionOptions>
  extends BaseOptions<Connection> {
  /** Begin to listen at once. Default true; otherwise `run()` does. */
  autorun?: boolean;
  /**
   * Listen from the event after this one, as far as they are kept: the id of an event, milliseconds
   * since 1970, `0` for all, or `$`, from now on. Default `$`. What happens while nobody listens is
   * kept only in a log: `streams.events.log` of the queue.
   */
  lastEventId?: string;
  /** BullMQ's, of its reads of a stream: without effect. */
  blockingTimeout?: number;
}

/** `<milliseconds>-<number>`, as ids of events are, or the milliseconds alone. */
const EVENT_ID = /^\d{1,18}(-\d{1,18})?$/;

/** @throws Error for a `lastEventId` that cannot be one */
export function checkQueueEventsOptions({ lastEventId = '$' }: QueueEventsOptions): void {
  if (lastEventId !== '$' && !EVENT_ID.test(lastEventId)) {
    throw new Error(`lastEventId must be the id of an event or $, not ${lastEventId}`);
  }
}

export interface FlowProducerOptions<Connection = ConnectionOptions>
  extends BaseOptions<Connection> {}

/** A job of a flow, with its children, which run before it. */
export interface FlowJob {
  name: string;
  queueName: string;
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
  data?: any;
  /** Default: the flow producer's. */
  prefix?: string;
  opts?: JobsOptions;
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
