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

type ColumnField = 'id' | 'token' | 'value' | 'parent_queue_id' | 'parent_id';

/**
 * Those that are completed and no more travel as arrays, which cost the server least. Not beside others that
 * have parents: all parents of an exchange are locked before any of its jobs.
 */
export function sortReports(settlements: readonly Settlement[]): SortedReports {
  const locksParentsOfOthers = settlements.some(
    (settlement) => settlement.has_parent && !isMerelyCompleted(settlement),
  );
  const completed = locksParentsOfOthers ? [] : settlements.filter(isMerelyCompleted);
  const items = locksParentsOfOthers
    ? settlements
    : settlements.filter((settlement) => !isMerelyCompleted(settlement));
  const children = completed.filter(({ parent_id }) => parent_id !== undefined);
  /** Null when none of `owners` has it. */
  const column = (field: ColumnField, type: 'text' | 'integer', owners = completed) =>
    owners.length > 0
      ? new Column(
          completed.map((settlement) => settlement[field]),
          type,
        )
      : null;
  return {
    ids: column('id', 'text'),
    tokens: column('token', 'text'),
    values: column('value', 'text'),
    parentQueueIds: column('parent_queue_id', 'integer', children),
    parentIds: column('parent_id', 'text', children),
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
