import { isConnectionError, isLockTimeout } from '../db/database';
import { nextTurn, queueMicrotask } from '../model/clock';

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
 * whole batch is refused each of its calls is tried alone. One that waits for a lock holds up no other.
 */
export class Batcher<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private isBusy = false;

  /**
   * @param send carries out many items, and returns a result or an Error for each, in order. Only with `isInTurn` it may wait
   * for locks, in turn with others that do.
   */
  constructor(
    private readonly send: (items: Item[], isInTurn: boolean) => Promise<(Result | Error)[]>,
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
      // Who was answered often calls again at once, and joins those that wait: otherwise the two would take turns for ever.
      if (this.waiting.length > 0) await nextTurn();
    }
    this.isBusy = false;
  }

  private async sendBatch(batch: Waiting<Item, Result>[], isInTurn = false): Promise<void> {
    try {
      const items = batch.map(({ item }) => item);
      const results = await this.send(items, isInTurn);
      for (const [i, { resolve, reject }] of batch.entries()) {
        const result = results[i] as Result | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      if (isLockTimeout(error) && !isInTurn) {
        for (const call of batch) void this.sendBatch([call], true);
      } else if (batch.length === 1 || isConnectionError(error)) {
        // After a lost connection nobody knows whether the batch was committed: trying again could do
        // it twice.
        for (const { reject } of batch) reject(error as Error);
      } else for (const call of batch) await this.sendBatch([call]);
    }
  }
}
