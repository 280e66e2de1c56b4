import { InvalidPayloadError, type Job } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

describe('Queue.add', () => {
  test('numbers jobs from 1 in each queue', async () => {
    for (const queue of [on.queue(), on.queue()]) {
      const jobs = [await queue.add('a', {}), await queue.add('b', {}), await queue.add('c', {})];
      expect(jobs.map(({ id }) => id)).toEqual(['1', '2', '3']);
    }
  });

  test('keeps an id of the caller and uses up no number for it', async () => {
    const queue = on.queue();
    const own = await queue.add('a', {}, { jobId: 'order-7' });
    const scheduled = await queue.add('a', {}, { jobId: 'repeat:x:17' });
    const next = await queue.add('a', {});
    expect([own.id, scheduled.id, next.id]).toEqual(['order-7', 'repeat:x:17', '1']);
  });

  test('takes an empty id for none', async () => {
    const queue = on.queue();
    expect((await queue.add('a', {}, { jobId: '' })).id).toBe('1');
  });

  test.each([
    ['0', "JobId cannot be '0' or start with '0:'"],
    ['0:x', "JobId cannot be '0' or start with '0:'"],
    ['12', 'Custom Id cannot be integers'],
    ['-5', 'Custom Id cannot be integers'],
    ['a:b', 'Custom Id cannot contain :'],
    [0 as never, "JobId cannot be '0' or start with '0:'"],
  ])('refuses the id %s', async (jobId, message) => {
    await expect(on.queue().add('a', {}, { jobId })).rejects.toThrow(message);
  });

  test('stores data and options as they are at the call, whatever the caller does with them afterwards', async () => {
    const queue = on.queue();
    const batch: number[] = [];
    const opts = { deduplication: { id: 'd0' } };
    const adding: Promise<Job>[] = [];
    for (let i = 0; i < 6; i++) {
      batch.push(i);
      if (batch.length < 3) continue;
      adding.push(queue.add('batch', batch, opts));
      batch.length = 0;
      opts.deduplication.id = `d${i}`;
    }
    const bulk = [{ name: 'bulk', data: { n: 1 } }];
    const added = queue.addBulk(bulk);
    bulk[0]!.data.n = 2;
    bulk.length = 0;
    const flow = {
      name: 'parent',
      queueName: queue.name,
      data: { n: 1 },
      children: [{ name: 'child', queueName: queue.name, data: { n: 1 } }],
    };
    const adds = on.flow().add(flow);
    flow.data.n = 2;
    flow.children[0]!.data.n = 2;
    flow.children.length = 0;
    await Promise.all([...adding, adds]);
    expect((await added).map(({ name }) => name)).toEqual(['bulk']);
    const stored = (await queue.getJobs()).map((job) => [job.name, job.data, job.deduplicationId]);
    expect(new Set(stored)).toEqual(
      new Set([
        ['batch', [0, 1, 2], 'd0'],
        ['batch', [3, 4, 5], 'd2'],
        ['bulk', { n: 1 }, undefined],
        ['parent', { n: 1 }, undefined],
        ['child', { n: 1 }, undefined],
      ]),
    );
  });

  test('tells of it by its own emit, which a subclass or a spy may replace', async () => {
    const queue = on.queue();
    const emit = jest.spyOn(queue, 'emit');
    const job = await queue.add('a', {});
    expect(emit.mock.calls).toEqual([['waiting', job]]);
  });

  test('adds a job of a taken id only once, and leaves the first as it is', async () => {
    const queue = on.queue();
    await queue.add('first', { n: 1 }, { jobId: 'same' });
    const again = await queue.add('second', { n: 2 }, { jobId: 'same' });
    expect(again.id).toBe('same');
    expect(await queue.getJobCounts('waiting')).toEqual({ waiting: 1 });
    const stored = await queue.getJob('same');
    expect([stored?.name, stored?.data]).toEqual(['first', { n: 1 }]);
  });

  test('tells its own listeners of every add, also of a delayed or duplicate one', async () => {
    const queue = on.queue();
    const heard: unknown[] = [];
    queue.on('waiting', (job: Job) => heard.push(job.id));
    await queue.add('a', {}, { jobId: 'x' });
    await queue.add('a', {}, { jobId: 'x' });
    await queue.add('a', {}, { delay: 60_000 });
    expect(heard).toEqual(['x', 'x', '1']);
  });

  test.each([
    ['0', 0, 0],
    ['the empty string', '', ''],
    ['false', false, false],
    ['null', null, null],
    ['undefined, as an empty object', undefined, {}],
    ['a list', [1, [2]], [1, [2]]],
    ['U+0000', { text: 'a\0b' }, { text: 'a\0b' }],
    ['half a surrogate pair', { text: 'x\ud83dy' }, { text: 'x\ud83dy' }],
    ['an emoji', { '\u{1F418}': '\u{1F418}' }, { '\u{1F418}': '\u{1F418}' }],
  ])('stores %s', async (_, data, stored) => {
    const queue = on.queue();
    const { id } = await queue.add('a', data);
    expect((await queue.getJob(id!))?.data).toStrictEqual(stored);
  });

  test('takes any text for a name, and gives it back from data and from results', async () => {
    const queue = on.queue();
    const texts = [
      'null',
      'NULL',
      '"',
      '\\',
      '\\"',
      '{}',
      '{a,"b"}',
      ',',
      ' a ',
      "it's",
      '\n\t',
      '\u{1F418}',
    ];
    await queue.addBulk(texts.map((text) => ({ name: text, data: text })));
    on.worker(queue, async (job) => [job.name, job.data], { concurrency: texts.length });
    await until(async () => (await queue.getCompletedCount()) === texts.length);
    const jobs = await queue.getCompleted(0, -1);
    expect(jobs.map(({ name }) => name).sort()).toEqual([...texts].sort());
    for (const { name, data, returnvalue } of jobs) {
      expect(data).toBe(name);
      expect(returnvalue).toEqual([name, name]);
    }
  });

  test('stores data as the text that was given: order of keys, digits of numbers', async () => {
    const queue = on.queue();
    const data = { b: 1, a: { toJSON: () => ({ z: 0.1, y: 1e21 }) } };
    const { id } = await queue.add('a', data);
    const [row] = await on.sql<{ data: string }>(
      'select data::text from tuskmq.jobs where queue = $1 and id = $2',
      [queue.name, id],
    );
    expect(row?.data).toBe('{"b":1,"a":{"z":0.1,"y":1e+21}}');
  });

  test('stores 20 MB', async () => {
    const queue = on.queue();
    const text = 'x'.repeat(20 * 1024 * 1024);
    const { id } = await queue.add('a', { text });
    expect((await queue.getJob(id!))?.data.text.length).toBe(text.length);
  });

  test('refuses data that JSON cannot hold, and adds nothing', async () => {
    const queue = on.queue();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const refused = [queue.add('big', { n: 1n }), queue.add('round', cycle)];
    const results = await Promise.allSettled(refused);
    for (const result of results) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(InvalidPayloadError);
    }
    await expect(queue.add('big', { n: 1n })).rejects.toThrow(
      'Do not know how to serialize a BigInt\n(The data of job big cannot be stored as JSON)',
    );
    expect(await queue.count()).toBe(0);
  });

  test('lets a bad one among many at once reject only itself', async () => {
    const queue = on.queue();
    const results = await Promise.allSettled([
      queue.add('a', {}),
      queue.add('b', { n: 1n }),
      queue.add('c', {}, { parent: { id: 'nobody', queue: queue.qualifiedName } }),
      queue.add('half a pair \ud800', {}),
      queue.add('d', {}, { delay: 1e300 }),
      queue.add('e', {}),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['a', 'e']);
  });

  test('refuses an unknown parent with its key', async () => {
    const queue = on.queue();
    const parent = { id: '99', queue: queue.qualifiedName };
    await expect(queue.add('a', {}, { parent })).rejects.toMatchObject({
      message: `Missing key for parent job bull:${queue.name}:99. addJob`,
      code: -5,
    });
    expect(await queue.count()).toBe(0);
  });

  test('refuses to take a job away from another parent', async () => {
    const queue = on.queue();
    const one = await queue.add('one', {});
    const other = await queue.add('other', {});
    const of = ({ id }: Job) => ({
      jobId: 'child',
      parent: { id: id!, queue: queue.qualifiedName },
    });
    await queue.add('child', {}, of(one));
    await expect(queue.add('child', {}, of(other))).rejects.toMatchObject({
      message: `The parent job bull:${queue.name}:2 cannot be replaced. addJob`,
      code: -7,
    });
  });

  test('overlays the default options of the queue with those of the job', async () => {
    const queue = on.queue(on.name(), { defaultJobOptions: { attempts: 3, priority: 5 } });
    const { id } = await queue.add('a', {}, { priority: 1, traceparent: 'kept' } as object);
    const stored = await queue.getJob(id!);
    expect(stored?.opts).toEqual({ attempts: 3, priority: 1, traceparent: 'kept' });
    expect(queue.defaultJobOptions).toEqual({ attempts: 3, priority: 5 });
  });

  test('puts delayed, prioritized and plain jobs into their states', async () => {
    const queue = on.queue();
    await queue.add('a', {}, { delay: 60_000 });
    await queue.add('a', {}, { delay: 60_000, priority: 3 });
    await queue.add('a', {}, { delay: 0, priority: 3 });
    await queue.add('a', {}, { delay: -5 });
    expect(await queue.getJobCounts()).toEqual({
      active: 0,
      completed: 0,
      delayed: 2,
      failed: 0,
      prioritized: 1,
      waiting: 1,
      'waiting-children': 0,
    });
  });

  test('keeps the time of creation that the caller gives', async () => {
    const queue = on.queue();
    const { id, timestamp } = await queue.add('a', {}, { timestamp: 1_700_000_000_123 });
    expect(timestamp).toBe(1_700_000_000_123);
    expect((await queue.getJob(id!))?.timestamp).toBe(1_700_000_000_123);
  });

  test('counts a delay from the time of creation that the caller gives', async () => {
    const queue = on.queue();
    const events = await on.events(queue);
    const due: number[] = [];
    events.on('delayed', ({ delay }) => due.push(delay));
    const timestamp = Date.now() - 60_000;
    await queue.add('soon', {}, { timestamp, delay: 60_300 });
    await queue.add('late', {}, { timestamp: timestamp + 3_600_000, delay: 300 });
    await until(() => due.length === 2);
    expect(due).toEqual([timestamp + 60_300, timestamp + 3_600_300]);
    const worker = on.worker(queue, async (job) => job.name);
    const heard = record(worker, 'completed');
    await until(() => heard.length === 1);
    expect(heard[0]![2]).toBe('soon');
    expect(await queue.getDelayedCount()).toBe(1);
  });

  test('takes no id for all of its jobs from the default options', async () => {
    const queue = on.queue(on.name(), { defaultJobOptions: { jobId: 'same' } as object });
    await queue.add('a', {});
    await queue.addBulk([{ name: 'b', data: {} }]);
    expect((await queue.getWaiting()).map(({ id }) => id)).toEqual(['1', '2']);
  });

  test('takes null for no options', async () => {
    const queue = on.queue();
    expect(await queue.add('a', {}, null as never)).toMatchObject({ id: '1' });
  });

  test('runs the last of lifo first, then plain ones, then by priority', async () => {
    const queue = on.queue();
    for (const [name, opts] of Object.entries({
      a: {},
      b: {},
      l1: { lifo: true },
      l2: { lifo: true },
      p5: { priority: 5 },
      p1: { priority: 1 },
      p5b: { priority: 5 },
      c: {},
    })) {
      await queue.add(name, {}, opts);
    }
    const ran: string[] = [];
    on.worker(queue, (job) => void ran.push(job.name));
    await until(() => ran.length === 8);
    expect(ran).toEqual(['l2', 'l1', 'a', 'b', 'c', 'p1', 'p5', 'p5b']);
  });
});

describe('Queue.addBulk', () => {
  test('adds jobs in their order, each with its own options', async () => {
    const queue = on.queue();
    const jobs = await queue.addBulk([
      { name: 'a', data: { n: 1 } },
      { name: 'b', data: { n: 2 }, opts: { jobId: 'own' } },
      { name: 'c', data: { n: 3 }, opts: { delay: 60_000 } },
      { name: 'twice', data: {}, opts: { jobId: 'own' } },
    ]);
    expect(jobs.map(({ id, name }) => [id, name])).toEqual([
      ['1', 'a'],
      ['own', 'b'],
      ['2', 'c'],
      ['own', 'twice'],
    ]);
    expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 2, delayed: 1 });
    expect((await queue.getJob('own'))?.name).toBe('b');
  });

  test('adds nothing when one of its jobs is refused', async () => {
    const queue = on.queue();
    const parent = { id: 'nobody', queue: queue.qualifiedName };
    const bulks = [
      [
        { name: 'a', data: {} },
        { name: 'b', data: { n: 1n } },
      ],
      [
        { name: 'a', data: {} },
        { name: 'b', data: {}, opts: { parent } },
      ],
      [
        { name: 'a', data: {} },
        { name: 'b', data: {}, opts: { priority: 1.5 } },
      ],
    ];
    for (const bulk of bulks) await expect(queue.addBulk(bulk)).rejects.toThrow();
    expect(await queue.count()).toBe(0);
  });

  test('makes no queue for a parent when another of its jobs is refused', async () => {
    const queue = on.queue();
    const unknown = `${queue.name}-unknown`;
    const bulk = [
      { name: 'a', data: {}, opts: { parent: { id: 'x', queue: `bull:${unknown}` } } },
      { name: 'b', data: {}, opts: { parent: { id: 'x', queue: 5 as never } } },
    ];
    await expect(queue.addBulk(bulk)).rejects.toThrow('needs both an id and a queue');
    const made = await on.sql('select queue from tuskmq.queues where queue = $1', [unknown]);
    expect(made).toEqual([]);
  });

  test('adds nothing for no jobs', async () => {
    expect(await on.queue().addBulk([])).toEqual([]);
  });
});
