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
  ] as const)('is equal here: %s', (name) => {
    expect(ours[name]).toBeDefined();
    expect(ours[name]).toEqual(bullmq[name]);
  });
});

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
