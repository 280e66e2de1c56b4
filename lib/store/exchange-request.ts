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
