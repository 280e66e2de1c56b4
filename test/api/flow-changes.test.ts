import { type FlowJob, type Queue, WaitingChildrenError, type Worker } from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** A parent with the id P in one queue, and children with ids of their own in another. */
async function flow(...children: Partial<FlowJob>[]) {
  const parents = on.queue();
  const queue = on.queue();
  const producer = on.flow();
  const add = (id: string) =>
    producer.add({
      name: id,
      queueName: parents.name,
      opts: { jobId: id },
      children: children.map((child) => ({ name: 'child', queueName: queue.name, ...child })),
    });
  await add('P');
  const state = async (id: string, of: Queue = parents) => of.getJobState(id);
  return { parents, queue, add, state };
}

const completed = (queue: Queue, count: number) =>
  until(async () => (await queue.getCompletedCount()) === count);

describe('a job whose parent is gone', () => {
  test('joins a new parent, which waits for it', async () => {
    const { parents, queue, add, state } = await flow({ opts: { jobId: 'A' } });
    await (await parents.getJob('P'))!.remove({ removeChildren: false });
    await add('P2');
    expect((await queue.getJob('A'))?.parentKey).toBe(`${parents.qualifiedName}:P2`);
    const parent = (await parents.getJob('P2'))!;
    expect(await parent.getDependenciesCount()).toMatchObject({ unprocessed: 1 });
    on.worker(queue, async () => 'done');
    await until(async () => (await state('P2')) === 'waiting');
  });

  test('counts at once as done for a new parent when it is completed', async () => {
    const { parents, queue, add, state } = await flow({ opts: { jobId: 'A' } });
    on.worker(queue, async () => 'done');
    await completed(queue, 1);
    await (await parents.getJob('P'))!.remove({ removeChildren: false });
    await add('P2');
    expect(await state('P2')).toBe('waiting');
  });
});

test('children that got a new parent while they ran release it, also when they end at the same moment', async () => {
  const { parents, queue, add, state } = await flow(
    { opts: { jobId: 'A' } },
    { opts: { jobId: 'B' } },
  );
  const hands = on.worker(queue, null);
  await hands.getNextJob('t');
  await hands.getNextJob('t');
  await (await parents.getJob('P'))!.remove({ removeChildren: false });
  await add('P2');
  const [one, other] = [await on.client(), await on.client()];
  await one.query('begin');
  await other.query('begin');
  // As a worker reports them: under the parent that they had when they were claimed.
  const reported = {
    token: 't',
    outcome: 'completed',
    value: '1',
    has_parent: true,
    parent_id: 'P',
  };
  const settle = async (client: typeof one, id: string) =>
    client.query('select tuskmq.settle_jobs($1, $2)', [
      await queue.queueId(),
      JSON.stringify([{ ...reported, id, parent_queue_id: await parents.queueId() }]),
    ]);
  await settle(one, 'A');
  const second = settle(other, 'B');
  await until(async () => {
    const [row] = await on.sql('select from pg_locks where not granted');
    return row !== undefined;
  });
  await one.query('commit');
  await second;
  await other.query('commit');
  expect(await state('P2')).toBe('waiting');
});

describe('a failed child that is retried', () => {
  test('is a pending child again, so that a parent that failed for it can be retried', async () => {
    const { parents, queue } = await flow({
      opts: { jobId: 'A', failParentOnFailure: true },
    });
    let fails = true;
    on.worker(queue, async () => {
      if (fails) throw new Error('no');
      return 'at last';
    });
    on.worker(parents, (job) => job.getChildrenValues());
    await until(async () => (await parents.getFailedCount()) === 1);
    fails = false;
    await (await queue.getJob('A'))!.retry();
    await completed(queue, 1);
    const parent = (await parents.getJob('P'))!;
    expect(await parent.getDependenciesCount()).toEqual({
      processed: 1,
      unprocessed: 0,
      ignored: 0,
      failed: 0,
    });
    await parent.retry();
    await completed(parents, 1);
    expect((await parents.getJob('P'))?.returnvalue).toEqual({
      [`${queue.qualifiedName}:A`]: 'at last',
    });
  });

  test('of several that fail their parent, the last gives the reason', async () => {
    const { parents, queue } = await flow(
      { opts: { jobId: 'A', failParentOnFailure: true } },
      { opts: { jobId: 'B', failParentOnFailure: true, priority: 5 } },
    );
    on.worker(queue, async () => {
      throw new Error('no');
    });
    await until(async () => (await queue.getFailedCount()) === 2);
    on.worker(parents, async () => {});
    await until(async () => (await parents.getFailedCount()) === 1);
    expect((await parents.getJob('P'))?.failedReason).toBe(`child ${queue.qualifiedName}:B failed`);
  });
});

describe('removing unprocessed children', () => {
  test('leaves those alone that have failed, and those that run', async () => {
    const { parents, queue } = await flow(
      ...['done', 'failed', 'active', 'waits'].map((id) => ({ name: id, opts: { jobId: id } })),
    );
    const hands: Worker = on.worker(queue, null);
    await (await hands.getNextJob('t'))!.moveToCompleted('yes', 't', false);
    await (await hands.getNextJob('t'))!.moveToFailed(new Error('no'), 't');
    await hands.getNextJob('t');
    const parent = (await parents.getJob('P'))!;
    await parent.removeUnprocessedChildren();
    const { unprocessed } = await parent.getDependencies({});
    expect(unprocessed).toEqual(['active', 'failed'].map((id) => `${queue.qualifiedName}:${id}`));
    expect(await queue.getJobState('waits')).toBe('unknown');
  });

  test('leaves what has finished beneath them, with its result', async () => {
    const queue = on.queue();
    const child = (id: string, children: FlowJob[] = []): FlowJob => ({
      name: id,
      queueName: queue.name,
      opts: { jobId: id },
      children,
    });
    await on.flow().add(child('p', [child('k', [child('done'), child('waits')])]));
    const hands: Worker = on.worker(queue, null);
    await (await hands.getNextJob('t'))!.moveToCompleted('yes', 't', false);
    await (await queue.getJob('p'))!.removeUnprocessedChildren();
    const states = ['p', 'k', 'done', 'waits'].map((id) => queue.getJobState(id));
    expect(await Promise.all(states)).toEqual(['waiting', 'unknown', 'completed', 'unknown']);
    expect((await queue.getJob('done'))!.returnvalue).toBe('yes');
  });
});

describe('a queue that is emptied of the last children', () => {
  test.each<[string, (queue: Queue) => Promise<unknown>]>([
    ['clean', (queue) => queue.clean(0, 0, 'wait')],
    ['drain', (queue) => queue.drain()],
    ['drain, delayed too', (queue) => queue.drain(true)],
  ])('by %s loses the parents above them, which never run', async (_, empty) => {
    const queue = on.queue();
    const queueName = queue.name;
    const leaves = [1, 2].map((n) => ({ name: `leaf ${n}`, queueName }));
    await on.flow().add({
      name: 'root',
      queueName,
      opts: { delay: 10_000 },
      children: [{ name: 'middle', queueName, opts: { priority: 3 }, children: leaves }],
    });
    await empty(queue);
    expect(await queue.count()).toBe(0);
    expect(await on.sql('select from tuskmq.jobs where queue = $1', [queueName])).toEqual([]);
  });

  test('leaves a parent in another queue to run', async () => {
    const { parents, queue, state } = await flow({ opts: { jobId: 'A', delay: 60_000 } });
    expect(await queue.clean(0, 0, 'delayed')).toEqual(['A']);
    expect(await state('P')).toBe('waiting');
    expect(await parents.count()).toBe(1);
  });
});

describe('the jobs of a flow', () => {
  test('run level by level', async () => {
    const queueName = on.name();
    const queue = on.queue(queueName);
    const node = (name: string, ...children: FlowJob[]): FlowJob => ({
      name,
      queueName,
      ...(children.length > 0 && { children }),
    });
    await on
      .flow()
      .addBulk([
        node('r', node('a', node('a1'), node('a2')), node('b'), node('d', node('d1', node('d11')))),
        node('s', node('e')),
      ]);
    const names = (await queue.getWaiting()).map(({ name }) => name);
    expect(names).toEqual(['b', 'e', 'a1', 'a2', 'd11']);
  });

  test('carry the id of the job that stands for a deduplicated root', async () => {
    const queueName = on.name();
    const root = (jobId: string): FlowJob => ({
      name: 'root',
      queueName,
      opts: { jobId, deduplication: { id: 'x', ttl: 60_000 } },
    });
    expect((await on.flow().add(root('A'))).job.id).toBe('A');
    expect((await on.flow().add(root('B'))).job.id).toBe('A');
  });
});

describe('a child', () => {
  test('that was detached has no parent when it is read again', async () => {
    const { queue } = await flow({ opts: { jobId: 'A' } });
    await (await queue.getJob('A'))!.removeChildDependency();
    const child = (await queue.getJob('A'))!;
    expect([child.parent, child.parentKey]).toEqual([undefined, undefined]);
  });

  test('that is done already is not detached, and says so each time', async () => {
    const { parents, queue } = await flow({ opts: { jobId: 'A' } }, { opts: { jobId: 'B' } });
    const hands: Worker = on.worker(queue, null);
    await (await hands.getNextJob('t'))!.moveToCompleted('yes', 't', false);
    for (let i = 0; i < 2; i++) {
      const child = (await queue.getJob('A'))!;
      expect(await child.removeChildDependency()).toBe(false);
      expect(child.parentKey).toBe(`${parents.qualifiedName}:P`);
    }
    await (await queue.getJob('A'))!.retry('completed');
    expect(await (await parents.getJob('P'))!.getDependenciesCount({ unprocessed: true })).toEqual({
      unprocessed: 2,
    });
  });

  test.each([
    ['failParentOnFailure', 'fpof'],
    ['removeDependencyOnFailure', 'rdof'],
    ['ignoreDependencyOnFailure', 'idof'],
    ['continueParentOnFailure', 'cpof'],
  ])('with %s is marked with it', async (option, mark) => {
    const { parents, queue } = await flow({ opts: { jobId: 'A', [option]: true } });
    const parent = { id: 'P', queueKey: parents.qualifiedName, [mark]: true };
    expect((await queue.getJob('A'))?.parent).toEqual(parent);
    expect((await queue.getJob('A'))?.toJSON()).toMatchObject({ parent });
  });
});

describe('the events of a flow', () => {
  test('tell that a parent was added before its children let it run', async () => {
    const { queue, add, parents } = await flow({ opts: { jobId: 'A' } });
    on.worker(queue, async () => 'done');
    await completed(queue, 1);
    await (await parents.getJob('P'))!.remove({ removeChildren: false });
    const events = await on.events(parents);
    const heard: string[] = [];
    for (const event of ['added', 'waiting-children', 'waiting'] as const) {
      events.on(event, () => heard.push(event));
    }
    await add('P2');
    await until(() => heard.length === 3);
    expect(heard).toEqual(['added', 'waiting-children', 'waiting']);
  });

  test('do not tell that a queue is drained when its last job waits for children', async () => {
    const parents = on.queue();
    const children = on.queue();
    const events = await on.events(parents);
    const heard: string[] = [];
    for (const event of ['waiting-children', 'completed', 'drained'] as const) {
      events.on(event, () => heard.push(event));
    }
    on.worker(parents, async (job, token) => {
      if (job.attemptsStarted > 1) return;
      const parent = { id: job.id!, queue: job.queueQualifiedName };
      await children.add('child', {}, { parent });
      if (await job.moveToWaitingChildren(token!)) throw new WaitingChildrenError();
    });
    await parents.add('parent', {});
    await until(() => heard.includes('waiting-children'));
    on.worker(children, async () => {});
    await until(() => heard.includes('drained'));
    expect(heard).toEqual(['waiting-children', 'completed', 'drained']);
  });
});
