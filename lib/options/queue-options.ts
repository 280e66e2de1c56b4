import type { BaseOptions, ConnectionOptions } from './connection-options';
import type { DefaultJobOptions, JobsOptions } from './job-options';
import type { AdvancedRepeatOptions } from './repeat-options';

/** What a Queue takes. */
export interface QueueOptions<Connection = ConnectionOptions> extends BaseOptions<Connection> {
  /** Options of every job of this queue that does not say otherwise. */
  defaultJobOptions?: DefaultJobOptions | undefined;
  /** Give workers of the queue the same. */
  settings?: AdvancedRepeatOptions | undefined;
  /** What is stored of the events of this queue, for all instances, until another queue says otherwise. */
  streams?: { events?: EventStreamOptions } | undefined;
  /** BullMQ's, of what it stores of a queue in Redis: without effect. */
  skipMetasUpdate?: boolean | undefined;
}

/** `streams.events`. */
export interface EventStreamOptions {
  /** How many events are kept, at about. Default 10,000. */
  maxLen?: number | undefined;
  /**
   * Whether events are also written while no QueueEvents listens, so that one that comes (back)
   * later can read them: `lastEventId: '0'` for all that are kept. Default false: an event that
   * nobody listens to costs nothing.
   */
  log?: boolean | undefined;
}

/** @throws Error for a `maxLen` that cannot be one */
export function checkQueueOptions({ streams }: QueueOptions): void {
  const maxLen = streams?.events?.maxLen ?? 0;
  if (!Number.isSafeInteger(maxLen) || maxLen < 0 || maxLen >= 2 ** 31) {
    throw new Error('streams.events.maxLen must be a whole number');
  }
}

/** What QueueEvents take. */
export interface QueueEventsOptions<Connection = ConnectionOptions>
  extends BaseOptions<Connection> {
  /** Begin to listen at once. Default true; otherwise `run()` does. */
  autorun?: boolean | undefined;
  /**
   * Listen from the event after this one, as far as they are kept: the id of an event, milliseconds
   * since 1970, `0` for all, or `$`, from now on. Default `$`. What happens while nobody listens is
   * kept only in a log: `streams.events.log` of the queue.
   */
  lastEventId?: string | undefined;
  /** BullMQ's, of its reads of a stream: without effect. */
  blockingTimeout?: number | undefined;
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
  data?: any | undefined;
  /** Default: the flow producer's. */
  prefix?: string | undefined;
  opts?: JobsOptions | undefined;
  children?: FlowJob[] | undefined;
}

/** What `flow.add` takes besides the flow. */
export interface FlowOptions {
  /**
   * Options of the queues of a flow, by name; their `defaultJobOptions` hold for the flow's jobs.
   */
  queuesOptions?: Record<string, Pick<QueueOptions, 'defaultJobOptions'>> | undefined;
}

export interface GetFlowOptions {
  id: string;
  queueName: string;
  /** Default: the flow producer's. */
  prefix?: string | undefined;
  /** Levels to descend. Default 10. */
  depth?: number | undefined;
  /** Children to resolve at each node, of each kind. Default 20. */
  maxChildren?: number | undefined;
}
