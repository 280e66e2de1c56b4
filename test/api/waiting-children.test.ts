import { type Job, type Processor, WaitingChildrenError, WaitingError } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** Runs one job to its end; resolves to it as stored, and to what its worker told. */
async function run(processor: Processor, opts = {}) {
  const queue = on.queue();
  const worker = on.worker(queue, processor);
  const heard = record(worker, 'active', 'completed', 'failed', 'error');
  const counted: [number, number][] = [];
  worker.on('active', (job) => counted.push([job.attemptsMade, job.attemptsStarted]));
  await queue.add('steps', { step: 'first' }, opts);
  const ends = async () => ['completed', 'failed'].includes(await queue.getJobState('1'));
  await until(ends);
  await until(() => heard.some(([event]) => event === 'completed' || event === 'failed'));
  return { job: (await queue.getJob('1'))!, heard: heard.map(([event]) => event), counted, queue };
}

describe('moveToWaitingChildren', () => {
  test('resolves to false when nothing is pending, and the job goes on', async () => {
    const { job, counted } = await run(async (job, token) => job.moveToWaitingChildren(token));
    expect([job.returnvalue, counted]).toEqual([false, [[0, 1]]]);
  });

  test('waits for children that were added at run time, then has their values', async () => {
    const children = on.queue();
    on.worker(children, async (job) => job.name.toUpperCase());
    const { job, counted } = await run(async (job, token) => {
      if (job.data.step === 'first') {
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await children.add('x', {}, { parent });
        await children.addBulk(['y', 'z'].map((name) => ({ name, data: {}, opts: { parent } })));
        await job.updateData({ step: 'second' });
      }
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      return job.getChildrenValues();
    });
    expect(job.returnvalue).toEqual(
      Object.fromEntries(['X', 'Y', 'Z'].map((v, i) => [`bull:${children.name}:${i + 1}`, v])),
    );
    expect(counted.length).toBeLessThanOrEqual(2);
    expect(job.attemptsMade).toBe(1);
  });

  test('adds the values of later steps to those of earlier ones', async () => {
    const children = on.queue();
    on.worker(children, async (job) => job.data);
    const { job } = await run(async (job, token) => {
      const next: Record<string, string> = { first: 'second', second: 'third' };
      const step = next[job.data.step];
      if (step) {
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await children.add('c', job.data.step, { parent, jobId: job.data.step });
        await job.updateData({ step });
      }
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      if (step) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      return Object.values(await job.getChildrenValues());
    });
    expect((job.returnvalue as string[]).sort()).toEqual(['first', 'second']);
  });

  test('can wait for one child alone', async () => {
    const queue = on.queue();
    const children = on.queue();
    await queue.add('parent', {});
    const worker = on.worker(queue, null);
    const job = (await worker.getNextJob('t'))!;
    const parent = { id: job.id!, queue: queue.qualifiedName };
    await children.addBulk(
      ['a', 'b'].map((jobId) => ({ name: 'c', data: {}, opts: { parent, jobId } })),
    );
    const first = (await on.worker(children, null).getNextJob('u'))!;
    await first.moveToCompleted('r', 'u', false);
    const child = (id: string) => ({ child: { id, queue: children.qualifiedName } });
    expect(await job.moveToWaitingChildren('t', child('a'))).toBe(false);
    await expect(job.moveToWaitingChildren('wrong')).rejects.toMatchObject({
      message: 'Lock mismatch for job 1. Cmd moveToWaitingChildren from active',
      code: -6,
    });
    expect(await job.moveToWaitingChildren('t', child('b'))).toBe(true);
    expect(await job.getState()).toBe('waiting-children');
  });

  test('is refused once a child has failed that fails its parent', async () => {
    const queue = on.queue();
    await queue.add('parent', {});
    const job = (await on.worker(queue, null).getNextJob('t'))! as Job;
    const parent = { id: job.id!, queue: queue.qualifiedName };
    const children = on.queue();
    await children.add('c', {}, { parent, failParentOnFailure: true });
    const child = (await on.worker(children, null).getNextJob('u'))!;
    await child.moveToFailed(new Error('no'), 'u');
    await expect(job.moveToWaitingChildren('t')).rejects.toMatchObject({
      name: 'UnrecoverableError',
      message:
        'Cannot complete job 1 because it has at least one failed child. moveToWaitingChildren',
      code: -9,
    });
  });
});
