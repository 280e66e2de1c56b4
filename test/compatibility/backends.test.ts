import {
  type BackendFactory,
  type BaseOptions,
  createPostgresBackend,
  createRedisBackend,
  FlowProducer,
  getDefaultBackendFactory,
  Queue,
  QueueEvents,
  QueueEventsProducer,
  setDefaultBackendFactory,
  Worker,
  withBackend,
} from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

/** Instances of all classes on what the factory hands out. */
function instances(factory: BackendFactory, opts: BaseOptions) {
  const name = on.name();
  return [
    new Queue(name, opts, factory),
    new Worker(name, null, opts, factory),
    new QueueEvents(name, opts, factory),
    new QueueEventsProducer(name, opts, factory),
    new FlowProducer(opts, factory),
  ];
}

describe('a backend factory', () => {
  test('is asked by each class, and may hand out the backend of another instance', async () => {
    const queue = on.queue();
    const asked: string[] = [];
    const factory: BackendFactory = (name) => {
      asked.push(name);
      return queue.getBackend();
    };
    const others = instances(factory, { connection: 'postgres://127.0.0.1:1/none' });
    expect(asked).toEqual(
      [others[0]!, others[0]!, others[0]!, others[0]!].map((one) => (one as Queue).name).concat(''),
    );
    for (const other of others) expect(other.getBackend()).toBe(queue.getBackend());
    for (const other of others) await other.close();
    expect((await queue.add('a', {})).id).toBe('1');
  });

  test('lends a FlowProducer the backend of another instance, which ends with that', async () => {
    const connection = `${on.url}?application_name=lent`;
    const queue = new Queue(on.name(), { connection });
    const flow = new FlowProducer(queue.opts, () => queue.getBackend());
    await flow.add({ name: 'a', queueName: queue.name });
    expect(await queue.count()).toBe(1);
    // As bull-board does: nobody closes the producer.
    await queue.close();
    await until(async () => {
      const sessions = await on.sql(
        "select from pg_stat_activity where application_name like 'lent%'",
      );
      return sessions.length === 0;
    });
    await flow.close();
  });

  test('lets each FlowProducer keep a backend that it has looked up, whoever closes before it', async () => {
    const bound = withBackend(createPostgresBackend);
    const opts = { connection: `${on.url}?application_name=looked-up` };
    const queue = new bound.Queue(on.name(), opts);
    const first = new bound.FlowProducer(opts);
    const second = new FlowProducer(opts, (name, given) => createPostgresBackend(name, given));
    await queue.waitUntilReady();
    await queue.close();
    await first.add({ name: 'a', queueName: queue.name });
    await first.close();
    await second.add({ name: 'b', queueName: queue.name });
    await second.close();
    expect(await on.queue(queue.name).count()).toBe(2);
  });

  test('is createPostgresBackend unless said otherwise, the same for the same connection', async () => {
    expect(getDefaultBackendFactory()).toBe(createPostgresBackend);
    const queue = on.queue();
    expect(createPostgresBackend('any', { connection: on.url })).toBe(queue.getBackend());
  });

  test('may be set for all instances of the process', () => {
    const { backend } = on.queue();
    const factory: BackendFactory = () => backend;
    setDefaultBackendFactory(factory);
    try {
      expect(getDefaultBackendFactory()).toBe(factory);
      const flow = on.flow({ connection: 'postgres://127.0.0.1:1/none' });
      expect(flow.getBackend()).toBe(backend);
    } finally {
      setDefaultBackendFactory();
    }
    expect(getDefaultBackendFactory()).toBe(createPostgresBackend);
  });

  test('is bound to all classes by withBackend', async () => {
    const { backend } = on.queue();
    const bound = withBackend(() => backend);
    const name = on.name();
    const made = [
      new bound.Queue(name),
      new bound.Worker(name, null),
      new bound.QueueEvents(name),
      new bound.QueueEventsProducer(name),
      new bound.FlowProducer(),
    ];
    for (const instance of made) expect(instance.getBackend()).toBe(backend);
    expect(made[0]).toBeInstanceOf(Queue);
    expect(made[1]).toBeInstanceOf(Worker);
    for (const instance of made) await instance.close();
  });

  test('holds for the schedulers of a queue and of a worker, too', async () => {
    const { backend } = on.queue();
    const bound = withBackend(() => backend);
    const opts = { connection: 'postgres://127.0.0.1:1/none' };
    const queue = new bound.Queue(on.name(), opts);
    const worker = new bound.Worker(queue.name, null, opts);
    for (const owner of [queue, worker]) {
      expect((await owner.jobScheduler).getBackend()).toBe(backend);
      await (await owner.jobScheduler).close();
      await owner.close();
    }
  });

  test('for Redis says that there is none', () => {
    expect(() => new Queue('q', {}, createRedisBackend)).toThrow(
      'queues are kept in PostgreSQL here, not in Redis',
    );
  });

  test('that makes something else is refused', () => {
    expect(() => new Queue('q', {}, (() => ({})) as never)).toThrow(
      'The backend factory must return a backend of this library',
    );
  });
});
