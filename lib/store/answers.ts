import type { Refusal } from '../model/errors';
import type { ClaimedJob } from '../model/job-record';

/** What `add_jobs` or `add_waiting` did, by position in the call. */
export interface AddedJobs {
  ids: string[];
  now: number;
  missing_parents?: { unit: number; key: string }[] | null;
}

/** The new data or progress of a job, a JSON text. */
export interface JobUpdate {
  queueId: number;
  id: string;
  json: string;
}

/** A row for the log of a job, which keeps the last `keep` of them; all, when that is undefined. */
export interface LogRow {
  queueId: number;
  id: string;
  row: string;
  keep: number | undefined;
}

/** A report that was not accepted. */
export interface RefusedSettlement {
  id: string;
  token: string;
  outcome: Refusal;
}

/** The answer to an exchange. */
export interface Exchange {
  jobs: ClaimedJob[];
  /** Also those of exchanges that shared its transaction: each names its run. */
  refused: RefusedSettlement[] | null;
  hungry: boolean;
  asleep: boolean;
  /** It was hungry, all its slots are filled now, and jobs may be left for others that sleep. */
  more: boolean;
  /** Milliseconds until there is a reason to look again, or null. */
  wakeIn: number | null;
  /** When it was, in milliseconds since 1970. */
  now: number;
  /** Committed, but not yet on disk. */
  deferred: boolean;
  /** Where claims to come have to look, if that was asked for and could be told. */
  ranges: string | null;
  lost: boolean;
}

/** Events in the order in which all read them. */
export interface EventPage {
  events: { id: string; name: string; payload: Record<string, unknown> }[];
  /** The place in that order where the next page begins. */
  after: string;
  /** Whether there may be more at once. */
  more: boolean;
}

export interface HeartbeatAnswer {
  known: boolean;
  stalled?: { queueId: number; id: string }[];
  claimable?: number[] | null;
}

/** What the database knows of a worker. */
export interface RegisteredWorker {
  id: string;
  name: string;
  concurrency: number;
  lockDuration: number;
  skipLockRenewal?: boolean | undefined;
}

/** A worker as others see it. `age` and `idle` are seconds since it started and was heard of. */
export interface WorkerRecord {
  id: number;
  uid: string;
  name: string;
  hostname: string;
  pid: number;
  age: number;
  idle: number;
}

/** Limits that hold for all workers of a queue together; null ends one. Milliseconds. */
export interface GlobalLimits {
  concurrency?: number | null;
  rate_max?: number | null;
  rate_ms?: number | null;
}

/** The settings of a queue, and its rate limit's window if one is open. Milliseconds. */
export interface QueueRecord {
  paused: boolean;
  concurrency: number | null;
  rateMax: number | null;
  rateMs: number | null;
  maxEvents: number | null;
  isMaxed: boolean;
  claimed: number | null;
  windowEndsIn: number | null;
}

/** At most so many claims in so many milliseconds. */
export interface RateLimit {
  max: number;
  duration: number;
}

/** `ok`, or why not. */
export type Outcome = 'ok' | Refusal;

/** Of a step that was to be saved: `already_done` when another try of the run has done it, `no_transaction` outside of the run's own. */
export type StepOutcome = Outcome | 'already_done' | 'no_transaction';
