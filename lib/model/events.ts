import type { JobProgress } from './job-record';
import type { JobState } from './job-state';

/** BullMQ's, of its connection to Redis: nobody emits it here. */
export interface IoredisListener {
  'ioredis:close': () => void;
}

/** What a queue tells its own listeners: only of what was done through this instance. */
export interface QueueListener<JobType> extends IoredisListener {
  cleaned: (jobIds: string[], type: string) => void;
  error: (error: Error) => void;
  paused: () => void;
  /** By `job.updateProgress` with the job in place of its id, as in BullMQ, whose type this is. */
  progress: (jobId: string, progress: JobProgress) => void;
  /** By `job.remove` with the job in place of its id, as in BullMQ, whose type this is. */
  removed: (jobId: string) => void;
  resumed: () => void;
  waiting: (job: JobType) => void;
}

/** What a flow producer tells its own listeners. */
export interface FlowProducerListener extends IoredisListener {
  error: (error: Error) => void;
}

/** What a worker tells its own listeners. */
export interface WorkerListener<JobType, Result = unknown, Progress = JobProgress>
  extends IoredisListener {
  active: (job: JobType, prev: string) => void;
  closed: () => void;
  closing: (message: string) => void;
  completed: (job: JobType, result: Result, prev: string) => void;
  /** Nothing is left to fetch. */
  drained: () => void;
  error: (error: Error) => void;
  /** Every failed try, also one that will be repeated. */
  failed: (job: JobType | undefined, error: Error, prev: string) => void;
  /**
   * This process was silent for longer than its lease: these jobs run here, and may run elsewhere too. Their
   * results will be refused here.
   */
  lockRenewalFailed: (jobIds: string[]) => void;
  /** This process has shown that it is alive: the jobs that run here are held for `lockDuration` from now on. */
  locksRenewed: (renewed: { count: number; jobIds: string[] }) => void;
  paused: () => void;
  progress: (job: JobType, progress: Progress) => void;
  ready: () => void;
  resumed: () => void;
  /** A job was taken over from a worker that is dead. */
  stalled: (jobId: string, prev: string) => void;
}

type OfJob<Fields = object> = (args: { jobId: string } & Fields, id: string) => void;

/**
 * What all workers and queues tell everybody who listens with QueueEvents. `id` orders the events.
 * Each with a `jobId` is also emitted as `<event>:<jobId>`.
 */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
export interface QueueEventsListener<ReturnType = any> extends IoredisListener {
  active: OfJob<{ prev?: string }>;
  added: OfJob<{ name: string }>;
  cleaned: (args: { count: string }, id: string) => void;
  completed: OfJob<{ returnvalue: ReturnType; prev?: string }>;
  /** `jobId` stands for the deduplication id; `deduplicatedJobId` was dropped, or gave way to it. */
  deduplicated: OfJob<{ deduplicationId: string; deduplicatedJobId: string }>;
  /** `delay` is when the job is due, in milliseconds since 1970. */
  delayed: OfJob<{ delay: number }>;
  drained: (id: string) => void;
  duplicated: OfJob;
  error: (error: Error) => void;
  /** Failed for good. */
  failed: OfJob<{ failedReason: string; prev?: string }>;
  paused: (args: object, id: string) => void;
  progress: OfJob<{ data: JobProgress }>;
  removed: OfJob<{ prev: JobState | 'wait' }>;
  resumed: (args: object, id: string) => void;
  'retries-exhausted': OfJob<{ attemptsMade: string }>;
  stalled: OfJob;
  waiting: OfJob<{ prev?: string }>;
  'waiting-children': OfJob<{ prev?: string }>;
}
