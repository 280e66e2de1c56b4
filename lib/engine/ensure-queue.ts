import { warnOfWait } from '../db/wait-warning';
import { elapsed, sleep } from '../model/clock';
import type { Store } from '../store/store';

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 500;

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
    if (!isWarned) {
      isWarned = warnOfWait(
        elapsed() - since,
        `What is to be done with the queue ${prefix}:${name} waits for a transaction that is making it`,
        'Make the queue beforehand, or use it through that transaction',
      );
    }
    await sleep(ms);
  }
}
