import { useInstances } from '../helpers/instances';

const on = useInstances();

describe('a flow producer', () => {
  test('names keys under its prefix', () => {
    const flow = on.flow({ prefix: 'p' });
    expect(flow.toKey('q', 'wait')).toBe('p:q:wait');
    expect(flow.keys['wait']).toBe('p::wait');
    expect(on.flow().toKey('q', 'wait')).toBe('bull:q:wait');
  });

  test('is ready when its database answers', async () => {
    await expect(on.flow().waitUntilReady()).resolves.toBeUndefined();
    const lost = on.flow({ connection: 'postgres://127.0.0.1:1/none' });
    await expect(lost.waitUntilReady()).rejects.toThrow('ECONNREFUSED');
  });

  test('adds nothing once it is closing', async () => {
    const queue = on.queue();
    const flow = on.flow();
    const closed = flow.close();
    expect(flow.closing).toBe(closed);
    expect(await flow.add({ name: 'a', queueName: queue.name })).toBeUndefined();
    expect(await flow.addBulk([{ name: 'a', queueName: queue.name }])).toBeUndefined();
    await closed;
    expect(await queue.count()).toBe(0);
  });

  test('refuses deduplication where a job that is not added would leave others hanging', async () => {
    const queueName = on.name();
    const deduplication = { id: 'x', keepLastIfActive: true };
    await expect(
      on.flow().add({
        name: 'a',
        queueName,
        opts: { deduplication } as object,
        children: [{ name: 'b', queueName }],
      }),
    ).rejects.toThrow('Deduplication options cannot be used on flow nodes with children');
    await expect(
      on.flow().add({
        name: 'a',
        queueName,
        children: [{ name: 'b', queueName, opts: { deduplication } as object }],
      }),
    ).rejects.toThrow('keepLastIfActive deduplication cannot be used on flow nodes with a parent');
    expect(await on.queue(queueName).getJobs()).toEqual([]);
  });
});
