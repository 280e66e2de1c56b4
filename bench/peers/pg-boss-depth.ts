import { withClient } from '../databases';
import { QUEUE } from './peer';

/** Waiting, delayed and finished jobs, with no statistics of them now or later. */
export async function deepenPgBoss(url: string, depth: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('set search_path = pgboss');
    await client.query('alter table job_common set (autovacuum_enabled = false)');
    if (depth === 0) return;
    const kinds = {
      waiting: `'created', now(), null, null`,
      delayed: `'created', now() + interval '1 day' + (i || ' ms')::interval, null, null`,
      finished: `'completed', now(), now(), now() - (i || ' ms')::interval`,
    };
    for (const columns of Object.values(kinds)) {
      await client.query(
        `insert into job (name, data, state, start_after, started_on, completed_on)
         select $1, jsonb_build_object('index', i), ${columns}
         from generate_series(1, $2::integer) i`,
        [QUEUE, depth],
      );
    }
    await client.query('checkpoint');
  });
}
