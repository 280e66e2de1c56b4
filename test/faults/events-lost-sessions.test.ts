/** What QueueEvents and those who wait for a job do when sessions, processes or the database go away. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { QueueEvents } from '../../lib';
import { Gate } from '../helpers/gate';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();
let gate: Gate | undefined;

// An open one would keep this process alive.
afterAll(() => gate?.close());

/** Ends sessions of this file's database, as a failing network or server would; not that of the test itself. */
async function cut(which: string): Promise<number> {
  const rows = await on.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and ${which}`,
  );
  return rows.length;
}

/** Only the session that listens holds a lock outside of transactions. */
const LISTENING = `state = 'idle' and pid in (select l.pid from pg_locks l where l.locktype = 'advisory')`;

describe('Job.waitUntilFinished', () => {
  test('resolves although the listening session is lost while it waits', async () => {
    const queue = on.queue();
    const events = await on.events(queue);
    const job = await queue.add('a', {});
    const result = job.waitUntilFinished(events);
    expect(await cut(LISTENING)).toBe(1);
    on.worker(queue, async () => 'done');
    expect(await result).toBe('done');
  });

  test('resolves although the database is away while it waits', async () => {
    gate = new Gate(new URL(on.url));
    const connection = await gate.open();
    const queue = on.queue(undefined, { connection });
    const events = await on.events(queue, { connection });
    const job = await queue.add('a', {});
    const errors = record(events, 'error');
    const result = job.waitUntilFinished(events);
    await until(() => events.listenerCount(`completed:${job.id}`) > 0);
    await gate.close();
    try {
      on.worker(queue, async () => 'done');
      await until(() => errors.length > 0, { message: 'the events to notice' });
      await until(async () => (await on.queue(queue.name).getJobState(job.id!)) === 'completed');
    } finally {
      await gate.open();
    }
    expect(await result).toBe('done');
  });

  test('rejects when the QueueEvents is closed', async () => {
    const queue = on.queue();
    const events = await on.events(queue);
    const job = await queue.add('a', {});
    const result = expect(job.waitUntilFinished(events)).rejects.toThrow(
      'The QueueEvents was closed',
    );
    await until(() => events.listenerCount('closed') > 0);
    await events.close();
    await result;
  });
});

describe('QueueEvents', () => {
  test('lose and repeat nothing when sessions are lost again and again', async () => {
    const queue = on.queue();
    const heard = record(await on.events(queue), 'n');
    const queueId = await queue.queueId();
    for (let n = 1; n <= 100; n++) {
      if (n % 20 === 0) await cut(n % 40 === 0 ? LISTENING : 'true');
      await on.sql(`select tuskmq.publish_event($1, 'n', json_build_object('n', $2::integer))`, [
        queueId,
        n,
      ]);
    }
    await until(() => heard.length >= 100, { timeout: 20_000 });
    expect(heard.map(([, args]) => (args as { n: number }).n)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  test('share one listening session with all that is in their process', async () => {
    const queues = Array.from({ length: 5 }, () => on.queue());
    for (const queue of queues) {
      await on.events(queue);
      await on.events(queue);
      await on.worker(queue, async () => {}).waitUntilReady();
    }
    const sessions = (which: string) =>
      on.sql(`select from pg_stat_activity where datname = current_database() and ${which}`);
    await until(async () => (await sessions(LISTENING)).length === 1);
    // That, a pool of two, and the session of the test itself.
    expect((await sessions('true')).length).toBeLessThanOrEqual(4);
  });
});

describe('a QueueEvents whose process is killed', () => {
  test('costs nothing any more within seconds, when others are alive', async () => {
    await on.events(on.queue());
    const queue = on.queue();
    await dyingListener(queue.name);
    await until(async () => (await queue.getQueueEvents()).length === 0, {
      timeout: 15_000,
      interval: 50,
    });
    await queue.add('a', {});
    const rows = await on.sql('select from tuskmq.event where queue_id = $1', [
      await queue.queueId(),
    ]);
    expect(rows.length).toBe(0);
  });

  test('is forgotten by producers, when nobody else is there', async () => {
    const queue = on.queue();
    const queueId = await queue.queueId();
    const producer = await on.client();
    await producer.query(`
      with p as (insert into tuskmq.process (hostname, pid, started_at, heartbeat_at, steady_since)
                 select 'host', 1, at, at, at from (select now() - interval '2 minutes' as at) t returning id)
      insert into tuskmq.event_listener (queue_id, process_id) select ${queueId}, p.id from p`);
    // Now and then one of them looks.
    for (let i = 0; i < 20; i++) {
      await producer.query(`select tuskmq.add_job($1, 'a') from generate_series(1, 100)`, [
        queue.name,
      ]);
    }
    const rows = await on.sql('select from tuskmq.event_listener where queue_id = $1', [queueId]);
    expect(rows.length).toBe(0);
  });

  test('listens again when it was only frozen, and forgotten', async () => {
    const queue = on.queue();
    const events = new QueueEvents(queue.name, { connection: on.url });
    const heard = record(events, 'added');
    await events.waitUntilReady();
    await on.sql('delete from tuskmq.event_listener');
    await on.sql('delete from tuskmq.process');
    await until(async () => (await queue.getQueueEvents()).length === 1, { timeout: 5_000 });
    await queue.add('a', {});
    await until(() => heard.length === 1);
    await events.close();
  });
});

/** A process that listens to a queue, and is killed as soon as it does. */
async function dyingListener(queueName: string): Promise<void> {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-events-')), 'log');
  fs.writeFileSync(file, '');
  const child = fork(path.join(__dirname, 'events-stress/reader.ts'), [on.url, queueName, file], {
    execArgv: ['--import', 'tsx'],
  });
  const exited = once(child, 'exit');
  try {
    await until(
      async () => {
        const rows = await on.sql(
          `select from tuskmq.event_listener l join tuskmq.queue q on q.id = l.queue_id
           join tuskmq.process p on p.id = l.process_id where q.name = $1 and p.pid = $2`,
          [queueName, child.pid],
        );
        return rows.length > 0;
      },
      { timeout: 20_000, interval: 20 },
    );
  } finally {
    child.kill('SIGKILL');
    await exited;
    fs.rmSync(path.dirname(file), { recursive: true });
  }
}
