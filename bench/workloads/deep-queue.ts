import { Client } from 'pg';
import { QUEUE } from '../peers/peer';
import { drain } from './drain';
import { fill } from './fill';
import type { Workload } from './workload';

interface DeepParams {
  jobs: number;
  /** As many finished jobs, and as many delayed ones, lie in the queue. */
  depth: number;
}

/** The rate at c=50 beside many finished and delayed jobs, of which no statistics were taken. */
export const deepQueue: Workload<DeepParams> = {
  title: 'Deep queue, c=50',
  metrics: { rate: { unit: 'jobs/s', better: 'more' } },
  variants: {
    '10 finished + 10 delayed': {
      full: { jobs: 20_000, depth: 10 },
      quick: { jobs: 5_000, depth: 10 },
    },
    '1,000,000 + 1,000,000': {
      full: { jobs: 20_000, depth: 1_000_000 },
      quick: { jobs: 5_000, depth: 100_000 },
      metrics: {
        rate: { unit: 'jobs/s', better: 'more', target: { timesFirstVariant: 0.5 } },
      },
    },
  },
  peers: ['tuskmq'],
  keepsDatabase: true,
  async run({ peer, place, params: { jobs, depth }, repeat }) {
    if (repeat === 1) await deepen(place.url, depth);
    await fill(peer, jobs);
    await peer.close();
    const { rate } = await drain(peer, jobs, 50);
    return { rate };
  },
};

/** Straight into the tables: adding and running so many jobs would take an hour with some peers. */
async function deepen(url: string, depth: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('set search_path = tuskmq');
  const { rows } = await client.query<{ id: number }>('select id from queue where name = $1', [
    QUEUE,
  ]);
  const values = [rows[0]!.id, depth];
  for (const kind of ['finished', 'delayed']) {
    await client.query(
      `insert into job (queue_id, id, name, data, opts, created_at)
       select $1, '${kind}-' || i, 'job', json_build_object('index', i), '{"attempts":0}', now()
       from generate_series(1, $2::integer) i`,
      values,
    );
  }
  await client.query(
    `insert into job_state (queue_id, id, status, seq, attempts_made, attempts_started, lock_token,
                            processed_at, finished_at, return_value)
     select $1, 'finished-' || i, 'completed', nextval('job_seq'), 1, 1, 'token',
            now(), now() - (i || ' ms')::interval, 'null'
     from generate_series(1, $2::integer) i`,
    values,
  );
  await client.query(
    `insert into job_state (queue_id, id, status, seq, run_at)
     select $1, 'delayed-' || i, 'delayed', nextval('job_seq'), now() + interval '1 day' + (i || ' ms')::interval
     from generate_series(1, $2::integer) i`,
    values,
  );
  await client.query('checkpoint');
  await client.end();
}
