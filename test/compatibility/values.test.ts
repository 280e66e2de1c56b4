import { EventEmitter } from 'node:events';
import { useInstances } from '../helpers/instances';

const bullmq = jest.requireActual<typeof import('bullmq')>('bullmq');
const ours = jest.requireActual<typeof import('../../lib')>('../../lib');

const on = useInstances();

describe('what BullMQ exports as values', () => {
  test.each([
    'ErrorCode',
    'MetricsTime',
    'TelemetryAttributes',
    'MetricNames',
    'SpanKind',
    'ClientType',
    'PRIORITY_LIMIT',
    'DELAYED_ERROR',
    'WAITING_ERROR',
    'WAITING_CHILDREN_ERROR',
    'RATE_LIMIT_ERROR',
    'UNRECOVERABLE_ERROR',
    'CONNECTION_CLOSED_ERROR_MSG',
    'DELAY_TIME_1',
    'DELAY_TIME_5',
    'QUEUE_EVENT_SUFFIX',
    'optsDecodeMap',
  ] as const)('is equal here: %s', (name) => {
    expect(ours[name]).toBeDefined();
    expect(ours[name]).toEqual(bullmq[name]);
  });

  test.each<[keyof typeof ours & keyof typeof bullmq, unknown[]]>([
    ['lengthInUtf8Bytes', ['äöü€']],
    ['isEmpty', [{}]],
    ['isEmpty', [{ a: undefined }]],
    ['array2obj', [['a', '1', 'b', '2']]],
    ['objectToFlatArray', [{ a: 1, b: undefined, c: 'x' }]],
    ['parseObjectValues', [{ a: '[1]', b: 'null' }]],
    ['removeUndefinedFields', [{ a: undefined, b: null, c: 0 }]],
    ['getParentKey', [{ id: '1', queue: 'bull:q' }]],
    ['getParentKey', [undefined]],
    ['errorToJSON', [circular()]],
    ['isNotConnectionError', [new Error('connect ECONNREFUSED')]],
    ['isNotConnectionError', [new Error('Connection is closed.')]],
    ['isNotConnectionError', [new Error('no')]],
    ['isRedisInstance', [{ connect() {}, disconnect() {}, duplicate() {} }]],
    ['isRedisInstance', [undefined]],
    ['isRedisVersionLowerThan', ['6.2.10', '6.2.9', 'redis']],
    ['isRedisVersionLowerThan', ['5.0.0', '6.2.0', 'redis']],
    ['isRedisVersionLowerThan', ['5.0.0', '6.2.0', 'valkey']],
    ['tryCatch', [(n: number) => n + 1, null, [1]]],
  ])('helps as there: %s', (name, args) => {
    const call = (library: object) =>
      (library as { [name: string]: (...args: unknown[]) => unknown })[name]!(...args);
    expect(Boolean(call(ours))).toBe(Boolean(call(bullmq)));
    if (name !== 'isRedisInstance') expect(call(ours)).toEqual(call(bullmq));
  });

  test('helps as there: delay, increaseMaxListeners', async () => {
    const controller = new AbortController();
    const waits = ours.delay(60_000, controller);
    controller.abort();
    await Promise.all([waits, ours.delay(1)]);
    const emitter = new EventEmitter();
    ours.increaseMaxListeners(emitter, 2);
    expect(emitter.getMaxListeners()).toBe(EventEmitter.defaultMaxListeners + 2);
  });
});

function circular(): Error {
  const error = new Error('no');
  return Object.assign(error, { self: error, code: 1 });
}

describe('the error classes of BullMQ', () => {
  test.each([
    'DelayedError',
    'WaitingError',
    'WaitingChildrenError',
    'RateLimitError',
    'UnrecoverableError',
    'ConnectionClosedError',
  ] as const)('have the same name and message here: %s', (name) => {
    const [theirs, own] = [new bullmq[name](), new ours[name]()];
    expect([own.name, own.message]).toEqual([theirs.name, theirs.message]);
    expect(new ours[name]('another').message).toBe('another');
    expect(own).toBeInstanceOf(Error);
  });
});

describe('values that BullMQ exports', () => {
  test('do their work: migrations, data, ids', async () => {
    await ours.runMigrations({ connection: on.url });
    const queue = on.queue(undefined, { prefix: 'p' });
    await queue.add('a', {});
    await on.worker(queue, null, { prefix: 'p' }).getNextJob('t');
    await ours.removeAllQueueData(on.url, queue.name, 'p');
    expect(await queue.getJobs()).toEqual([]);
    expect(ours.randomUUID()).toMatch(/^[0-9a-f-]{36}$/);
    const backoff = ours.Backoffs.normalize(50);
    expect(backoff).toEqual(bullmq.Backoffs.normalize(50));
    const exponential = { type: 'exponential', delay: 100 };
    expect(await ours.Backoffs.calculate(exponential, 3, new Error('no'), undefined)).toBe(400);
    expect(bullmq.Backoffs.calculate(exponential, 3, new Error('no'), {} as never)).toBe(400);
  });
});
