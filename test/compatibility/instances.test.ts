import { type FlowProducerListener, QueueEventsProducer } from '../../lib';
import { useInstances } from '../helpers/instances';

const on = useInstances();

describe('instances', () => {
  test('have the members that all of BullMQ’s have', async () => {
    const queue = on.queue();
    const producer = new QueueEventsProducer(queue.name, { connection: on.url });
    const ofQueue = [queue, on.worker(queue, null), await on.events(queue), producer];
    for (const instance of ofQueue) {
      expect(instance.name).toBe(queue.name);
      expect(instance.backend).toBe(instance.getBackend());
    }
    for (const instance of [...ofQueue, on.flow()]) {
      const { rows } = await instance.getBackend().connection.pool.query('select 1 as one');
      expect(rows).toEqual([{ one: 1 }]);
      expect(instance.getBackend()).not.toHaveProperty('client');
    }
    const job = await queue.add('a', {});
    expect([job.queueName, job.prefix, job.name]).toEqual([queue.name, 'bull', 'a']);
    await producer.disconnect();
    expect(producer.closing).toBe(producer.close());
  });

  test('have a JSON', async () => {
    const queue = on.queue();
    const { name, qualifiedName } = queue;
    const json = JSON.stringify({ name, prefix: 'bull', qualifiedName });
    const events = await on.events(queue);
    expect([queue, on.worker(queue, null), events].map((one) => JSON.stringify(one))).toEqual([
      json,
      json,
      json,
    ]);
    expect(JSON.stringify(on.flow())).toBe('{"prefix":"bull"}');
  });

  test('type and chain their listeners', async () => {
    const queue = on.queue();
    const heard: string[] = [];
    const listener = (job: { id?: string }) => heard.push(`on ${job.id}`);
    const chained = queue
      .on('waiting', listener)
      .once('waiting', (job) => heard.push(`once ${job.id}`))
      .on('ioredis:close', () => heard.push('never'));
    expect(chained).toBe(queue);
    await queue.add('a', {});
    await queue.add('a', {});
    expect(queue.off('waiting', listener)).toBe(queue);
    await queue.add('a', {});
    expect(heard).toEqual(['on 1', 'once 1', 'on 2']);

    const flow = on.flow();
    const errors: string[] = [];
    flow.on('error', (error) => errors.push(error.message));
    interface Own extends FlowProducerListener {
      custom: () => void;
    }
    flow.on<Own>('custom', () => {
      throw new Error('in a listener');
    });
    flow.emit<Own>('custom');
    expect(errors).toEqual(['in a listener']);
  });
});
