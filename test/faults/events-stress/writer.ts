import { Client } from 'pg';
import { Queue } from '../../../lib';

/** Entities that all writers change. Each change is counted in the row and told as an event. */
export const ENTITIES = 2_000;

export const ENTITY_TABLE = `create table entity as
  select 'e' || i as id, 0 as changes from generate_series(1, ${ENTITIES}) i;
  alter table entity add primary key (id)`;

export interface WriterPlan {
  url: string;
  queueName: string;
  /** Writes transactions until this says no. */
  goesOn(): boolean;
  /** Told the number of events that were committed. */
  onCommitted(events: number): void;
}

/**
 * One transaction after the other, each with several events from public functions, sleeps between
 * them and before the commit, some savepoints that are rolled back, and a tenth of all rolled back.
 */
export async function write({ url, queueName, goesOn, onCommitted }: WriterPlan): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const queue = new Queue(queueName, { connection: url });
  try {
    const queueId = await queue.queueId();
    while (goesOn()) {
      const rollsBack = Math.random() < 0.1;
      const { text, events } = transaction(queueName, queueId);
      await client.query(`begin; ${text}`);
      let all = events;
      if (Math.random() < 0.1) {
        await queue.withTransaction(client).add('typescript', {});
        all += 2;
      }
      await client.query(rollsBack ? 'rollback' : 'commit');
      if (!rollsBack) onCommitted(all);
    }
  } finally {
    await queue.close();
    await client.end();
  }
}

/** The body of one, as SQL, and how many events it writes when it is committed. */
function transaction(queueName: string, queueId: number): { text: string; events: number } {
  const statements: string[] = [];
  let events = 0;
  // In one order, so that writers wait for each other without deadlocks.
  for (const entity of pick(1 + random(4))) {
    const change = `with changed as (
        update entity set changes = changes + 1 where id = 'e${entity}' returning id, changes)
      select tuskmq.publish_event(${queueId}, 'changed', json_build_object('jobId', id, 'n', changes))
      from changed`;
    if (Math.random() < 0.15) {
      statements.push('savepoint s', change, 'rollback to savepoint s');
    }
    if (Math.random() < 0.3) statements.push('savepoint t');
    statements.push(change);
    events += 1;
    if (Math.random() < 0.2) statements.push(pause(5));
  }
  const jobs = random(4);
  for (let i = 0; i < jobs; i++) {
    statements.push(`select tuskmq.add_job('${queueName}', 'sql')`);
    events += 2;
  }
  statements.push(pause(Math.random() < 0.02 ? 500 : 20));
  return { text: statements.join(';'), events };
}

function pause(atMostMs: number): string {
  return `select pg_sleep(${(Math.random() * atMostMs) / 1000})`;
}

function pick(count: number): number[] {
  const picked = Array.from({ length: count }, () => 1 + random(ENTITIES));
  return [...new Set(picked)].sort((a, b) => a - b);
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
