import type { JobSpec } from '../model/job-record';
import { toStorableText } from '../model/json';
import { Column } from './caller';

/** The parameters of sql/add/add_waiting.sql for these jobs, or undefined when they are not what that is for. */
export function toWaitingColumns(
  units: readonly (readonly JobSpec[])[],
): [queueId: number, names: Column, data: Column, opts: Column, createdAt: Column] | undefined {
  const queueId = units[0]?.[0]?.queue_id;
  const areAlike = units.every((jobs) =>
    jobs.every((job) => job.queue_id === queueId && waitsUnderNextNumber(job)),
  );
  if (queueId === undefined || !areAlike) return undefined;
  const jobs = units.flat();
  const texts = (field: 'name' | 'data' | 'opts') =>
    new Column(
      jobs.map((job) => job[field]),
      'text',
    );
  const createdAt = new Column(
    jobs.map((job) => job.created_at),
    'bigint',
  );
  return [queueId, texts('name'), texts('data'), texts('opts'), createdAt];
}

function waitsUnderNextNumber(job: JobSpec): boolean {
  return (
    !job.id &&
    !job.delay_ms &&
    !job.priority &&
    !job.lifo &&
    !job.has_children &&
    job.parent_id === undefined &&
    job.deduplication_id === undefined &&
    (job.created_at === undefined || Number.isSafeInteger(job.created_at)) &&
    // What no text can hold is refused by the JSON of add_jobs.
    typeof job.name === 'string' &&
    toStorableText(job.name) === job.name
  );
}
