import type { Job, Processor } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** A queue whose one job `j` is run by this processor. */
async function start(processor: Processor, opts = {}) {
  const queue = on.queue();
  const worker = on.worker(queue, processor);
  const heard = record(worker, 'completed', 'failed', 'error');
  await queue.add('job', {}, { jobId: 'j', ...opts });
  const inState = (state: string) => until(async () => (await queue.getJobState('j')) === state);
  const ended = async () => {
    await until(() => heard.some(([event]) => event === 'completed' || event === 'failed'));
    return (await queue.getJob('j')) as Job;
  };
  return { queue, worker, heard, inState, ended };
}

describe('job.sleep', () => {
  test('frees the worker, and resumes behind the finished steps when the time has come', async () => {
    const done: string[] = [];
    const { queue, inState, ended } = await start(async (job) => {
      if (job.name === 'other') return done.push('other');
      await job.step('before', async () => done.push('before'));
      await job.sleep('nap', 300);
      return done.push('after');
    });
    await inState('delayed');
    await queue.add('other', {});
    await until(() => done.includes('other'));
    await ended();
    await until(() => done.length === 3);
    expect(done).toEqual(['before', 'other', 'after']);
    await until(() => queue.getJobState('j').then((state) => state === 'completed'));
    expect(await queue.getJob('j')).toMatchObject({
      attemptsMade: 1,
      attemptsStarted: 2,
      stalledCounter: 0,
    });
  });

  test('sleeps until a date, and not at all when that is past', async () => {
    const { ended } = await start(async (job) => {
      await job.sleep('past', new Date(0));
      const startedAt = job.attemptsStarted;
      await job.sleep('soon', new Date(Date.now() + 1_000));
      return [startedAt, job.attemptsStarted];
    });
    expect((await ended()).returnvalue).toEqual([2, 2]);
  });

  test('goes back to sleep when it was woken too early, until the first time', async () => {
    const { queue, inState, ended } = await start(async (job) => {
      await job.sleep('nap', 400);
      return job.attemptsStarted;
    });
    await inState('delayed');
    const [before] = await queue.getJobSteps('j');
    await (await queue.getJob('j'))!.promote();
    const job = await ended();
    expect(job.returnvalue).toBe(3);
    const [after] = await queue.getJobSteps('j');
    expect([after!.wakeAt, after!.state]).toEqual([before!.wakeAt, 'completed']);
    expect(job.finishedOn).toBeGreaterThanOrEqual(after!.wakeAt!);
  });

  test('ends the run also when the processor catches its error', async () => {
    const done: string[] = [];
    const { ended } = await start(async (job) => {
      await job.sleep('nap', 20).catch(() => done.push('caught'));
      await job.step('after', async () => done.push('after'));
      return 'done';
    });
    expect((await ended()).returnvalue).toBe('done');
    expect(done).toEqual(['caught', 'after']);
  });

  test('refuses what is no time', async () => {
    const { ended } = await start((job) => job.sleep('nap', Number.NaN));
    expect((await ended()).failedReason).toMatch(/expects milliseconds, or a valid Date/);
  });
});

describe('job.waitForSignal', () => {
  test('frees the worker until the signal comes, whose payload it returns in every later run', async () => {
    const seen: unknown[] = [];
    const { queue, inState, ended } = await start(
      async (job) => {
        seen.push(await job.waitForSignal('approved'));
        if (job.attemptsMade === 0) throw new Error('once more');
        return seen;
      },
      { attempts: 2 },
    );
    await inState('delayed');
    expect(await queue.getJobSteps('j')).toMatchObject([
      { name: 'approved', kind: 'signal', state: 'waiting', signal: 'approved' },
    ]);
    await queue.signal('j', 'approved', { by: 'ada' });
    await ended();
    await until(async () => (await queue.getJobState('j')) === 'completed');
    expect(seen).toEqual([{ by: 'ada' }, { by: 'ada' }]);
    expect((await queue.getJob('j'))?.attemptsMade).toBe(2);
  });

  test('takes signals that came before, each once and in order', async () => {
    const queue = on.queue();
    await queue.add('job', {}, { jobId: 'j' });
    await queue.signal('j', 'item', 1);
    await queue.signal('j', 'item', 2);
    await queue.signal('j', 'other');
    expect(await queue.getJobSteps('j')).toMatchObject([
      { name: 'item', state: 'unread', result: 1 },
      { name: 'item', state: 'unread', result: 2 },
      { name: 'other', state: 'unread', result: null },
    ]);
    const worker = on.worker(queue, async (job) => [
      await job.waitForSignal('item'),
      await job.waitForSignal('item', { step: 'item 2' }),
      await job.waitForSignal('item', { step: 'item 3', timeout: 1 }),
      await job.waitForSignal('other'),
    ]);
    const heard = record(worker, 'completed');
    await until(() => heard.length > 0);
    expect((await queue.getJob('j'))?.returnvalue).toEqual([1, 2, null, null]);
    expect((await queue.getJobSteps('j')).map(({ state }) => state)).toEqual([
      'completed',
      'completed',
      'timed-out',
      'completed',
    ]);
  });

  test('returns undefined when none comes in time, then and in later runs', async () => {
    const seen: unknown[] = [];
    const { ended, queue } = await start(
      async (job) => {
        seen.push(await job.waitForSignal('approved', { timeout: 20 }));
        if (job.attemptsMade === 0) {
          await queue.signal('j', 'approved', 'too late');
          throw new Error('once more');
        }
      },
      { attempts: 2 },
    );
    await ended();
    await until(async () => (await queue.getJobState('j')) === 'completed');
    expect(seen).toEqual([undefined, undefined]);
  });

  test('hears a signal of a transaction when that commits, and never one that is rolled back', async () => {
    const { queue, inState, ended } = await start((job) => job.waitForSignal('go'));
    await inState('delayed');
    const client = await on.client();
    await client.query('begin');
    await queue.withTransaction(client).signal('j', 'go', 'undone');
    await client.query('rollback');
    expect(await queue.getJobState('j')).toBe('delayed');
    await client.query('begin');
    await queue.withTransaction(client).signal('j', 'go', 'done');
    await client.query('commit');
    expect((await ended()).returnvalue).toBe('done');
  });

  test('does not cut a backoff short when the signal comes during it', async () => {
    const { queue } = await start(
      async (job) => {
        if (job.attemptsStarted === 2) throw new Error('woken');
        return job.waitForSignal('go');
      },
      { attempts: 2, backoff: 60_000 },
    );
    const delayed = () => queue.getJobState('j').then((state) => state === 'delayed');
    await until(delayed);
    await (await queue.getJob('j'))!.promote();
    await until(async () => (await queue.getJob('j'))?.failedReason === 'woken' && delayed());
    await queue.signal('j', 'go', 1);
    expect(await queue.getJobState('j')).toBe('delayed');
    expect(await queue.getJobSteps('j')).toMatchObject([{ state: 'completed', result: 1 }]);
  });

  test('may stand beside others: each takes what is its own', async () => {
    const { queue, inState, ended, heard } = await start((job) =>
      Promise.all(['a', 'b'].map((name) => job.waitForSignal(name))),
    );
    await inState('delayed');
    await queue.signal('j', 'b', 2);
    await queue.signal('j', 'a', 1);
    expect((await ended()).returnvalue).toEqual([1, 2]);
    expect(heard.map(([event]) => event)).toEqual(['completed']);
  });

  test('goes on when a signal and its worker come together', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, (job) => job.waitForSignal('go'), { concurrency: 20 });
    const heard = record(worker, 'completed');
    const jobs = await queue.addBulk(Array.from({ length: 50 }, () => ({ name: 'job', data: {} })));
    await Promise.all(jobs.map((job) => queue.signal(job.id!, 'go', job.id)));
    await until(() => heard.length === 50);
    for (const [, job, result] of heard) expect(result).toBe((job as Job).id);
  });
});

describe('queue.signal', () => {
  test('rejects for a job that does not exist, or has finished', async () => {
    const { queue, ended } = await start(async () => {});
    await ended();
    await expect(queue.signal('unknown', 'go')).rejects.toMatchObject({ code: -1 });
    await expect(queue.signal('j', 'go')).rejects.toMatchObject({
      code: -3,
      message: 'Job j is not in the unfinished state. signal',
    });
  });
});

describe('job.waitForChildren', () => {
  test('goes on at once when none is pending, and fails with a child that fails its parent', async () => {
    const children = on.queue();
    on.worker(children, async () => {
      throw new Error('broken');
    });
    const { ended } = await start(async (job) => {
      const none = await job.waitForChildren('nobody');
      await job.step('add', async ({ tx }) => {
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await children
          .withTransaction(tx)
          .add('child', {}, { jobId: 'c', parent, failParentOnFailure: true });
      });
      await job.waitForChildren();
      return none;
    });
    expect((await ended()).failedReason).toBe(`child bull:${children.name}:c failed`);
  });

  test('fails for the same reason when the child has failed before it is waited for', async () => {
    const children = on.queue();
    const failed = record(
      on.worker(children, async () => {
        throw new Error('broken');
      }),
      'failed',
    );
    let runs = 0;
    const { ended } = await start(
      async (job) => {
        runs++;
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await children.add('child', {}, { jobId: 'c', parent, failParentOnFailure: true });
        await until(() => failed.length === 1);
        await job.waitForChildren();
      },
      { attempts: 3 },
    );
    expect((await ended()).failedReason).toBe(`child bull:${children.name}:c failed`);
    expect(runs).toBe(1);
  });
});
