import { clearTimeout, setTimeout } from '../model/clock';

/**
 * Confirms that what was committed without waiting for the disk is on it now. One flush at a time:
 * whoever asks while one is under way shares the next, since a flush covers only what was committed
 * before it began. Those who have patience let others join them.
 *
 * Bound to one session that was there before the commit: that it still answers proves that the
 * server has not crashed in between, and forgotten the commit.
 */
export class WalFlusher {
  private next: Flush | undefined;
  private isFlushing = false;
  private isUrgent = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param flush `flush_wal` on that session */
  constructor(private readonly flush: () => Promise<void>) {}

  /**
   * Resolves when all that was committed before this call is on disk.
   * @param patienceMs milliseconds until the flush has to begin, at the latest
   * @throws the error of a session that was lost: nobody knows what is on disk then
   */
  flushed(patienceMs = 0): Promise<void> {
    this.next ??= newFlush();
    const { promise } = this.next;
    if (patienceMs === 0) this.begin();
    else this.timer ??= setTimeout(() => this.begin(), patienceMs);
    return promise;
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { next } = this;
    this.isUrgent = this.isFlushing;
    if (!next || this.isFlushing) return;
    this.next = undefined;
    this.isFlushing = true;
    this.flush()
      .then(next.resolve, next.reject)
      .finally(() => {
        this.isFlushing = false;
        if (this.isUrgent) this.begin();
      });
  }
}

interface Flush {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: Error) => void;
}

function newFlush(): Flush {
  const flush = {} as Flush;
  flush.promise = new Promise((resolve, reject) => Object.assign(flush, { resolve, reject }));
  return flush;
}
