/** A scheduler for `upsert_scheduler`. Durations are milliseconds. */
export interface SchedulerSettings {
  /** Of its jobs. */
  name: string;
  /** JSON text. */
  data: string;
  /** JSON text. */
  opts: string;
  /** JSON text: what its jobs carry as `opts.repeat`. */
  repeat: string;
  every_ms?: number | undefined;
  offset_ms?: number | undefined;
  pattern?: string | undefined;
  tz?: string | undefined;
  /** Milliseconds since 1970. */
  startDate?: number | undefined;
  /** Milliseconds since 1970. */
  endDate?: number | undefined;
  run_limit?: number | undefined;
  run_count: number;
}

/** What became of an upsert; the job is that for the next slot. Unless `ok`, nothing has changed. */
export type UpsertedScheduler =
  | { outcome: 'ok'; job: { id: string; opts: object; delay: number; timestamp: number } }
  | { outcome: 'past_end' | 'over' | 'id_taken' | 'slots_taken' | 'slot_used' };

/** What became of a scheduler when a worker picked one of its jobs up. */
export type AdvanceOutcome = 'ok' | 'not_current' | 'over' | 'id_taken' | 'slots_taken';

/** A scheduler as the database returns it; null is what it was not given. */
export interface SchedulerRecord {
  id: string;
  name: string;
  data: unknown;
  opts: Record<string, unknown>;
  next: number;
  iterationCount: number;
  limit: number | null;
  startDate: number | null;
  endDate: number | null;
  tz: string | null;
  pattern: string | null;
  every: number | null;
  offset: number;
}
