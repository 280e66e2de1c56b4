import { PGlite } from '@electric-sql/pglite';
import type { Pool } from 'pg';
import type { Session } from '../../lib/db/node-postgres';
import { migrateSchema } from '../../lib/store/migrator';

type Query = string | { text: string; values?: unknown[] };

/**
 * PGlite with the schema `tuskmq`, and as the pool of a queue. It is PostgreSQL within this
 * process with a single session: enough to add jobs and to read them, not for workers, whose
 * sessions must be several.
 */
export async function openPglite(): Promise<{ db: PGlite; pool: Pool }> {
  const db = new PGlite();
  const query = async (query: Query, given?: unknown[]) => {
    const { text, values = given } = typeof query === 'string' ? { text: query } : query;
    // Several statements at once are for those without values.
    return values ? db.query(text, values) : { rows: (await db.exec(text)).at(-1)?.rows ?? [] };
  };
  const session: Pick<Session, 'client'> & Pick<Session, 'query'> = {
    query: async (text, values) => (await query(text, [...values])).rows as never,
    client: { query, connect() {}, end() {} } as never,
  };
  await migrateSchema(session as Session, 'tuskmq');
  const client = { query, on() {}, off() {}, release() {} };
  const connect = (done: (error: undefined, client: unknown) => void) => done(undefined, client);
  return { db, pool: { query, connect } as unknown as Pool };
}
