import { withClient } from '../databases';
import { QUEUE } from './peer';

/** Waiting and delayed jobs, with no statistics of them now or later. It keeps no finished ones. */
export async function deepenGraphileWorker(url: string, depth: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('set search_path = graphile_worker');
    await client.query('alter table _private_jobs set (autovacuum_enabled = false)');
    if (depth === 0) return;
    await client.query(
      'insert into _private_tasks (identifier) values ($1) on conflict do nothing',
      [QUEUE],
    );
    for (const runAt of ['now()', `now() + interval '1 day' + (i || ' ms')::interval`]) {
      await client.query(
        `insert into _private_jobs (task_id, payload, run_at)
         select task.id, json_build_object('index', i), ${runAt}
         from _private_tasks task, generate_series(1, $2::integer) i
         where task.identifier = $1`,
        [QUEUE, depth],
      );
    }
    await client.query('checkpoint');
  });
}
