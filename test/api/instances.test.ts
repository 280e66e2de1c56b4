import {
  FlowProducer,
  Job,
  Queue,
  type QueueBase,
  QueueEvents,
  type QueueEventsListener,
  QueueEventsProducer,
  Worker,
} from '../../lib';
import { useInstances } from '../helpers/instances';

const on = useInstances();

const probed = [
  'then',
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
  'IS_BEE',
  'getGroups',
];

describe('instances', () => {
  test('have their methods on the prototype, where they can be replaced', () => {
    for (const [type, methods] of [
      [Queue, ['add', 'addBulk', 'getJob', 'getJobs', 'getJobCounts', 'pause', 'withTransaction']],
      [Worker, ['run', 'pause', 'resume', 'getNextJob', 'cancelJob', 'close']],
      [FlowProducer, ['add', 'addBulk', 'getFlow', 'withTransaction', 'close']],
      [QueueEvents, ['run', 'close', 'on']],
      [QueueEventsProducer, ['publishEvent', 'close']],
      [Job, ['updateData', 'moveToDelayed', 'log', 'toJSON', 'withTransaction']],
    ] as const) {
      for (const method of methods) {
        expect([type.name, method, typeof type.prototype[method as never]]).toEqual([
          type.name,
          method,
          'function',
        ]);
        let owner: object = type.prototype;
        while (!Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner);
        expect(Object.getOwnPropertyDescriptor(owner, method)).toMatchObject({ writable: true });
      }
    }
  });

  test('leave undefined what containers and dashboards probe for, and take what these assign', async () => {
    const queue = on.queue();
    const instances = [queue, on.worker(queue, null), on.flow(), await on.events(queue)];
    for (const instance of instances as unknown as Record<string, unknown>[]) {
      expect(probed.filter((name) => instance[name] !== undefined)).toEqual([]);
      expect(Object.isExtensible(instance)).toBe(true);
      expect(await instance).toBe(instance);
    }
    Object.assign(queue, { IS_BULLMQ: true });
    expect(queue).toHaveProperty('IS_BULLMQ', true);
  });

  test('keep their options as given, and tolerate those they do not know', () => {
    const connection = { connectionString: on.url };
    const opts = { connection, sharedConnection: undefined, configKey: 'x', processors: [] };
    for (const instance of [
      on.queue(on.name(), opts),
      on.worker(on.name(), null, opts),
      on.flow(opts),
    ]) {
      expect(instance.opts.connection).toBe(connection);
      expect(instance.opts).toHaveProperty('configKey', 'x');
    }
  });

  test('chain listeners off the constructor', async () => {
    const worker = on.worker(on.name(), null);
    const listener = () => {};
    expect(
      worker.on('completed', listener).once('failed', listener).off('completed', listener),
    ).toBe(worker);
    const events = await on.events({ name: on.name() });
    type Own = QueueEventsListener & { 'anything:1': typeof listener };
    expect(events.on('completed', listener).on<Own>('anything:1', listener)).toBe(events);
  });

  test('can be subclassed', async () => {
    class Loud extends Queue {
      override async add(name: string, data: unknown, opts = {}) {
        return super.add(name.toUpperCase(), data, opts);
      }
    }
    const loud = new Loud(on.name(), { connection: on.url });
    expect((await loud.add('a', {})).name).toBe('A');
    expect((await loud.addBulk([{ name: 'b', data: {} }]))[0]!.name).toBe('b');
    await loud.close();
  });

  test('can stand behind a proxy', async () => {
    const queue = on.queue();
    const proxy = new Proxy(queue, {});
    await proxy.add('a', {});
    expect(await proxy.count()).toBe(1);
  });

  test('share one backend for each URL and schema', () => {
    const queue = on.queue();
    expect(on.worker(queue, null).getBackend()).toBe(queue.getBackend());
    expect(on.flow().getBackend()).toBe(queue.getBackend());
    expect(typeof queue.getBackend().connection.pool.query).toBe('function');
    expect(queue.getBackend()).not.toHaveProperty('client');
  });

  test('refuse queues without a name, or with one that cannot be', () => {
    for (const type of [Queue, QueueEvents, QueueEventsProducer] as (typeof QueueBase)[]) {
      expect(() => new type('', { connection: on.url })).toThrow('Queue name must be provided');
      expect(() => new type('a:b', { connection: on.url })).toThrow('Queue name cannot contain :');
    }
    expect(() => new Worker('a:b', null, { connection: on.url })).toThrow(
      'Queue name cannot contain :',
    );
  });

  test('are told apart by prefix, which may hold colons and braces', async () => {
    const name = on.name();
    const [plain, other] = [on.queue(name), on.queue(name, { prefix: '{x:y}' })];
    await plain.add('a', {});
    expect(await other.count()).toBe(0);
    expect([plain.qualifiedName, other.qualifiedName, other.toKey('wait')]).toEqual([
      `bull:${name}`,
      `{x:y}:${name}`,
      `{x:y}:${name}:wait`,
    ]);
  });

  test('close once, however often they are asked', async () => {
    const queue = new Queue(on.name(), { connection: on.url });
    const closing = queue.close();
    expect(queue.close()).toBe(closing);
    await Promise.all([closing, queue.disconnect()]);
  });
});
