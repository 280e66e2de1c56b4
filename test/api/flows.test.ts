import type { FlowJob, JobNode, JobsOptions } from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';
import { family, settled } from './family';

const on = useInstances();

describe('FlowProducer.add', () => {
  test('runs children before parents, in trees of any depth, over queues and prefixes', async () => {
    const names = [on.name(), on.name()] as const;
    const ran: string[] = [];
    for (const [name, prefix] of [
      [names[0], undefined],
      [names[1], undefined],
      [names[1], 'other'],
    ] as const) {
      on.worker(name, async (job) => void ran.push(job.name), prefix ? { prefix } : {});
    }
    const [queueName, another] = names;
    const grandchildren = (of: string): FlowJob[] =>
      [1, 2].map((n) => ({ name: `${of}.${n}`, queueName: another, prefix: 'other' }));
    const tree = await on.flow().add({
      name: 'root',
      queueName,
      children: [
        { name: 'a', queueName: another, children: grandchildren('a') },
        { name: 'b', queueName, children: grandchildren('b') },
        { name: 'c', queueName, children: [] },
      ],
    });
    await until(() => ran.length === 8);
    expect(ran.at(-1)).toBe('root');
    for (const name of ['a', 'b']) {
      expect(ran.indexOf(name)).toBeGreaterThan(ran.indexOf(`${name}.1`));
      expect(ran.indexOf(name)).toBeGreaterThan(ran.indexOf(`${name}.2`));
    }
    expect(tree.children?.map(({ job }) => job.name)).toEqual(['a', 'b', 'c']);
    expect(tree.children?.[0]?.children?.map(({ job }) => job.prefix)).toEqual(['other', 'other']);
    expect(tree.children?.[2]).not.toHaveProperty('children');
  });

  test('gives a parent the values of its children by key', async () => {
    const { parents, parent, work, key } = await family(on, [{ name: 'a' }, { name: 'b' }]);
    work();
    on.worker(parents, (job) => job.getChildrenValues());
    await settled(parents, 1);
    const stored = await parents.getJob(parent.id!);
    expect(stored?.returnvalue).toEqual({ [key(0)]: 'a done', [key(1)]: 'b done' });
  });

  test('makes random ids, takes those given, and default options only as given for queues', async () => {
    const queueName = on.name();
    on.queue(queueName, { defaultJobOptions: { attempts: 9 } });
    const tree = await on.flow().add(
      {
        name: 'a',
        queueName,
        children: [{ name: 'b', queueName, opts: { jobId: 'mine', priority: 2 } }],
      },
      { queuesOptions: { [queueName]: { defaultJobOptions: { attempts: 4, priority: 7 } } } },
    );
    expect(tree.job.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(tree.children![0]!.job.id).toBe('mine');
    expect(tree.job.opts).toMatchObject({ attempts: 4, priority: 7 });
    expect(tree.children![0]!.job.opts).toMatchObject({ attempts: 4, priority: 2 });
    const plain = await on.flow().add({ name: 'c', queueName });
    expect(plain.job.opts.attempts).toBe(0);
  });

  test('adds all or nothing', async () => {
    const queue = on.queue();
    const flow = on.flow();
    const child = (opts: JobsOptions, data: unknown = {}): FlowJob => ({
      name: 'root',
      queueName: queue.name,
      children: [
        { name: 'ok', queueName: queue.name },
        { name: 'x', queueName: queue.name, data, opts },
      ],
    });
    await expect(flow.add(child({ priority: 0.5 }))).rejects.toThrow(
      'Priority should not be float',
    );
    await expect(flow.add(child({}, 1n))).rejects.toThrow('BigInt');
    await expect(flow.add({ ...child({}), queueName: 'a:b' })).rejects.toThrow(
      'Queue name cannot contain :',
    );
    const parent = { id: 'nobody', queue: queue.qualifiedName };
    const chained = { ...child({}), opts: { parent } };
    await expect(flow.add(chained)).rejects.toMatchObject({
      message: `Missing key for parent job bull:${queue.name}:nobody. addJob`,
      code: -5,
    });
    await expect(flow.addBulk([child({}), chained])).rejects.toMatchObject({ code: -5 });
    expect(await queue.count()).toBe(0);
  });

  test('adds many trees at once, in their order', async () => {
    const queue = on.queue();
    const trees = await on.flow().addBulk(
      ['a', 'b', 'c'].map((name) => ({
        name,
        queueName: queue.name,
        children: [{ name: `${name}1`, queueName: queue.name }],
      })),
    );
    expect(trees.map(({ job, children }) => [job.name, children![0]!.job.name])).toEqual([
      ['a', 'a1'],
      ['b', 'b1'],
      ['c', 'c1'],
    ]);
    expect(await queue.getJobCounts('waiting', 'waiting-children')).toEqual({
      waiting: 3,
      'waiting-children': 3,
    });
  });

  test('chains a flow beneath a job that exists', async () => {
    const { parents, parent, queue, flow, work } = await family(on, [{ name: 'a' }]);
    await flow.add({
      name: 'later',
      queueName: queue.name,
      opts: { parent: { id: parent.id!, queue: parent.queueQualifiedName } },
      children: [{ name: 'deep', queueName: queue.name }],
    });
    expect(await parent.getDependenciesCount()).toMatchObject({ unprocessed: 2 });
    work();
    on.worker(parents, (job) => job.getChildrenValues());
    await settled(parents, 1);
    const values = (await parents.getJob(parent.id!))!.returnvalue as object;
    expect(Object.values(values).sort()).toEqual(['a done', 'later done']);
  });

  test('begins the delay of a parent when its children are done, and keeps its priority', async () => {
    const { parents, parent, work } = await family(on, [{ name: 'a' }], {
      delay: 60_000,
      priority: 3,
    });
    expect(await parent.getState()).toBe('waiting-children');
    const before = Date.now();
    work();
    await until(() => parent.isDelayed());
    const [row] = await on.sql<{ run_at: Date }>(
      'select run_at from tuskmq.jobs where queue = $1',
      [parents.name],
    );
    expect(row!.run_at.getTime()).toBeGreaterThanOrEqual(before + 60_000);
    await parent.promote();
    expect(await parent.getState()).toBe('prioritized');
  });

  test.each([
    [3, ['early', 'late', 'parent']],
    [undefined, ['parent', 'early', 'late']],
  ])('lets a parent of priority %s go on where BullMQ does', async (priority, order) => {
    const queue = on.queue();
    const children = on.queue();
    await queue.add('early', {}, { priority });
    await on.flow().add({
      name: 'parent',
      queueName: queue.name,
      opts: { priority },
      children: [{ name: 'child', queueName: children.name }],
    });
    await queue.add('late', {}, { priority });
    on.worker(children, async () => {});
    await until(
      async () => (await queue.count()) === 3 && (await queue.getWaitingChildrenCount()) === 0,
    );
    const ran: string[] = [];
    on.worker(queue, async (job) => void ran.push(job.name));
    await until(() => ran.length === 3);
    expect(ran).toEqual(order);
  });

  test('counts a child that is completed already at once, others when they are', async () => {
    const { queue, work } = await family(on, []);
    work();
    const done = await queue.add('old', {}, { jobId: 'done' });
    await settled(queue, 1);
    await queue.pause();
    await queue.add('old', {}, { jobId: 'open' });
    const parents = on.queue();
    const tree = (children: string[]): FlowJob => ({
      name: 'parent',
      queueName: parents.name,
      children: children.map((jobId) => ({ name: 'new', queueName: queue.name, opts: { jobId } })),
    });
    const [released, waiting] = (await on.flow().addBulk([tree(['done']), tree(['open'])])) as [
      JobNode,
      JobNode,
    ];
    expect(await released.job.getState()).toBe('waiting');
    expect(Object.values(await released.job.getChildrenValues())).toEqual(['old done']);
    expect(await waiting.job.getState()).toBe('waiting-children');
    await queue.resume();
    await until(() => waiting.job.isWaiting());
    expect(
      (await done.queue.getBackend().store.getJobs(await queue.queueId(), ['done']))[0]?.name,
    ).toBe('old');
  });
});

describe('FlowProducer.getFlow', () => {
  test('finds a tree with children of every outcome, as deep and wide as asked', async () => {
    const { parent, parents, flow, work } = await family(on, [
      { name: 'a' },
      { name: 'bad', opts: { ignoreDependencyOnFailure: true } },
      { name: 'late', opts: { delay: 3_600_000 } },
    ]);
    work();
    await until(async () => (await parent.getDependenciesCount()).unprocessed === 1);
    const of = (opts = {}) => flow.getFlow({ id: parent.id!, queueName: parents.name, ...opts });
    const names = (node?: JobNode) => node?.children?.map(({ job }) => job.name).sort();
    expect(names(await of())).toEqual(['a', 'bad', 'late']);
    expect((await of({ depth: 1 }))?.children).toBeUndefined();
    expect(await flow.getFlow({ id: 'none', queueName: parents.name })).toBeUndefined();
  });

  test('finds the whole tree for a depth of 0, and nothing once the producer is closed', async () => {
    const queue = on.queue();
    const flow = on.flow();
    const { job } = await flow.add({
      name: 'p',
      queueName: queue.name,
      children: [{ name: 'c', queueName: queue.name }],
    });
    const wanted = { id: job.id!, queueName: queue.name, depth: 0 };
    expect((await flow.getFlow(wanted)).children).toHaveLength(1);
    await flow.close();
    expect(await flow.getFlow(wanted)).toBeUndefined();
  });

  test('finds children under prefixes and ids with colons', async () => {
    const queueName = on.name();
    const flow = on.flow({ prefix: '{a:b:c}' });
    const { job } = await flow.add({
      name: 'p',
      queueName,
      children: [
        { name: 'c', queueName, opts: { jobId: 'x:y:z' } },
        { name: 'd', queueName },
      ],
    });
    const found = await flow.getFlow({ id: job.id!, queueName });
    expect(found?.children?.map(({ job }) => job.name).sort()).toEqual(['c', 'd']);
  });
});

describe('Job.getDependencies', () => {
  test('pages through children of the kinds asked for', async () => {
    const { parent } = await family(
      on,
      Array.from({ length: 25 }, (_, i) => ({ name: 'a', opts: { jobId: `c${i}` } })),
    );
    const first = await parent.getDependencies({ unprocessed: {} });
    expect(first).toEqual({ unprocessed: expect.any(Array), nextUnprocessedCursor: 20 });
    const rest = await parent.getDependencies({ unprocessed: { cursor: 20, count: 20 } });
    expect(rest.nextUnprocessedCursor).toBe(0);
    const last = await parent.getDependencies({ unprocessed: { cursor: 20, count: 5 } });
    expect([last.unprocessed?.length, last.nextUnprocessedCursor]).toEqual([5, 0]);
    const none = await parent.getDependencies({ unprocessed: { cursor: -1, count: -1 } });
    expect(none.unprocessed).toEqual([]);
    expect(new Set([...first.unprocessed!, ...rest.unprocessed!]).size).toBe(25);
    expect(await parent.getDependenciesCount({ unprocessed: true })).toEqual({ unprocessed: 25 });
  });
});
