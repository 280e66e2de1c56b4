/** What BullMQ 6.7 on Redis tells of the same scenarios, run beside ours when these were written. */

import { DelayedError, type Job, UnrecoverableError, WaitingChildrenError } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

const ALL = [
  'added waiting active completed failed delayed progress removed drained paused resumed cleaned',
  'duplicated deduplicated stalled retries-exhausted waiting-children',
].flatMap((names) => names.split(' '));

/**
 * A queue, and its events as `<event> <job> <field>=<value>…`, where due times are `T`; `trace`
 * resolves when so many were heard.
 */
async function listening() {
  const queue = on.queue();
  const heard = record(await on.events(queue), ...ALL);
  const lines = () =>
    heard.map(([event, args]) => {
      const { jobId, ...fields } =
        typeof args === 'object' ? (args as Record<string, unknown>) : {};
      const values = Object.entries(fields).map(
        ([field, value]) => `${field}=${field === 'delay' ? 'T' : JSON.stringify(value)}`,
      );
      return [event, jobId, ...values].filter((part) => part !== undefined).join(' ');
    });
  const trace = async (count: number) => {
    await until(() => heard.length >= count, { message: `${count} events` }).catch(() => {});
    return lines();
  };
  return { queue, lines, trace };
}

describe('QueueEvents tell', () => {
  test('retryJobs: what was failed waits again', async () => {
    const { queue, trace } = await listening();
    const worker = on.worker(queue, async () => {
      throw new Error('no');
    });
    await queue.add('a', {});
    await trace(6);
    await worker.close();
    await queue.retryJobs({ state: 'failed' });
    expect((await trace(7)).slice(3)).toEqual([
      'failed 1 failedReason="no" prev="active"',
      'retries-exhausted 1 attemptsMade="1"',
      'drained',
      'waiting 1 prev="failed"',
    ]);
  });

  test('retry of a completed job', async () => {
    const { queue, trace } = await listening();
    const worker = on.worker(queue, async () => {});
    const { id } = await queue.add('a', {});
    await trace(5);
    await worker.close();
    const job = await queue.getJob(id!);
    await job!.retry('completed');
    expect((await trace(6)).slice(3)).toEqual([
      'completed 1 returnvalue=null prev="active"',
      'drained',
      'waiting 1 prev="completed"',
    ]);
  });

  test('promoteJobs: all that was delayed waits', async () => {
    const { queue, trace } = await listening();
    await queue.add('a', {}, { delay: 50_000 });
    await queue.add('b', {}, { delay: 60_000 });
    await queue.promoteJobs();
    expect(await trace(6)).toEqual([
      'added 1 name="a"',
      'delayed 1 delay=T',
      'added 2 name="b"',
      'delayed 2 delay=T',
      'waiting 1 prev="delayed"',
      'waiting 2 prev="delayed"',
    ]);
  });

  test('a retry with backoff: delayed, then waiting', async () => {
    const { queue, trace } = await listening();
    on.worker(queue, async () => {
      throw new Error('no');
    });
    await queue.add('a', {}, { attempts: 2, backoff: 20 });
    expect((await trace(9)).slice(2)).toEqual([
      'active 1 prev="waiting"',
      'delayed 1 delay=T',
      'waiting 1 prev="delayed"',
      'active 1 prev="waiting"',
      'failed 1 failedReason="no" prev="active"',
      'retries-exhausted 1 attemptsMade="2"',
      'drained',
    ]);
  });

  test('no exhausted retries of a job that gave the rest of them up', async () => {
    const { queue, trace } = await listening();
    on.worker(queue, async () => {
      throw new UnrecoverableError('no');
    });
    await queue.add('a', {}, { attempts: 3 });
    expect((await trace(5)).slice(3)).toEqual([
      'failed 1 failedReason="no" prev="active"',
      'drained',
    ]);
  });

  test('a processor that puts its job off', async () => {
    const { queue, trace } = await listening();
    on.worker(queue, async (job, token) => {
      if (job.attemptsStarted > 1) return;
      await job.moveToDelayed(Date.now() + 20, token);
      throw new DelayedError();
    });
    await queue.add('a', {});
    expect((await trace(7)).slice(2)).toEqual([
      'active 1 prev="waiting"',
      'delayed 1 delay=T',
      'waiting 1 prev="delayed"',
      'active 1 prev="waiting"',
      'completed 1 returnvalue=null prev="active"',
      'drained',
    ]);
  });

  test('a processor that waits for children it has added', async () => {
    const { queue, trace } = await listening();
    on.worker(queue, async (job: Job, token) => {
      if (job.name === 'child' || job.attemptsStarted > 1) return;
      const parent = { id: job.id!, queue: job.queueQualifiedName };
      await queue.add('child', {}, { parent });
      if (await job.moveToWaitingChildren(token!)) throw new WaitingChildrenError();
    });
    await queue.add('parent', {});
    expect(await trace(12)).toEqual([
      'added 1 name="parent"',
      'waiting 1',
      'active 1 prev="waiting"',
      'added 2 name="child"',
      'waiting 2',
      'waiting-children 1 prev="active"',
      'active 2 prev="waiting"',
      'waiting 1 prev="waiting-children"',
      'completed 2 returnvalue=null prev="active"',
      'active 1 prev="waiting"',
      'completed 1 returnvalue=null prev="active"',
      'drained',
    ]);
  });

  test('a parent with a delay: delayed when its last child is done', async () => {
    const { queue, trace } = await listening();
    await on.flow().add({
      name: 'p',
      queueName: queue.name,
      opts: { jobId: 'P', delay: 60_000 },
      children: [{ name: 'c', queueName: queue.name, opts: { jobId: 'C' } }],
    });
    on.worker(queue, async () => {});
    expect(await trace(7)).toEqual([
      'added P name="p"',
      'waiting-children P',
      'added C name="c"',
      'waiting C',
      'active C prev="waiting"',
      'delayed P delay=T',
      'completed C returnvalue=null prev="active"',
    ]);
  });

  test('a child that fails its parent', async () => {
    const { queue, trace } = await listening();
    await on.flow().add({
      name: 'p',
      queueName: queue.name,
      opts: { jobId: 'P' },
      children: [
        { name: 'c', queueName: queue.name, opts: { jobId: 'C', failParentOnFailure: true } },
      ],
    });
    on.worker(queue, async () => {
      throw new Error('no');
    });
    const told = await trace(12);
    expect(told.slice(4)).toEqual([
      'active C prev="waiting"',
      'waiting P prev="waiting-children"',
      'failed C failedReason="no" prev="active"',
      'retries-exhausted C attemptsMade="1"',
      'active P prev="waiting"',
      `failed P failedReason="child bull:${queue.name}:C failed" prev="active"`,
      'retries-exhausted P attemptsMade="1"',
      'drained',
    ]);
  });

  test('a stalled job: that it waits, then that it had stalled', async () => {
    const { queue, trace } = await listening();
    on.worker(queue, () => new Promise(() => {}), {
      lockDuration: 200,
      skipLockRenewal: true,
      stalledInterval: 50,
    });
    await queue.add('a', {});
    expect((await trace(5)).slice(2, 5)).toEqual([
      'active 1 prev="waiting"',
      'waiting 1 prev="active"',
      'stalled 1',
    ]);
  });

  test('no drained queue as long as jobs are delayed', async () => {
    const { queue, trace, lines } = await listening();
    await queue.add('later', {}, { delay: 60_000 });
    on.worker(queue, async () => {});
    await queue.add('now', {});
    await trace(6);
    await queue.promoteJobs();
    await until(() => lines().at(-1) === 'drained');
    expect(lines().filter((line) => /^(completed|drained)/.test(line))).toEqual([
      'completed 2 returnvalue=null prev="active"',
      'completed 1 returnvalue=null prev="active"',
      'drained',
    ]);
  });

  test('a completed job although it is removed at once', async () => {
    const { queue, trace } = await listening();
    on.worker(queue, async () => 1);
    await queue.add('a', {}, { removeOnComplete: true });
    expect((await trace(5)).slice(3)).toEqual([
      'completed 1 returnvalue=1 prev="active"',
      'drained',
    ]);
  });

  test('where removed jobs were', async () => {
    const { queue, trace } = await listening();
    const worker = on.worker(queue, async (job) => {
      if (job.name === 'bad') throw new Error('no');
    });
    await queue.addBulk(['good', 'bad'].map((name) => ({ name, data: {} })));
    await trace(10);
    await worker.close();
    for (const id of ['1', '2']) await queue.remove(id);
    await (await queue.add('urgent', {}, { priority: 1 })).remove();
    await (await queue.add('later', {}, { delay: 60_000 })).remove();
    expect((await trace(18)).filter((line) => line.startsWith('removed'))).toEqual([
      'removed 1 prev="completed"',
      'removed 2 prev="failed"',
      'removed 3 prev="prioritized"',
      'removed 4 prev="delayed"',
    ]);
  });

  test('deduplication: what was dropped for what', async () => {
    const { queue, trace } = await listening();
    await queue.add('a', {}, { deduplication: { id: 'd' } });
    await queue.add('a', {}, { deduplication: { id: 'd' } });
    expect(await trace(3)).toEqual([
      'added 1 name="a"',
      'waiting 1',
      'deduplicated 1 deduplicationId="d" deduplicatedJobId="2"',
    ]);
  });

  test('the jobs of a scheduler', async () => {
    const { queue, trace } = await listening();
    await queue.upsertJobScheduler('s', { every: 60_000 }, { name: 'n' });
    const told = await trace(2);
    expect(told.map((line) => line.replace(/\d{13}/, 'slot'))).toEqual([
      'added repeat:s:slot name="n"',
      'waiting repeat:s:slot',
    ]);
  });
});
