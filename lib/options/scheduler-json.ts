import type { SchedulerRecord } from '../model/scheduler';
import type { JobSchedulerTemplateOptions } from './repeat-options';

/** A scheduler as its getters return it. Times are milliseconds since 1970, durations milliseconds. */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped data
export interface JobSchedulerJson<DataType = any> {
  /** The id of the scheduler. */
  key: string;
  /** The name of its jobs. */
  name: string;
  /** The slot of its current job, also when that is the last one. */
  next?: number;
  /** Jobs made so far. */
  iterationCount?: number;
  /** BullMQ's, of the repeatable jobs of its earlier versions: not here. */
  id?: string | null;
  limit?: number;
  startDate?: number;
  endDate?: number;
  tz?: string;
  pattern?: string;
  every?: number;
  offset?: number;
  /** What its jobs are made of; nothing that is empty. */
  template?: { data?: DataType; opts?: JobSchedulerTemplateOptions };
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
