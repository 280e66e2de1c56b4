import type { Job, JobSchedulerJobOptions } from '../../lib';
import type { Instances } from './instances';

/** When the clock of a schedule begins: a whole multiple of all intervals in the tests. */
export const START = Date.parse('2030-01-01T00:00:00Z');

export interface Upserted {
  outcome: string;
  job?: { id: string; opts: { repeat: { count: number } }; delay: number };
}

type Settings = { data?: object; opts?: object; [column: string]: unknown };

/** A queue whose scheduler `s` is worked by SQL alone, by a clock that stands still unless moved. */
export async function schedule(on: Instances) {
  const queue = on.queue();
  const queueId = await queue.queueId();
  let clock = START;
  const session = async () => {
    const client = await on.client();
    const call = async (text: string, ...values: unknown[]) => {
      await client.query(`set tuskmq.now = '${new Date(clock).toISOString()}'`);
      return (await client.query(`select ${text} as r`, values)).rows[0].r;
    };
    return {
      client,
      call,
      /** @param slot the first one of a pattern, from START */
      upsert: ({ data = {}, opts = {}, ...settings }: Settings, slot?: number): Promise<Upserted> =>
        call(
          'tuskmq.upsert_scheduler($1, $2, $3, $4)',
          queueId,
          's',
          JSON.stringify({
            name: 'n',
            data: JSON.stringify(data),
            opts: JSON.stringify(opts),
            repeat: '{}',
            run_count: 1,
            ...settings,
          }),
          slot === undefined ? null : START + slot,
        ),
      /** @param from the slot of the job that was picked up, and of the next one: both from START */
      advance: (from: number, slot?: number): Promise<string> =>
        call(
          'tuskmq.advance_scheduler($1, $2, $3, $4)',
          queueId,
          's',
          `repeat:s:${START + from}`,
          slot === undefined ? null : START + slot,
        ),
      remove: (): Promise<boolean> => call('tuskmq.remove_scheduler($1, $2)', queueId, 's'),
    };
  };
  return {
    queue,
    queueId,
    session,
    ...(await session()),
    /** Moves the clock to so many milliseconds after START. */
    setClock(ms: number) {
      clock = START + ms;
    },
    /** Jobs as `<milliseconds from START> <state>`, in order. */
    async slots(): Promise<string[]> {
      const rows = await on.sql<{ id: string; state: string }>(
        'select id, state from tuskmq.jobs where queue = $1 order by id',
        [queue.name],
      );
      return rows.map(({ id, state }) => `${Number(id.split(':')[2]) - START} ${state}`);
    },
    /** Lets a job be run: `active`, `completed` or `failed`. */
    async setState(slot: number, state: 'active' | 'completed' | 'failed') {
      await on.sql(
        `update tuskmq.job_state set status = $3::text::tuskmq.job_status, run_at = null, lock_token = 't',
                finished_at = case when $3::text <> 'active' then statement_timestamp() end
         where queue_id = $1 and id = $2`,
        [queueId, `repeat:s:${START + slot}`, state],
      );
    },
  };
}

/** What the job of a scheduler repeats. */
export function repeatOf(job: Pick<Job, 'opts'>) {
  return (job.opts as JobSchedulerJobOptions).repeat;
}
