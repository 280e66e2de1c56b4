import type { QueryAnswer } from '../../lib/engine/job-transaction';

/**
 * One row for each time that a step was committed. No key forbids a second one: that is what the
 * audit is for. `token` says which run wrote it.
 */
export const LEDGER = `
  create table ledger (
    entry bigint generated always as identity,
    queue text not null, job text not null, step integer not null, token text not null
  );
  create index on ledger (job);
`;

/** What a step does in its transaction. */
export function enter(
  tx: { query(text: string, values: unknown[]): Promise<QueryAnswer> },
  queue: string,
  job: string,
  step: number,
  token: string,
): Promise<QueryAnswer> {
  return tx.query('insert into ledger (queue, job, step, token) values ($1, $2, $3, $4)', [
    queue,
    job,
    step,
    token,
  ]);
}
