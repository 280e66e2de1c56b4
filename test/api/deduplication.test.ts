import type { Queue } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** The payloads of the events of one name that were heard so far. */
const payloads = (heard: unknown[][], name: string) =>
  heard.filter(([event]) => event === name).map(([, payload]) => payload);

/** A queue, and what its events say. */
async function scene() {
  const queue = on.queue();
  const heard = record(
    await on.events(queue),
    'added',
    'waiting',
    'delayed',
    'active',
    'completed',
    'removed',
    'deduplicated',
  );
  return { queue, heard };
}

const namesOf = async (queue: Queue) => (await queue.getJobs()).map(({ name }) => name).sort();

/** Lets time pass for the deduplication ids of a queue. */
async function age(queue: Queue, ms: number) {
  await on.sql(
    `update tuskmq.deduplication set expires_at = expires_at - $2 * interval '1 ms' where queue_id = $1`,
    [await queue.queueId(), ms],
  );
}

describe('deduplication without a ttl', () => {
  test('drops jobs of an id for which another stands, and answers with that', async () => {
    const { queue, heard } = await scene();
    const deduplication = { id: 'd' };
    const first = await queue.add('first', {}, { deduplication });
    const second = await queue.add('second', {}, { deduplication });
    expect(second.id).toBe(first.id);
    expect(second.deduplicationId).toBe('d');
    expect(await namesOf(queue)).toEqual(['first']);
    await until(() => payloads(heard, 'deduplicated').length === 1);
    expect(payloads(heard, 'deduplicated')).toEqual([
      { jobId: '1', deduplicationId: 'd', deduplicatedJobId: '2' },
    ]);
    expect(await queue.getDeduplicationJobId('d')).toBe('1');
    expect(await queue.getDeduplicationJobId('e')).toBeNull();
  });

  test('holds also among the jobs of one call, whichever calls share it', async () => {
    const queue = on.queue();
    const job = (name: string) => ({ name, data: {}, opts: { deduplication: { id: 'd' } } });
    const bulk = await queue.addBulk([
      job('a'),
      job('b'),
      { name: 'c', data: {}, opts: {} as never },
    ]);
    expect(bulk.map(({ id }) => id)).toEqual(['1', '1', '3']);
    const others = await Promise.all(
      ['x', 'y', 'z'].map((name) => queue.add(name, {}, { deduplication: { id: 'e' } })),
    );
    expect(new Set(others.map(({ id }) => id)).size).toBe(1);
    expect(await namesOf(queue)).toEqual(['a', 'c', 'x']);
  });

  test('ends when the job has completed or failed for good, not when it is tried again', async () => {
    const queue = on.queue();
    const deduplication = { id: 'd' };
    await queue.add('first', {}, { deduplication, attempts: 2 });
    let tries = 0;
    const seen: (string | null)[] = [];
    const worker = on.worker(queue, async () => {
      seen.push(await queue.getDeduplicationJobId('d'));
      if (++tries < 3) throw new Error('no');
    });
    const events = record(worker, 'failed', 'completed');
    await until(() => events.length === 2);
    expect(seen).toEqual(['1', '1']);
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
    await queue.add('second', {}, { deduplication });
    await until(() => events.length === 3);
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
  });

  test('ends when the job is removed, also by its own removeOnComplete', async () => {
    const queue = on.queue();
    const deduplication = { id: 'd' };
    const first = await queue.add('first', {}, { deduplication });
    await first.remove();
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
    await queue.add('second', {}, { deduplication, removeOnComplete: true });
    const completed = record(
      on.worker(queue, async () => {}),
      'completed',
    );
    await until(() => completed.length === 1);
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
  });

  test('ends when the queue is drained or obliterated', async () => {
    const queue = on.queue();
    const deduplication = { id: 'd' };
    await queue.add('first', {}, { deduplication });
    await queue.drain();
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
    await queue.add('second', {}, { deduplication });
    await queue.obliterate();
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
  });

  test('gives way to an id of its own that is taken: that is a duplicate', async () => {
    const { queue, heard } = await scene();
    await queue.add('first', {}, { jobId: 'own', deduplication: { id: 'd' } });
    await queue.add('second', {}, { jobId: 'own', deduplication: { id: 'other' } });
    expect(await queue.getDeduplicationJobId('other')).toBeNull();
    expect(payloads(heard, 'deduplicated')).toEqual([]);
  });

  test('gives way to an id of its own that is taken in the same call, too', async () => {
    const queue = on.queue();
    const optsOf = (id: string) => ({ jobId: 'own', deduplication: { id } });
    await queue.addBulk([
      { name: 'first', data: {}, opts: optsOf('d') },
      { name: 'second', data: {}, opts: optsOf('other') },
    ]);
    expect(await namesOf(queue)).toEqual(['first']);
    expect(await queue.getDeduplicationJobId('other')).toBeNull();
    const third = await queue.add('third', {}, { deduplication: { id: 'other' } });
    expect(third.id).toBe('1');
    expect(await queue.getDeduplicationJobId('d')).toBe('own');
  });

  test('recovers an id whose job has vanished', async () => {
    const queue = on.queue();
    await queue.add('first', {}, { deduplication: { id: 'd' } });
    const values = [await queue.queueId()];
    await on.sql('delete from tuskmq.job_state where queue_id = $1', values);
    await on.sql('delete from tuskmq.job where queue_id = $1', values);
    const second = await queue.add('second', {}, { deduplication: { id: 'd' } });
    expect(second.id).toBe('2');
    expect(await queue.getDeduplicationJobId('d')).toBe('2');
  });

  test('is one of many producers at once', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    const clients = await Promise.all(Array.from({ length: 6 }, () => on.client()));
    const ids = await Promise.all(
      clients.flatMap((client) =>
        ['d', 'e'].map(async (id) => {
          const { rows } = await client.query(
            `select tuskmq.add_job($1, 'a', '{}', json_build_object('deduplication', json_build_object('id', $2::text))) as r`,
            [queue.name, id],
          );
          return `${id} ${rows[0].r}`;
        }),
      ),
    );
    expect(new Set(ids).size).toBe(2);
    expect(await queue.getWaitingCount()).toBe(2);
  });

  test('holds when the job that stands for an id ends while an add waits for another id', async () => {
    const queue = on.queue();
    const add = (id: string) => queue.add(id, {}, { deduplication: { id } });
    await add('b');
    await add('a');
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).add('a', {}, { deduplication: { id: 'a' } });
    const adding = queue.addBulk(
      ['a', 'b'].map((id) => ({ name: `new ${id}`, data: {}, opts: { deduplication: { id } } })),
    );
    await until(
      async () =>
        (
          await on.sql(
            "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
          )
        ).length > 0,
    );
    const ended = await on.worker(queue, null).getNextJob('t', { block: false });
    await ended!.moveToCompleted(null, 't', false);
    await client.query('commit');
    await adding;
    await add('b');
    expect(await namesOf(queue)).toEqual(['a', 'b', 'new b']);
  });

  test('leaves no trace when the transaction of the add is rolled back', async () => {
    const queue = on.queue();
    await queue.waitUntilReady();
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).add('first', {}, { deduplication: { id: 'd' } });
    await client.query('rollback');
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
  });

  test('can be ended by hand, by the queue or by the job that stands for the id', async () => {
    const queue = on.queue();
    const deduplication = { id: 'd' };
    const first = await queue.add('first', {}, { deduplication });
    expect(await queue.removeDeduplicationKey('d')).toBe(1);
    expect(await queue.removeDeduplicationKey('d')).toBe(0);
    const second = await queue.add('second', {}, { deduplication });
    expect(await first.removeDeduplicationKey()).toBe(false);
    expect(await second.removeDeduplicationKey()).toBe(true);
    expect((await queue.add('third', {}, { deduplication })).name).toBe('third');
    expect(await namesOf(queue)).toEqual(['first', 'second', 'third']);
  });
});

describe('deduplication with a ttl', () => {
  test('lasts so long, also after the job has completed', async () => {
    const queue = on.queue();
    const deduplication = { id: 'd', ttl: 60_000 };
    await queue.add('first', {}, { deduplication });
    const completed = record(
      on.worker(queue, async () => {}),
      'completed',
    );
    await until(() => completed.length === 1);
    expect((await queue.add('second', {}, { deduplication })).id).toBe('1');
    await age(queue, 60_000);
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
    expect((await queue.add('third', {}, { deduplication })).id).toBe('3');
  });

  test('begins anew with each dropped job with extend, and not without', async () => {
    const queue = on.queue();
    for (const extend of [true, false]) {
      const deduplication = { id: `${extend}`, ttl: 60_000, extend };
      await queue.add('first', {}, { deduplication });
      await age(queue, 50_000);
      await queue.add('second', {}, { deduplication });
      await age(queue, 50_000);
      expect((await queue.getDeduplicationJobId(`${extend}`)) !== null).toBe(extend);
    }
  });

  test('lasts also when the job that stands for the id is removed by what others ask to keep', async () => {
    const queue = on.queue();
    const deduplication = { id: 'report', ttl: 3_600_000 };
    const worker = on.worker(queue, async (job) => job.name);
    const ran: string[] = [];
    worker.on('completed', ({ name }) => ran.push(name));
    await queue.add('report', {}, { deduplication });
    await until(() => ran.length === 1);
    await queue.add('other', {}, { removeOnComplete: 1 });
    await until(() => ran.length === 2);
    expect(await queue.getJob('1')).toBeUndefined();
    expect((await queue.add('report', {}, { deduplication })).id).toBe('1');
    expect(await queue.getDeduplicationJobId('report')).toBe('1');
  });

  test('is not shortened by an add that extends it without saying for how long', async () => {
    const queue = on.queue();
    await queue.add('a', {}, { deduplication: { id: 'd', ttl: 3_600_000 } });
    await queue.add('a', {}, { deduplication: { id: 'd', extend: true, keepLastIfActive: true } });
    on.worker(queue, async () => {});
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect((await queue.add('a', {}, { deduplication: { id: 'd' } })).id).toBe('1');
  });

  test('is forgotten by and by once it has passed', async () => {
    const queue = on.queue();
    await queue.add('first', {}, { deduplication: { id: 'd', ttl: 60_000 } });
    await age(queue, 60_000);
    on.worker(queue, async () => {});
    const rows = async () =>
      on.sql('select from tuskmq.deduplication where queue_id = $1', [await queue.queueId()]);
    await until(async () => (await rows()).length === 0);
  });
});

describe('deduplication with replace', () => {
  const deduplication = { id: 'd', replace: true };

  test('lets a delayed job give way to the new one', async () => {
    const { queue, heard } = await scene();
    await queue.add('first', {}, { deduplication, delay: 60_000 });
    const second = await queue.add('second', {}, { deduplication, delay: 60_000 });
    expect(second.id).toBe('2');
    expect(await namesOf(queue)).toEqual(['second']);
    expect(await queue.getDeduplicationJobId('d')).toBe('2');
    await until(() => payloads(heard, 'delayed').length === 2);
    expect(heard.slice(2).map(([event]) => event)).toEqual([
      'removed',
      'deduplicated',
      'added',
      'delayed',
    ]);
    expect(payloads(heard, 'removed')).toEqual([{ jobId: '1', prev: 'delayed' }]);
    expect(payloads(heard, 'deduplicated')).toEqual([
      { jobId: '2', deduplicationId: 'd', deduplicatedJobId: '1' },
    ]);
  });

  test('lets the last one of one call stand', async () => {
    const queue = on.queue();
    const added = await Promise.all(
      ['a', 'b', 'c'].map((name) => queue.add(name, {}, { deduplication, delay: 60_000 })),
    );
    expect(added.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(await namesOf(queue)).toEqual(['c']);
    expect(await queue.getDeduplicationJobId('d')).toBe('3');
  });

  test('drops the new one when the job waits no longer to be due', async () => {
    const { queue, heard } = await scene();
    await queue.add('first', {}, { deduplication });
    expect((await queue.add('second', {}, { deduplication })).id).toBe('1');
    expect(await namesOf(queue)).toEqual(['first']);
    await until(() => payloads(heard, 'waiting').length === 1);
    expect(payloads(heard, 'deduplicated')).toEqual([]);
  });

  test('keeps what is left of the ttl, unless it is to be extended', async () => {
    const queue = on.queue();
    for (const extend of [true, false]) {
      const opts = { deduplication: { ...deduplication, id: `${extend}`, ttl: 60_000, extend } };
      await queue.add('first', {}, { ...opts, delay: 3_600_000 });
      await age(queue, 50_000);
      await queue.add('second', {}, { ...opts, delay: 3_600_000 });
      await age(queue, 50_000);
      expect((await queue.getDeduplicationJobId(`${extend}`)) !== null).toBe(extend);
    }
  });
});

describe('deduplication with reschedule', () => {
  test('gives a delayed job the delay of the one that is dropped', async () => {
    const queue = on.queue();
    const deduplication = { id: 'd', reschedule: true };
    const first = await queue.add('first', {}, { deduplication, delay: 60_000 });
    expect((await queue.add('second', {}, { deduplication, delay: 0 })).id).toBe(first.id);
    const completed = record(
      on.worker(queue, async () => {}),
      'completed',
    );
    await until(() => completed.length === 1);
    expect(await namesOf(queue)).toEqual(['first']);
  });
});

describe('deduplication with keepLastIfActive', () => {
  const deduplication = { id: 'd', keepLastIfActive: true, ttl: 1 };

  test('keeps the last job added while another is active, and adds it when that has ended', async () => {
    const { queue, heard } = await scene();
    const ends = [deferred<void>(), deferred<void>()];
    const data: unknown[] = [];
    await queue.add('a', { n: 1 }, { deduplication });
    on.worker(queue, (job) => {
      data.push(job.data);
      return ends[data.length - 1]!.promise;
    });
    await until(() => data.length === 1);
    for (const n of [2, 3]) {
      expect((await queue.add('a', { n }, { deduplication })).id).toBe('1');
    }
    expect(await queue.count()).toBe(0);
    ends[0]!.resolve();
    await until(() => data.length === 2);
    expect(data).toEqual([{ n: 1 }, { n: 3 }]);
    expect(await queue.getDeduplicationJobId('d')).toBe('3');
    ends[1]!.resolve();
    await until(() => payloads(heard, 'completed').length === 2);
    expect(await queue.getDeduplicationJobId('d')).toBeNull();
    expect(payloads(heard, 'deduplicated')).toEqual([
      { jobId: '1', deduplicationId: 'd', deduplicatedJobId: '2' },
      { jobId: '1', deduplicationId: 'd', deduplicatedJobId: '3' },
    ]);
    const names = heard.map(
      ([event, payload]) => `${event} ${(payload as { jobId: string }).jobId}`,
    );
    const from = names.indexOf('added 3');
    expect(names.slice(from, from + 4)).toEqual([
      'added 3',
      'waiting 3',
      'completed 1',
      'active 3',
    ]);
  });

  test('keeps data with U+0000 as it is', async () => {
    const queue = on.queue();
    const end = deferred<void>();
    const data: unknown[] = [];
    await queue.add('a', 'first', { deduplication });
    on.worker(queue, (job) => {
      data.push(job.data);
      return data.length === 1 ? end.promise : undefined;
    });
    await until(() => data.length === 1);
    await queue.add('a', 'nul \u0000', { deduplication });
    end.resolve();
    await until(() => data.length === 2);
    expect(data[1]).toBe('nul \u0000');
  });

  test('adds it also when another dropped job has begun a ttl meanwhile', async () => {
    const queue = on.queue();
    const isOver = deferred();
    const worker = on.worker(queue, async () => isOver.promise);
    const isActive = new Promise((resolve) => worker.once('active', resolve));
    await queue.add('first', {}, { deduplication: { id: 'd' } });
    await isActive;
    await queue.add('kept', {}, { deduplication: { id: 'd', keepLastIfActive: true } });
    await queue.add('dropped', {}, { deduplication: { id: 'd', ttl: 60_000, extend: true } });
    isOver.resolve();
    await until(async () => (await queue.getCompletedCount()) === 2);
    expect((await queue.getCompleted()).map(({ name }) => name)).toEqual(['kept', 'first']);
  });

  test('adds it also when the active job fails', async () => {
    const queue = on.queue();
    const end = deferred<void>();
    let runs = 0;
    await queue.add('a', {}, { deduplication });
    const worker = on.worker(queue, async () => {
      if (++runs > 1) return;
      await end.promise;
      throw new Error('no');
    });
    const events = record(worker, 'failed', 'completed');
    await until(() => runs === 1);
    await queue.add('b', {}, { deduplication });
    end.resolve();
    await until(() => events.length === 2);
    expect(events.map(([event]) => event)).toEqual(['failed', 'completed']);
  });

  test('drops jobs while the other only waits', async () => {
    const queue = on.queue();
    await queue.add('a', {}, { deduplication });
    await queue.add('b', {}, { deduplication });
    expect(await namesOf(queue)).toEqual(['a']);
    const completed = record(
      on.worker(queue, async () => {}),
      'completed',
    );
    await until(() => completed.length === 1);
    expect(await queue.count()).toBe(0);
  });
});

describe('deduplication options', () => {
  test.each([
    [{ deduplication: { id: '' } }, 'Deduplication id must be provided'],
    [
      { deduplication: { id: 'd' }, parent: { id: '1', queue: 'bull:q' } },
      'Deduplication and parent options cannot be used together',
    ],
    [
      { debounce: { id: 'd' } } as object,
      'Debounce option has been removed. Use deduplication option instead',
    ],
  ])('%j are refused', async (opts, message) => {
    await expect(on.queue().add('a', {}, opts)).rejects.toThrow(message);
  });
});
