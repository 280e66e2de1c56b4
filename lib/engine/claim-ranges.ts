import { elapsed } from '../model/clock';
import type { WalFlusher } from './wal-flusher';

/** Claimed jobs after which it is worth to look where the queue begins by now. */
const STALE_AFTER_JOBS = 500;
/** Milliseconds, for a worker that has claimed some since, and for one that has claimed hardly any: others may have. */
const STALE_AFTER_MS = 100;
const SOME_JOBS = 20;
const STALE_WHEN_SLOW_AFTER_MS = 2_000;

/**
 * Where the claims of a worker look for jobs: outside of its ranges no job of a queue waits any more
 * (sql/internal/_find_ranges.sql).
 *
 * They hold as long as the server remembers all that it has said: one that crashed may have
 * forgotten what the latest of them were found by. So they end with the listening session, and
 * without one there are none.
 */
export class ClaimRanges {
  /** As the database wrote them; null: everywhere. */
  text: string | null = null;
  private session: WalFlusher | undefined;
  private foundAt = 0;
  private claimedSince = 0;

  /** @param session what confirms commits on the current listening session */
  follow(session: WalFlusher | undefined): void {
    if (session !== this.session) this.text = null;
    this.session = session;
  }

  /** Whether to ask for new ones. */
  get areStale(): boolean {
    if (this.session === undefined) return false;
    if (this.text === null || this.claimedSince >= STALE_AFTER_JOBS) return true;
    const isSlow = this.claimedSince < SOME_JOBS;
    return elapsed() - this.foundAt >= (isSlow ? STALE_WHEN_SLOW_AFTER_MS : STALE_AFTER_MS);
  }

  /** After a claim, which may have found new ones. */
  claimed(count: number, found: string | null): void {
    this.claimedSince += count;
    if (found === null) return;
    this.text = found;
    this.foundAt = elapsed();
    this.claimedSince = 0;
  }
}
