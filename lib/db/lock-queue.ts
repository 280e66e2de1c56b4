import { sleep } from '../model/clock';
import { isLockTimeout } from './database';

/** Milliseconds between two tries, so that one that waits alone does not occupy its connection. */
const PAUSE_MS = 20;

/**
 * Where statements wait for locks that others hold. A statement that waits in the server keeps its connection, and a few of them would keep
 * all: claims, heartbeats and adds would stand still, also those that the holder of the lock waits for. So the server
 * lets them wait for a moment only (`lock_timeout`), and they try again from here, one after the other. Nothing of a
 * statement that timed out has happened.
 */
export class LockQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** Tries when all that wait already have tried once more. */
  async enter<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
    while (true) {
      const turn = this.last.then(attempt);
      this.last = turn.catch(() => {});
      try {
        return await turn;
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }
}
