import { QueueEventsProducer, UnrecoverableError } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const ALL = [
  'added waiting active completed failed delayed progress removed drained paused resumed cleaned',
  'duplicated stalled retries-exhausted waiting-children',
].flatMap((names) => names.split(' '));

async function listening() {
  const queue = on.queue();
  const events = await on.events(queue);
  return { queue, events, heard: record(events, ...ALL) };
}

/** Events and what they carry, without ids of events. */
const told = (heard: unknown[][]) =>
  heard.map(([event, args]) => (typeof args === 'object' ? [event, args] : [event]));

/** Ids are `<window>-<number>`, and numbers count within a window. */
function byPlace(a: string, b: string): number {
  const [x, y] = [a, b].map((id) => id.split('-').map(Number));
  return x![0]! - y![0]! || x![1]! - y![1]!;
}

describe('QueueEvents', () => {
  test('tells once and in order what becomes of a job that completes', async () => {
    const { queue, heard } = await listening();
    on.worker(queue, async (job) => {
      await job.updateProgress({ half: true });
      return { ok: 1 };
    });
    await queue.add('a', {});
    await until(() => heard.some(([event]) => event === 'drained'));
    expect(told(heard)).toEqual([
      ['added', { jobId: '1', name: 'a' }],
      ['waiting', { jobId: '1' }],
      ['active', { jobId: '1', prev: 'waiting' }],
      ['progress', { jobId: '1', data: { half: true } }],
      ['completed', { jobId: '1', returnvalue: { ok: 1 }, prev: 'active' }],
      ['drained'],
    ]);
    const ids = heard.map((args) => args.at(-1) as string);
    expect(ids).toEqual([...ids].sort(byPlace));
  });

  test('tells what becomes of one that fails, is tried again, and fails for good', async () => {
    const { queue, heard } = await listening();
    on.worker(queue, async () => {
      throw new Error('no');
    });
    await queue.add('a', {}, { attempts: 2 });
    await until(() => heard.some(([event]) => event === 'drained'));
    expect(told(heard).slice(2)).toEqual([
      ['active', { jobId: '1', prev: 'waiting' }],
      ['waiting', { jobId: '1', prev: 'active' }],
      ['active', { jobId: '1', prev: 'waiting' }],
      ['failed', { jobId: '1', failedReason: 'no', prev: 'active' }],
      ['retries-exhausted', { jobId: '1', attemptsMade: '2' }],
      ['drained'],
    ]);
  });

  test('tells that no try is left only of a job that had them all, also when it is removed at once', async () => {
    const { queue, heard } = await listening();
    on.worker(queue, async () => {
      throw new UnrecoverableError('no');
    });
    await queue.add('a', {}, { attempts: 3, removeOnFail: true });
    await queue.add('b', {}, { attempts: 1, removeOnFail: true });
    await queue.add('c', {}, { attempts: 1.5 });
    await until(() => heard.filter(([event]) => event === 'failed').length === 3);
    await until(() => heard.some(([event]) => event === 'drained'));
    const exhausted = heard.filter(([event]) => event === 'retries-exhausted');
    expect(told(exhausted)).toEqual([['retries-exhausted', { jobId: '2', attemptsMade: '1' }]]);
  });

  test('tells when delayed jobs are due, and when they are promoted, changed or removed', async () => {
    const { queue, heard } = await listening();
    const before = Date.now();
    const job = await queue.add('a', {}, { delay: 60_000 });
    await job.changeDelay(90_000);
    await job.promote();
    await job.remove();
    // Well before the poll, which comes every 5 s.
    await until(() => heard.length === 5, { timeout: 2_000 });
    const [, delayed, changed, waiting, removed] = told(heard) as [string, { delay: number }][];
    expect(delayed![1].delay).toBeGreaterThanOrEqual(before + 59_000);
    expect(changed![1].delay).toBeGreaterThanOrEqual(before + 90_000);
    expect([waiting, removed]).toEqual([
      ['waiting', { jobId: '1', prev: 'delayed' }],
      ['removed', { jobId: '1', prev: 'wait' }],
    ]);
  });

  test('tells of flows: the parent waits, and is released before its child is completed', async () => {
    const { queue, heard } = await listening();
    const { job } = await on.flow().add({
      name: 'p',
      queueName: queue.name,
      opts: { jobId: 'p' },
      children: [{ name: 'c', queueName: queue.name, opts: { jobId: 'c' } }],
    });
    expect(job.id).toBe('p');
    on.worker(queue, async () => {});
    await until(() => heard.some(([event]) => event === 'drained'));
    const order = told(heard).map(
      ([event, args]) => `${event} ${(args as { jobId?: string })?.jobId ?? ''}`,
    );
    expect(order).toEqual([
      'added p',
      'waiting-children p',
      'added c',
      'waiting c',
      'active c',
      'waiting p',
      'completed c',
      'active p',
      'completed p',
      'drained ',
    ]);
  });

  test('tells of pauses, duplicates and cleaning', async () => {
    const { queue, heard } = await listening();
    await queue.pause();
    await queue.resume();
    await queue.add('a', {}, { jobId: 'x' });
    await queue.add('a', {}, { jobId: 'x' });
    await queue.clean(0, 0, 'waiting');
    await until(() => heard.some(([event]) => event === 'cleaned'), { timeout: 3_000 });
    expect(told(heard).filter(([event]) => event !== 'added' && event !== 'waiting')).toEqual([
      ['paused', {}],
      ['resumed', {}],
      ['duplicated', { jobId: 'x' }],
      ['removed', { jobId: 'x', prev: 'wait' }],
      ['cleaned', { count: '1' }],
    ]);
  });

  test('also tells those who listen to one job', async () => {
    const { queue, events } = await listening();
    const heard = record(events, 'completed:2');
    on.worker(queue, async (job) => job.id);
    await queue.addBulk([1, 2, 3].map(() => ({ name: 'a', data: {} })));
    await until(() => heard.length === 1);
    expect(heard[0]![1]).toEqual({ jobId: '2', returnvalue: '2', prev: 'active' });
  });

  test('delivers each event once, also of a transaction that took early ids and committed late', async () => {
    const { queue, heard } = await listening();
    const late = await on.client();
    await late.query('begin');
    await queue.withTransaction(late).add('late', {}, { jobId: 'late' });
    await queue.addBulk(['a', 'b'].map((jobId) => ({ name: 'x', data: {}, opts: { jobId } })));
    await until(() => heard.length === 4);
    await late.query('commit');
    await queue.add('end', {}, { jobId: 'end' });
    await until(() =>
      heard.some(
        ([event, args]) => event === 'waiting' && (args as { jobId: string }).jobId === 'end',
      ),
    );
    const added = heard
      .filter(([event]) => event === 'added')
      .map(([, args]) => (args as { jobId: string }).jobId);
    expect(added.sort()).toEqual(['a', 'b', 'end', 'late']);
  });

  test('misses and repeats nothing under many writers', async () => {
    const { queue, heard } = await listening();
    const writers = await Promise.all(Array.from({ length: 8 }, () => on.client()));
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let i = 0; i < 25; i++) {
          await writer.query('begin');
          await queue.withTransaction(writer).add('a', {}, { jobId: `${w}-${i}` });
          if (i % 3 === 0) await writer.query('savepoint s');
          await writer.query(i % 5 === 4 ? 'rollback' : 'commit');
        }
      }),
    );
    await until(() => heard.length >= 320);
    await queue.add('end', {}, { jobId: 'end' });
    await until(() => heard.length >= 322);
    const added = heard
      .filter(([event]) => event === 'added')
      .map(([, args]) => (args as { jobId: string }).jobId);
    expect([added.length, new Set(added).size]).toEqual([161, 161]);
  });

  test('begins after an event of the past when told so', async () => {
    const { queue, heard } = await listening();
    for (const name of ['a', 'b']) await queue.add(name, {});
    await until(() => heard.length === 4);
    const again = await on.events(queue, { lastEventId: heard[1]!.at(-1) as string });
    const replayed = record(again, 'added');
    await until(() => replayed.length === 1);
    expect(replayed[0]![1]).toEqual({ jobId: '2', name: 'b' });
  });

  test('costs nothing when nobody listens', async () => {
    const { queue, events, heard } = await listening();
    await queue.add('a', {});
    await until(() => heard.length === 2);
    await events.close();
    const count = async () =>
      (
        await on.sql<{ n: string }>('select count(*) as n from tuskmq.event where queue_id = $1', [
          await queue.queueId(),
        ])
      )[0]!.n;
    const before = await count();
    on.worker(queue, async () => {});
    await queue.add('b', {});
    await until(async () => (await queue.getCompletedCount()) === 2);
    expect(await count()).toBe(before);
    expect(heard.length).toBe(2);
  });

  test('leaves no listener behind where it could only begin at the second try', async () => {
    const queue = on.queue(on.name(), { connection: `${on.url}?application_name=halfway` });
    const { store } = queue.getBackend();
    const channel = jest.spyOn(store, 'channel').mockRejectedValueOnce(new Error('not yet'));
    const events = await on.events(queue, { connection: `${on.url}?application_name=halfway` });
    expect(channel).toHaveBeenCalledTimes(2);
    channel.mockRestore();
    const listeners = async () =>
      on.sql('select from tuskmq.event_listener where queue_id = $1', [await queue.queueId()]);
    expect(await listeners()).toHaveLength(1);
    await events.close();
    expect(await listeners()).toEqual([]);
  });

  test('hears on when its process was given up, whoever finds that out', async () => {
    const connection = `${on.url}?application_name=reborn`;
    const queue = on.queue(on.name(), { connection });
    const events = await on.events(queue, { connection });
    const heard = record(events, 'completed');
    const worker = on.worker(queue, async () => {}, { connection });
    await queue.add('a', {});
    await until(() => heard.length === 1);
    const processId = await worker.getBackend().heartbeat.processId();
    for (const table of ['event_listener', 'worker']) {
      await on.sql(`delete from tuskmq.${table} where process_id = $1`, [processId]);
    }
    await on.sql('delete from tuskmq.process where id = $1', [processId]);
    (worker as unknown as { loop: { prod(): void } }).loop.prod();
    await until(async () => {
      await queue.add('b', {});
      return heard.length > 1;
    });
  });

  test('refuses to run twice', async () => {
    const events = await on.events(on.queue());
    await expect(events.run()).rejects.toThrow('Queue Events is already running.');
  });
});

describe('QueueEventsProducer', () => {
  test('publishes events of the application in the order of the calls, though nobody waits for them', async () => {
    const { queue, events } = await listening();
    const heard: unknown[] = [];
    events.on('step' as never, ((args: { n: number }) => heard.push(args.n)) as never);
    const producer = new QueueEventsProducer(queue.name, { connection: on.url });
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    await Promise.all(numbers.map((n) => producer.publishEvent({ eventName: 'step', n })));
    await until(() => heard.length === numbers.length);
    expect(heard).toEqual(numbers);
    await producer.close();
  });

  test('tells of progress in the order of the calls, and keeps the last, by whatever it is set', async () => {
    const { queue, events } = await listening();
    const job = await queue.add('a', {});
    const heard: unknown[] = [];
    events.on('progress', ({ data }) => heard.push(data));
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    await Promise.all(numbers.map((n) => queue.updateJobProgress(job.id!, n)));
    await until(() => heard.length === numbers.length);
    expect(heard).toEqual(numbers);
    expect((await queue.getJob(job.id!))!.progress).toBe(29);
  });

  test('publishes events of the application with their fields', async () => {
    const { queue, events } = await listening();
    const heard = record(events, 'shipped', 'shipped:7');
    const producer = new QueueEventsProducer(queue.name, { connection: on.url });
    await producer.publishEvent({ eventName: 'shipped', jobId: '7', parcels: [1, 2] });
    await until(() => heard.length === 2);
    await producer.close();
    expect(told(heard)).toEqual([
      ['shipped', { jobId: '7', parcels: [1, 2] }],
      ['shipped:7', { jobId: '7', parcels: [1, 2] }],
    ]);
  });
});

describe('Job.waitUntilFinished', () => {
  test('resolves to the result, before or after the job has ended', async () => {
    const { queue, events } = await listening();
    const job = await queue.add('a', {});
    const waiting = job.waitUntilFinished(events);
    on.worker(queue, async () => ({ ok: true }));
    expect(await waiting).toEqual({ ok: true });
    expect(await job.waitUntilFinished(events)).toEqual({ ok: true });
  });

  test('rejects with the reason of a job that fails for good', async () => {
    const { queue, events } = await listening();
    const job = await queue.add('a', {}, { attempts: 2 });
    const waiting = job.waitUntilFinished(events);
    on.worker(queue, async (job) => {
      throw new Error(`try ${job.attemptsMade + 1}`);
    });
    await expect(waiting).rejects.toThrow('try 2');
    await expect(job.waitUntilFinished(events)).rejects.toThrow('try 2');
  });

  test('gives up after the time given', async () => {
    const { queue, events } = await listening();
    const job = await queue.add('slow', {});
    await expect(job.waitUntilFinished(events, 20)).rejects.toThrow(
      'Job wait slow timed out before finishing, no finish notification arrived after 20ms (id=1)',
    );
  });

  test('rejects when the job is removed, or was', async () => {
    const { queue, events } = await listening();
    const job = await queue.add('a', {});
    const waiting = job.waitUntilFinished(events);
    const removal = expect(waiting).rejects.toThrow(
      `Missing key for job bull:${queue.name}:1. isFinished`,
    );
    await job.remove();
    await removal;
    const error = await job.waitUntilFinished(events, 0).catch((error) => error);
    expect(error.message).toContain('isFinished');
    expect(error).not.toHaveProperty('code');
  });
});
