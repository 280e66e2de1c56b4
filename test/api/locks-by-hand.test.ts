import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../../lib';
import { useInstances } from '../helpers/instances';

const on = useInstances();

/** A job fetched by hand, whose lock lasts so many milliseconds. */
async function fetched(opts = {}, lockDuration = 30_000) {
  const queue = on.queue();
  await queue.add('a', {}, opts);
  const worker = on.worker(queue, null, { lockDuration });
  return { queue, worker, job: (await worker.getNextJob('t'))! };
}

describe('a job that was fetched by hand', () => {
  test.each<[string, (job: Job) => Promise<unknown>]>([
    ['moveToCompleted', (job) => job.moveToCompleted('x', undefined as never, false)],
    ['moveToFailed', (job) => job.moveToFailed(new Error('no'), undefined as never)],
  ])('is not finished by %s without a token', async (_, finish) => {
    const { queue, job } = await fetched();
    await expect(finish(job)).rejects.toMatchObject({
      message: 'Lock mismatch for job 1. Cmd moveToFinished from active',
      code: -6,
    });
    expect(await queue.getActiveCount()).toBe(1);
  });

  test('waits for the next fetch when it failed with a try left, whatever is to be fetched next', async () => {
    const { queue, worker, job } = await fetched({ attempts: 2 });
    expect(await job.moveToFailed(new Error('no'), 't', true)).toEqual([]);
    expect(await job.isWaiting()).toBe(true);
    expect((await worker.getNextJob('t'))?.id).toBe('1');
    expect(await queue.getActiveCount()).toBe(1);
  });
});

describe('jobs that were finished by hand', () => {
  test.each<[object, number[]]>([
    [{ removeOnComplete: { count: 0 }, removeOnFail: true }, [0, 0]],
    [{ removeOnComplete: { count: 1 }, removeOnFail: 1 }, [1, 1]],
    [{}, [2, 2]],
  ])('are kept as their worker says: %j', async (opts, kept) => {
    const queue = on.queue();
    const worker = on.worker(queue, null, opts);
    await queue.addBulk(['a', 'b', 'c', 'd'].map((name) => ({ name, data: {} })));
    for (let i = 0; i < 2; i++) {
      await (await worker.getNextJob('t'))!.moveToCompleted(1, 't', false);
      await (await worker.getNextJob('t'))!.moveToFailed(new Error('no'), 't');
    }
    expect([await queue.getCompletedCount(), await queue.getFailedCount()]).toEqual(kept);
  });
});

describe('a lock that has run out', () => {
  test('proves nothing any more, though nobody has taken the job over', async () => {
    const { job } = await fetched({}, 50);
    await sleep(80);
    expect(await job.extendLock('t', 1_000)).toBe(0);
    await expect(job.moveToDelayed(Date.now(), 't')).rejects.toMatchObject({ code: -2 });
    await expect(job.moveToCompleted('x', 't', false)).rejects.toMatchObject({
      message: 'Missing lock for job 1. moveToFinished',
      code: -2,
    });
    await expect(job.moveToFailed(new Error('no'), 't')).rejects.toMatchObject({ code: -2 });
    expect(await job.getState()).toBe('active');
  });

  test('keeps nobody from removing the job', async () => {
    const { queue, job } = await fetched({}, 50);
    await sleep(80);
    await job.remove();
    expect(await queue.getJobState('1')).toBe('unknown');
  });

  test('lasts when it was extended in time', async () => {
    const { job } = await fetched({}, 50);
    expect(await job.extendLock('t', 60_000)).toBe(1);
    await sleep(80);
    await expect(job.remove()).rejects.toThrow('locked by another worker');
    await job.moveToCompleted('x', 't', false);
    expect(await job.getState()).toBe('completed');
  });
});
