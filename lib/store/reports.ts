import type { Settlement } from '../model/job-record';

/** Reports as settle_and_claim takes them; null where there are none. */
interface SortedReports {
  ids: string[] | null;
  tokens: string[] | null;
  /** JSON texts. */
  values: (string | null)[] | null;
  /** JSON text. */
  items: string | null;
}

/** Those that are completed and no more travel as arrays, which cost the server least. */
export function sortReports(settlements: readonly Settlement[]): SortedReports {
  const ids: string[] = [];
  const tokens: string[] = [];
  const values: (string | null)[] = [];
  const items: Settlement[] = [];
  for (const settlement of settlements) {
    if (isMerelyCompleted(settlement)) {
      ids.push(settlement.id);
      tokens.push(settlement.token);
      values.push(settlement.value ?? null);
    } else items.push(settlement);
  }
  const areCompleted = ids.length > 0;
  return {
    ids: areCompleted ? ids : null,
    tokens: areCompleted ? tokens : null,
    values: areCompleted ? values : null,
    items: items.length > 0 ? JSON.stringify(items) : null,
  };
}

/** What sql/internal/_complete_jobs.sql is for. */
function isMerelyCompleted(settlement: Settlement): boolean {
  return (
    settlement.outcome === 'completed' &&
    !settlement.has_parent &&
    !settlement.remove &&
    settlement.keep_count === undefined &&
    settlement.keep_age_ms === undefined &&
    settlement.deduplication_id === undefined &&
    settlement.metrics_points === undefined
  );
}
