import { Client } from 'pg';
import { databaseOf } from '../databases';
import type { Place } from '../peers/peer';

/** Counters that only grow. */
export interface Costs {
  /** Of the whole server. */
  walBytes: number;
  commits: number;
  /** Versions of rows that updates and deletes have left behind, removed since or not. */
  deadRows: number;
}

export async function openCostMeter(
  place: Place,
  monitorUrl: string,
): Promise<{ read(): Promise<Costs>; close(): Promise<void> }> {
  const monitor = new Client({ connectionString: monitorUrl });
  await monitor.connect();
  return {
    async read() {
      const { rows } = await monitor.query<Record<'wal' | 'commits' | 'dead', string>>(
        `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal,
                xact_commit as commits,
                tup_updated + tup_deleted as dead
         from pg_stat_database where datname = $1`,
        [databaseOf(place.url)],
      );
      const { wal, commits, dead } = rows[0]!;
      return { walBytes: Number(wal), commits: Number(commits), deadRows: Number(dead) };
    },
    close: () => monitor.end(),
  };
}
