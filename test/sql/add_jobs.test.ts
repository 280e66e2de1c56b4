import { useInstances } from '../helpers/instances';

const on = useInstances();

describe('add_jobs', () => {
  test('answers in the order of the call, whatever queues its jobs are of', async () => {
    const queues = [on.queue(), on.queue(), on.queue()];
    const ids = await Promise.all(queues.map((queue) => queue.queueId()));
    const order = [2, 0, 1, 0, 2].map((at) => ids[at]!);
    const specs = order.map((queue_id, position) => ({
      position,
      unit: position,
      queue_id,
      id: position % 2 === 0 ? `own-${position}` : '',
      name: 'a',
      data: '{}',
      opts: '{}',
    }));
    const [row] = await on.sql<{ r: string }>('select tuskmq.add_jobs($1) as r', [
      JSON.stringify(specs),
    ]);
    expect(JSON.parse(row!.r).ids).toEqual(['own-0', '1', 'own-2', '2', 'own-4']);
    expect(await queues[0]!.getWaitingCount()).toBe(2);
  });
});
