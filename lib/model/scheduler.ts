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
  | { outcome: 'past_end' | 'over' | 'id_taken' | 'slots_taken' };

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

/** A scheduler as its getters return it. Times are milliseconds since 1970, durations milliseconds. */
export interface JobSchedulerJson<DataType = unknown> {
  /** The id of the scheduler. */
  key: string;
  /** The name of its jobs. */
  name: string;
  /** The slot of its current job, also when that is the last one. */
  next: number;
  /** Jobs made so far. */
  iterationCount: number;
  limit?: number;
  startDate?: number;
  endDate?: number;
  tz?: string;
  pattern?: string;
  every?: number;
  offset?: number;
  /** What its jobs are made of; nothing that is empty. */
  template?: { data?: DataType; opts?: Record<string, unknown> };
}

/** The public form of a scheduler: without what it was not given. */
export function toSchedulerJson<DataType>(record: SchedulerRecord): JobSchedulerJson<DataType> {
  const { id, data, opts: stored, ...rest } = record;
  // The trace of the upsert, which goes with each job.
  const { telemetry: _, ...opts } = stored;
  const given = Object.entries(rest).filter(([, value]) => value !== null);
  const template = {
    ...(isEmpty(data) ? {} : { data: data as DataType }),
    ...(isEmpty(opts) ? {} : { opts }),
  };
  return {
    key: id,
    ...(Object.fromEntries(given) as Omit<JobSchedulerJson<DataType>, 'key' | 'template'>),
    ...(isEmpty(template) ? {} : { template }),
  };
}

function isEmpty(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length === 0
  );
}
