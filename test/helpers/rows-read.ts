import type { Client } from 'pg';

/** Rows that a statement reads in these tables of ours. */
export async function rowsRead(
  session: Client,
  tables: readonly string[],
  text: string,
  values: unknown[],
) {
  const count = async () => {
    const { rows } = await session.query(
      `select coalesce(sum(seq_tup_read), 0)::integer as "inSequence", coalesce(sum(idx_tup_fetch), 0)::integer as "byIndex"
       from pg_stat_xact_user_tables where schemaname = 'tuskmq' and relname = any ($1)`,
      [tables],
    );
    return rows[0] as { inSequence: number; byIndex: number };
  };
  await session.query('begin');
  // What the session has read before is counted along until it has been reported.
  const before = await count();
  await session.query(text, values);
  const after = await count();
  await session.query('commit');
  return {
    inSequence: after.inSequence - before.inSequence,
    byIndex: after.byIndex - before.byIndex,
  };
}
