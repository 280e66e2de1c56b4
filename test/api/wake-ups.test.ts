/** Who is told of new jobs, and when: a committing NOTIFY takes a lock that is global to the server. */

import type { Queue } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { deferred, until } from '../helpers/wait';

const on = useInstances();

/** Counts the notifications of a queue up to now. */
async function ear(queue: Queue) {
  const [{ channel }] = (await on.sql("select tuskmq.channel_of('wake', $1) as channel", [
    await queue.queueId(),
  ])) as [{ channel: string }];
  const client = await on.client();
  let heard = 0;
  let marks = 0;
  client.on('notification', (message) => {
    if (message.channel === channel) heard++;
    else marks++;
  });
  await client.query(`listen "${channel}"; listen mark`);
  return async () => {
    const before = marks;
    await on.sql("select pg_notify('mark', '')");
    // Notifications come in the order of the commits.
    await until(() => marks > before);
    return heard;
  };
}

const rowOf = async (queue: Queue) => {
  const [row] = await on.sql<{ hungry: boolean }>(
    'select hungry from tuskmq.worker where queue_id = $1',
    [await queue.queueId()],
  );
  return row;
};

test('a producer notifies nobody while all slots are busy', async () => {
  const queue = on.queue();
  const gate = deferred();
  const worker = on.worker(queue, () => gate.promise, { concurrency: 2 });
  const active = record(worker, 'active');
  const completed = record(worker, 'completed');
  await queue.addBulk([1, 2].map(() => ({ name: 'job', data: {} })));
  await until(() => active.length === 2);
  await until(async () => (await rowOf(queue))?.hungry === false);
  const heard = await ear(queue);
  const before = await heard();
  for (let i = 0; i < 5; i++) await queue.add('job', {});
  await queue.addBulk([1, 2, 3].map(() => ({ name: 'job', data: {} })));
  expect(await heard()).toBe(before);
  gate.resolve();
  await until(() => completed.length === 10);
});

test('a worker with nothing to do is told of each job, once', async () => {
  const queue = on.queue();
  const worker = on.worker(queue, async () => {});
  const drained = record(worker, 'drained');
  const heard = await ear(queue);
  for (let i = 1; i <= 3; i++) {
    // Once at its start, and after each job.
    await until(() => drained.length === i);
    await until(async () => (await rowOf(queue))?.hungry === true);
    const before = await heard();
    await queue.add('job', {});
    await until(() => drained.length === i + 1);
    expect((await heard()) - before).toBe(1);
  }
});
