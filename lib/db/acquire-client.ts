import type { Pool, PoolClient } from 'pg';

/**
 * A client of the pool, listened to from the moment at which the pool no longer does. A promise would come
 * too late: a server that ends a new session may say so in the same packet that says it is ready, and an
 * error that nobody listens to ends the process.
 */
export function acquireClient(pool: Pool, onError: (error: Error) => void): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) return reject(error);
      client.on('error', onError);
      resolve(client);
    });
  });
}
