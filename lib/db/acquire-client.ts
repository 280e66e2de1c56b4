import type { Pool, PoolClient } from 'pg';

/**
 * A client of the pool, listened to from the moment at which the pool no longer does. A promise would come
 * too late: a server that ends a new session may say so in the same packet that says it is ready, and an
 * error that nobody listens to ends the process.
 *
 * @throws Error as of pg-pool when the pool has ended, also while this waits for a client: pg-pool itself forgets who waits then
 */
export function acquireClient(pool: Pool, onError: (error: Error) => void): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    const waiting = waitingFor(pool);
    waiting.add(reject);
    pool.connect((error, client) => {
      if (!waiting.delete(reject)) return client?.release(true);
      if (!client) {
        reject(error);
        // One that could not be connected was none to be removed.
        if (pool.ending) forget(waiting);
        return;
      }
      client.on('error', onError);
      resolve(client);
    });
  });
}

/** A set, not a roster: those of jobs are fast because few classes are in them. */
const waitingByPool = new WeakMap<Pool, Set<(error: Error) => void>>();

function waitingFor(pool: Pool): Set<(error: Error) => void> {
  const known = waitingByPool.get(pool);
  if (known) return known;
  const waiting = new Set<(error: Error) => void>();
  waitingByPool.set(pool, waiting);
  // A pool that ends removes its clients, each of them now or when it comes back, and serves nobody any more. What only has
  // the methods of a pool may not tell.
  pool.on?.('remove', () => {
    if (pool.ending) forget(waiting);
  });
  return waiting;
}

function forget(waiting: Set<(error: Error) => void>): void {
  const forgotten = [...waiting];
  waiting.clear();
  for (const reject of forgotten) {
    reject(new Error('Cannot use a pool after calling end on the pool'));
  }
}
