import type { Settlement } from '../model/job-record';
import { Column } from './caller';

/** Reports as settle_and_claim takes them; null where there are none. */
interface SortedReports {
  ids: Column | null;
  tokens: Column | null;
  /** JSON texts. */
  values: Column | null;
  parentQueueIds: Column | null;
  parentIds: Column | null;
  /** JSON text. */
  items: string | null;
}

/**
 * Those that are completed and no more travel as arrays, which cost the server least. Not beside others that
 * have parents: all parents of an exchange are locked before any of its jobs.
 */
export function sortReports(settlements: readonly Settlement[]): SortedReports {
  let completed: Settlement[] = [];
  let items: Settlement[] = [];
  for (const settlement of settlements) {
    (isMerelyCompleted(settlement) ? completed : items).push(settlement);
  }
  if (items.some(({ has_parent }) => has_parent)) [completed, items] = [[], [...settlements]];
  const haveParents = completed.some(({ parent_id }) => parent_id !== undefined);
  const column = (fieldOf: (settlement: Settlement) => string | undefined) =>
    completed.length > 0 ? new Column(completed.map(fieldOf), 'text') : null;
  return {
    ids: column(({ id }) => id),
    tokens: column(({ token }) => token),
    values: column(({ value }) => value),
    parentQueueIds: haveParents
      ? new Column(
          completed.map(({ parent_queue_id }) => parent_queue_id),
          'integer',
        )
      : null,
    parentIds: haveParents ? column(({ parent_id }) => parent_id) : null,
    items: items.length > 0 ? JSON.stringify(items) : null,
  };
}

/** What sql/internal/_complete_jobs.sql is for. */
function isMerelyCompleted(settlement: Settlement): boolean {
  return (
    settlement.outcome === 'completed' &&
    // A parent that is not named has to be looked up.
    (!settlement.has_parent || settlement.parent_id !== undefined) &&
    !settlement.remove &&
    settlement.keep_count === undefined &&
    settlement.keep_age_ms === undefined &&
    settlement.deduplication_id === undefined &&
    settlement.metrics_points === undefined
  );
}
