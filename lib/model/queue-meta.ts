/** Events that are kept of a queue that says nothing else. */
export const KEPT_EVENTS = 10_000;

/** Settings of a queue that hold for all of its instances. */
export interface QueueMeta {
  /** The library with its version. */
  version?: string;
  /** About how many events are kept: `streams.events.maxLen`. */
  maxLenEvents?: number;
  paused: boolean;
  /** `setGlobalConcurrency`. */
  concurrency?: number;
  /** `setGlobalRateLimit`: jobs in a window. */
  max?: number;
  /** Milliseconds of that window. */
  duration?: number;
}
