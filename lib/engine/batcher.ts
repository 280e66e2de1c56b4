import { isConnectionError } from '../db/database';
import type { WalFlusher } from './wal-flusher';

/** How much one call may carry: more would hold a connection for too long. */
const MAX_ITEMS = 2_000;

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: Error): void;
}

/**
 * Group commit: calls that arrive while one is on its way travel together in the next, and share
 * one commit. Each is answered for itself: an Error among the results rejects one call, and when a
 * whole batch is refused each of its calls is tried alone.
 *
 * While others queue up behind a batch, it does not wait for the disk itself, only its callers do. A
 * batch that holds everybody is answered sooner by one round trip that waits than by two.
 */
export class Batcher<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private isBusy = false;
  /** Whether calls had queued up behind the last batch when its answer came. */
  private isCrowded = false;

  /**
   * @param send carries out many items, and returns a result or an Error for each, in order; with
   * `mayDefer` its commit need not wait for the disk
   * @param flusher what confirms deferred commits, if there is anything that can
   */
  constructor(
    private readonly send: (items: Item[], mayDefer: boolean) => Promise<(Result | Error)[]>,
    private readonly flusher: () => WalFlusher | undefined,
  ) {}

  run(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.isBusy) {
        this.isBusy = true;
        // Calls of the same turn of the event loop join the first one.
        queueMicrotask(() => void this.drain());
      }
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.sendBatch(this.waiting.splice(0, MAX_ITEMS));
    }
    this.isBusy = false;
  }

  private async sendBatch(batch: Waiting<Item, Result>[]): Promise<void> {
    const flusher = this.isCrowded ? this.flusher() : undefined;
    let results: (Result | Error)[];
    try {
      results = await this.send(
        batch.map(({ item }) => item),
        flusher !== undefined,
      );
    } catch (error) {
      // After a lost connection nobody knows whether the batch was committed: trying again could do
      // it twice.
      if (batch.length === 1 || isConnectionError(error)) reject(batch, error as Error);
      else for (const call of batch) await this.sendBatch([call]);
      return;
    }
    this.isCrowded = this.waiting.length > 0;
    if (!flusher) return answer(batch, results);
    flusher.flushed().then(
      () => answer(batch, results),
      (error) => reject(batch, error),
    );
  }
}

function answer<Item, Result>(
  batch: Waiting<Item, Result>[],
  results: readonly (Result | Error)[],
): void {
  for (const [i, call] of batch.entries()) {
    const result = results[i] as Result | Error;
    if (result instanceof Error) call.reject(result);
    else call.resolve(result);
  }
}

function reject<Item, Result>(batch: Waiting<Item, Result>[], error: Error): void {
  for (const call of batch) call.reject(error);
}
