/** Settings of a queue that hold for all of its instances. */
export interface QueueMeta {
  /** The library with its version. */
  version: string;
  /** About how many events are kept while somebody listens. */
  maxLenEvents: number;
  paused: boolean;
  /** `setGlobalConcurrency`. */
  concurrency?: number;
  /** `setGlobalRateLimit`: jobs in a window. */
  max?: number;
  /** Milliseconds of that window. */
  duration?: number;
}
