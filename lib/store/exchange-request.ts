import type { Settlement } from '../model/job-record';
import type { RateLimit } from './answers';

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
  isHungry: boolean;
  isAsleep: boolean;
  mayDefer: boolean;
  rateLimit: RateLimit | undefined;
  ranges: string | null;
  findsRanges: boolean;
}
