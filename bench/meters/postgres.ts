import { Client } from 'pg';
import { databaseOf } from '../databases';
import type { Place } from '../peers/peer';
import type { Meter } from '.';

/** Looks from another database of the server. A query is a transaction: all of them come one by one. */
export async function openPostgresMeter(place: Place, monitorUrl: string): Promise<Meter> {
  const monitor = new Client({ connectionString: monitorUrl });
  await monitor.connect();
  const ask = async (text: string) => {
    const { rows } = await monitor.query<{ count: string }>(text, [databaseOf(place.url)]);
    return Number(rows[0]!.count);
  };
  return {
    queries: () =>
      ask('select xact_commit + xact_rollback as count from pg_stat_database where datname = $1'),
    sessions: () =>
      ask(
        `select count(*) from pg_stat_activity
         where datname = $1 and backend_type = 'client backend'`,
      ),
    close: () => monitor.end(),
  };
}
