/**
 * Confirms that what was committed without waiting for the disk is on it now. One flush at a time:
 * whoever asks while one is under way shares the next, since a flush covers only what was committed
 * before it began.
 *
 * Bound to one session that was there before the commit: that it still answers proves that the
 * server has not crashed in between, and forgotten the commit.
 */
export class WalFlusher {
  private current: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  /** @param flush `flush_wal` on that session */
  constructor(private readonly flush: () => Promise<void>) {}

  /**
   * Resolves when all that was committed before this call is on disk.
   * @throws the error of a session that was lost: nobody knows what is on disk then
   */
  flushed(): Promise<void> {
    this.next ??= this.current
      .catch(() => {})
      .then(() => {
        this.current = this.next!;
        this.next = undefined;
        return this.flush();
      });
    return this.next;
  }
}
