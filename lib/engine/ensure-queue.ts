import { elapsed, sleep } from '../model/clock';
import type { Store } from '../store/store';

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 500;
/** Waiting for longer is most likely waiting for oneself. */
const LONG_MS = 5_000;

/**
 * The id of a queue, which is made when it is new. While a transaction of the application's is
 * making it, asks again every 5 ms, doubling up to 500 ms, and holds no connection meanwhile.
 */
export async function ensureQueue(store: Store, prefix: string, name: string): Promise<number> {
  const since = elapsed();
  let isWarned = false;
  for (let ms = FIRST_RETRY_MS; ; ms = Math.min(ms * 2, LAST_RETRY_MS)) {
    const id = await store.ensureQueue(prefix, name);
    if (id !== null) return id;
    if (!isWarned && elapsed() - since > LONG_MS) {
      isWarned = true;
      process.emitWarning(
        `The queue ${prefix}:${name} is being made by a transaction that has been open for 5 s, and what is to be done with it waits. Make it beforehand, or use it through that transaction: withTransaction(tx)`,
        { type: 'TuskMQWarning', code: 'TUSKMQ_LOCK_WAIT' },
      );
    }
    await sleep(ms);
  }
}
