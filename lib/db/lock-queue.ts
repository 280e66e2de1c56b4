import { elapsed, sleep } from '../model/clock';
import { isLockTimeout } from './database';
import { warnOfWait } from './wait-warning';

/** Milliseconds between two tries, so that one that waits alone does not occupy its connection. */
const PAUSE_MS = 20;
/** Milliseconds between two warnings of that, at least. */
const WARN_EVERY_MS = 60_000;

/**
 * Where statements wait for locks that others hold. A statement that waits in the server keeps its connection, and a few of them would keep
 * all: claims, heartbeats and adds would stand still, also those that the holder of the lock waits for. So the server
 * lets them wait for a moment only (`lock_timeout`), and they try again from here, one after the other. Nothing of a
 * statement that timed out has happened.
 */
export class LockQueue {
  private last: Promise<unknown> = Promise.resolve();
  private warnedAt = Number.NEGATIVE_INFINITY;

  /** Tries once, when all that wait already have tried once more. Rejects when the lock is still held. */
  tryOnce<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
    const turn = this.last.then(attempt);
    this.last = turn.catch(() => {});
    return turn;
  }

  /**
   * Tries when all that wait already have tried once more, until the lock is free.
   * @param what is tried, for the warning of one that waits for long
   */
  async enter<Answer>(attempt: () => Promise<Answer>, what: string): Promise<Answer> {
    const since = elapsed();
    while (true) {
      try {
        return await this.tryOnce(attempt);
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        this.warn(what, elapsed() - since);
        await sleep(PAUSE_MS);
      }
    }
  }

  private warn(what: string, waitedMs: number): void {
    if (elapsed() - this.warnedAt < WARN_EVERY_MS) return;
    const isWarned = warnOfWait(
      waitedMs,
      `${what} waits for a lock that another transaction holds`,
      'What it has locked, such as the parent of a job that it added, is to be changed through it',
    );
    if (isWarned) this.warnedAt = elapsed();
  }
}
