import { withClient } from '../databases';
import { QUEUE } from './peer';

/** Waiting, delayed and finished jobs, with no statistics of them now or later. */
export async function deepenTuskmq(url: string, depth: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('set search_path = tuskmq');
    await client.query('alter table job set (autovacuum_enabled = false)');
    await client.query('alter table job_state set (autovacuum_enabled = false)');
    if (depth === 0) return;
    const { rows } = await client.query<{ id: number }>('select id from queue where name = $1', [
      QUEUE,
    ]);
    const values = [rows[0]!.id, depth];
    for (const kind of ['waiting', 'delayed', 'finished']) {
      await client.query(
        `insert into job (queue_id, id, name, data, opts, created_at)
         select $1, '${kind}-' || i, 'job', json_build_object('index', i), '{"attempts":0}', now()
         from generate_series(1, $2::integer) i`,
        values,
      );
    }
    await client.query(
      `insert into job_state (queue_id, id, status, seq)
       select $1, 'waiting-' || i, 'waiting', nextval('job_seq')
       from generate_series(1, $2::integer) i`,
      values,
    );
    await client.query(
      `insert into job_state (queue_id, id, status, seq, run_at)
       select $1, 'delayed-' || i, 'delayed', nextval('job_seq'), now() + interval '1 day' + (i || ' ms')::interval
       from generate_series(1, $2::integer) i`,
      values,
    );
    await client.query(
      `insert into job_state (queue_id, id, status, seq, attempts_made, attempts_started, lock_token,
                              processed_at, finished_at, return_value)
       select $1, 'finished-' || i, 'completed', nextval('job_seq'), 1, 1, 'token',
              now(), now() - (i || ' ms')::interval, 'null'
       from generate_series(1, $2::integer) i`,
      values,
    );
    await client.query('checkpoint');
  });
}
