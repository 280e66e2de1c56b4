import type { Settlement } from '../model/job-record';
import { toInteger } from '../model/whole-number';
import type { RateLimit } from './answers';
import { sortReports } from './reports';

/** What a worker reports and wants, as `settle_and_claim` takes it. */
export interface ExchangeRequest {
  queueId: number;
  workerId: string;
  epoch: number;
  /** The lock token of what is claimed. */
  token: string;
  reports: readonly Settlement[];
  /** How many jobs to claim. */
  limit: number;
  /** Whoever adds jobs notifies the worker. */
  isHungry: boolean;
  /** Its last look before sleeping is behind it: nothing was added unnoticed. */
  isAsleep: boolean;
  /** The commit need not wait for the disk. Together with others it does. */
  mayDefer: boolean;
  /** The worker's own. */
  rateLimit: RateLimit | undefined;
  /** Where to look for jobs, as the database wrote it; null: everywhere. */
  ranges: string | null;
  /** Whether to be told where to look from now on. */
  findsRanges: boolean;
}

/** The parameters of sql/worker/settle_and_claim.sql. */
export function toParameters(request: ExchangeRequest): Record<string, unknown> {
  const { ids, tokens, values, parentQueueIds, parentIds, items } = sortReports(request.reports);
  return {
    queue_id: request.queueId,
    worker_id: request.workerId,
    epoch: request.epoch,
    token: request.token,
    ids,
    tokens,
    values,
    parent_queue_ids: parentQueueIds,
    parent_ids: parentIds,
    items,
    limit: toInteger('The limit', request.limit),
    is_hungry: request.isHungry,
    is_asleep: request.isAsleep,
    may_defer: request.mayDefer,
    rate_max: request.rateLimit?.max ?? null,
    rate_ms: request.rateLimit?.duration ?? null,
    ranges: request.ranges,
    finds_ranges: request.findsRanges,
  };
}
