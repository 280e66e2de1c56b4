import { Client, Pool, type QueryResult } from 'pg';

/**
 * A pool like the one that graphile-worker makes for itself, which tells how many jobs each answer of
 * the server says are done. Its own event comes when a completion is still to be sent: with a local
 * queue, hundreds of jobs before it is stored.
 */
export function poolThatCounts(url: string, onDone: (jobs: number) => void): Pool {
  class CountingClient extends Client {
    override query(...args: any[]): any {
      const answer = (super.query as (...args: unknown[]) => unknown).apply(this, args);
      if (isCompletion(args[0]) && answer instanceof Promise) {
        answer.then(
          ({ rowCount }: QueryResult) => onDone(rowCount ?? 0),
          () => {},
        );
      }
      return answer;
    }
  }
  const pool = new Pool({ connectionString: url, Client: CountingClient });
  pool.on('error', report);
  pool.on('connect', (client) => client.on('error', report));
  return pool;
}

/** Done jobs are deleted. */
function isCompletion(query: unknown): boolean {
  const text = (query as { text?: unknown } | null)?.text;
  return typeof text === 'string' && /^delete from .*_private_jobs\b/.test(text);
}

function report(error: Error) {
  console.error(error);
}
