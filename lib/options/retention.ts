import { LONGEST_AGO_MS, MOST } from '../model/whole-number';

/** How much of the finished jobs of a queue to keep. */
export type KeepJobs =
  | {
      /** Keep at most so many; of more than 1,000, up to about a tenth more for a while. -1 keeps all. */
      count: number;
    }
  | {
      /** Seconds. Jobs that finished longer ago are removed when a job finishes. */
      age: number;
      /** As above. */
      count?: number | undefined;
      /** At most so many are removed by age at one time. Default 1,000. */
      limit?: number | undefined;
    };

/**
 * What `removeOnComplete` and `removeOnFail` take: true removes the job itself, a number keeps so
 * many, as `count` does.
 */
export type RemoveOn = boolean | number | KeepJobs;

/** What the database is told: fields of a settlement. */
export interface Retention {
  remove?: boolean | undefined;
  keep_count?: number | undefined;
  keep_age_ms?: number | undefined;
  keep_limit?: number | undefined;
}

/** The job's own wish, or else the worker's. */
export function retention(ofJob: RemoveOn | undefined, ofWorker: RemoveOn | undefined): Retention {
  const wish = ofJob ?? ofWorker;
  if (wish == null || wish === false) return {};
  if (wish === true || wish === 0) return { remove: true };
  const { age, count, limit }: Partial<Extract<KeepJobs, { age: number }>> =
    typeof wish === 'number' ? { count: wish } : wish;
  if (count === 0 && age == null) return { remove: true };
  return {
    ...(count != null && count >= 0 ? { keep_count: storable(count) } : {}),
    ...(age != null
      ? {
          keep_age_ms: Math.max(Math.min(Math.ceil(age * 1000), LONGEST_AGO_MS), -LONGEST_AGO_MS),
          keep_limit: storable(limit ?? 1000),
        }
      : {}),
  };
}

/** A number of jobs as the database can hold it. */
function storable(count: number): number {
  return Math.max(0, Math.min(Math.ceil(count), MOST));
}
