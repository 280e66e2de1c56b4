import { QueueEvents, type QueueOptions } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** A queue that keeps its events, and a way to publish numbered ones. */
async function logged(events: NonNullable<QueueOptions['streams']>['events'] = {}) {
  const queue = on.queue(undefined, { streams: { events: { log: true, ...events } } });
  const queueId = await queue.queueId();
  const publish = (from: number, to: number) =>
    on.sql(
      `select count(tuskmq.publish_event($1, 'n', json_build_object('n', n))) from generate_series($2::int, $3::int) n`,
      [queueId, from, to],
    );
  return { queue, queueId, publish };
}

/** What a reader gets from here on, up to the event `last`: `[n, id]` each. */
async function readFrom(queue: { name: string }, lastEventId: string, last: number) {
  const events = new QueueEvents(queue.name, { connection: on.url, autorun: false, lastEventId });
  const heard = record(events, 'n', 'error');
  try {
    await events.run();
    const numbers = () => heard.map(([, args, id]) => [(args as { n: number }).n, id as string]);
    await until(() => numbers().at(-1)?.[0] === last, { message: `event ${last}` });
    return numbers() as [number, string][];
  } finally {
    await events.close();
  }
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const numbersOf = (read: [number, string][]) => read.map(([n]) => n);

describe('a queue with streams.events.log', () => {
  test('keeps events while nobody listens, for who comes later', async () => {
    const { queue, publish } = await logged();
    await publish(1, 3);
    expect(numbersOf(await readFrom(queue, '0', 3))).toEqual([1, 2, 3]);
  });

  test('keeps those of a transaction to which it is bound at once', async () => {
    const tx = await on.client();
    await tx.query('begin');
    const queue = on.queue(undefined, { streams: { events: { log: true } } });
    await queue.withTransaction(tx).add('a', {});
    await tx.query('commit');
    const events = await on.sql<{ name: string }>(
      'select name from tuskmq.event where queue_id = $1 order by id',
      [await queue.queueId()],
    );
    expect(events.map(({ name }) => name)).toEqual(['added', 'waiting']);
  });

  test('notifies nobody as long as nobody listens', async () => {
    const { queueId, publish } = await logged();
    const [{ channel }] = (await on.sql("select tuskmq.channel_of('event', $1) as channel", [
      queueId,
    ])) as [{ channel: string }];
    const client = await on.client();
    const notified: string[] = [];
    client.on('notification', (message) => notified.push(message.payload!));
    await client.query(`listen "${channel}"; listen witness`);
    await publish(1, 3);
    await on.sql("select pg_notify('witness', 'w')");
    await until(() => notified.includes('w'));
    expect(notified).toEqual(['w']);
  });

  test('stops when another instance says so', async () => {
    const { queue, queueId, publish } = await logged();
    const other = on.queue(queue.name, { streams: { events: { log: false } } });
    await other.waitUntilReady();
    await publish(1, 3);
    const rows = await on.sql('select from tuskmq.event where queue_id = $1', [queueId]);
    expect(rows.length).toBe(0);
  });

  test('is trimmed with the heartbeats of whoever is there, although nobody reads', async () => {
    const { queueId, publish } = await logged({ maxLen: 10 });
    await publish(1, 50);
    // Now and then one of them trims.
    await on.sql(`
      select tuskmq.heartbeat((p.process->>'id')::bigint, '[]', '[]')
      from (select tuskmq.register_process('host', 1) as process offset 0) p, generate_series(1, 500)`);
    const rows = await on.sql('select from tuskmq.event where queue_id = $1', [queueId]);
    expect(rows.length).toBe(10);
  });
});

describe('streams.events.maxLen', () => {
  test('is how many events are kept, and stands in the settings of the queue', async () => {
    const { queue, publish } = await logged({ maxLen: 1_000 });
    expect(await queue.getMeta()).toMatchObject({ maxLenEvents: 1_000 });
    expect(queue.metaValues).toMatchObject({ 'opts.maxLenEvents': 1_000 });
    await publish(1, 1_500);
    // One who reads trims.
    await readFrom(queue, '0', 1_500);
    const read = await readFrom(queue, '0', 1_500);
    expect(numbersOf(read)).toEqual(range(501, 1_500));
  });

  test('stays as it is when an instance says nothing of it', async () => {
    const { queue } = await logged({ maxLen: 7 });
    const other = on.queue(queue.name, { streams: { events: {} } });
    expect(await other.getMeta()).toMatchObject({ maxLenEvents: 7 });
  });

  test('must be a whole number', () => {
    expect(() => on.queue('odd', { streams: { events: { maxLen: 1.5 } } })).toThrow(
      'streams.events.maxLen must be a whole number',
    );
  });
});

describe('trimEvents', () => {
  test('removes those that come first, and leaves the others where they are', async () => {
    const { queue, publish } = await logged();
    for (const first of [1, 11, 21]) {
      await publish(first, first + 9);
      await readFrom(queue, '0', first + 9);
    }
    const before = await readFrom(queue, '0', 30);
    expect(await queue.trimEvents(15)).toBe(15);
    expect(await readFrom(queue, '0', 30)).toEqual(before.slice(15));
    expect(await queue.trimEvents(15)).toBe(0);
    expect(await queue.trimEvents(0)).toBe(15);
    await publish(31, 32);
    expect(numbersOf(await readFrom(queue, before.at(-1)![1], 32))).toEqual([31, 32]);
  });
});

describe('lastEventId', () => {
  test('names a place from which every reader goes on alike', async () => {
    const { queue, publish } = await logged();
    await publish(1, 5);
    const all = await readFrom(queue, '0', 5);
    for (const [n, id] of all.slice(0, -1)) {
      expect(await readFrom(queue, id, 5)).toEqual(all.slice(n));
    }
  });

  test('goes on behind an event whose number is higher than that of one committed later', async () => {
    const { queue, queueId, publish } = await logged();
    const late = await on.client();
    await late.query('begin');
    await late.query(`select tuskmq.publish_event(${queueId}, 'n', '{"n":1}')`);
    await publish(2, 2);
    const [[, id]] = (await readFrom(queue, '0', 2)) as [[number, string]];
    await late.query('commit');
    expect(numbersOf(await readFrom(queue, id, 1))).toEqual([1]);
  });

  test('may lie in a transaction of more events than a page', async () => {
    const { queue, publish } = await logged({ maxLen: 100_000 });
    await publish(1, 10);
    await readFrom(queue, '0', 10);
    await publish(11, 3_500);
    const all = await readFrom(queue, '0', 3_500);
    expect(numbersOf(all)).toEqual(range(1, 3_500));
    const rest = await readFrom(queue, all[1_699]![1], 3_500);
    expect(rest).toEqual(all.slice(1_700));
  });

  test('may be a time: the events that were read since', async () => {
    const { queue, publish } = await logged();
    await publish(1, 2);
    await readFrom(queue, '0', 2);
    const [{ now }] = (await on.sql(
      `select floor(extract(epoch from clock_timestamp()) * 1000 + 1)::text as now`,
    )) as [{ now: string }];
    await until(() => Date.now() > Number(now));
    await publish(3, 4);
    expect(numbersOf(await readFrom(queue, now, 4))).toEqual([3, 4]);
  });

  test('is refused when it cannot be one', () => {
    const make = () => new QueueEvents('q', { connection: on.url, lastEventId: 'yesterday' });
    expect(make).toThrow('lastEventId must be the id of an event or $, not yesterday');
  });
});

describe('the order of events', () => {
  test('is begun anew when the database comes from another cluster', async () => {
    const { queue, queueId, publish } = await logged();
    await publish(1, 2);
    await readFrom(queue, '0', 2);
    // A dump restored where transactions have lower numbers.
    await on.sql(
      `update tuskmq.event_window set snapshot = '900000000:900000000:' where queue_id = $1`,
      [queueId],
    );
    const events = await on.events(queue);
    const heard = record(events, 'n');
    await publish(3, 3);
    await until(() => heard.length === 1);
    expect(heard[0]![1]).toEqual({ n: 3 });
  });
});
