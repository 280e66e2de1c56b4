import { EventEmitter } from 'node:events';
import {
  DelayedError,
  type Job,
  MetricNames,
  type Queue,
  SpanKind,
  TelemetryAttributes,
  WaitingChildrenError,
  WaitingError,
  type Worker,
} from '../../lib';
import { useInstances } from '../helpers/instances';
import { RecordingTelemetry } from '../helpers/recording-telemetry';
import { until } from '../helpers/wait';

const on = useInstances();

let telemetry: RecordingTelemetry;
beforeEach(() => {
  telemetry = new RecordingTelemetry();
});

const traced = (name?: string) => on.queue(name, { telemetry });

/** Resolves when so many jobs have ended for good, and their spans too. */
async function ended(worker: Worker, count: number): Promise<void> {
  const ends: unknown[] = [];
  worker.on('completed', (job) => ends.push(job));
  worker.on('failed', (job) => job?.finishedOn && ends.push(job));
  await until(() => ends.length >= count);
  const name = `process ${worker.name}`;
  await until(() => telemetry.named(name).every(({ isEnded }) => isEnded));
}

const common = (queue: { name: string }, operation: string) => ({
  [TelemetryAttributes.QueueName]: queue.name,
  [TelemetryAttributes.QueueOperation]: operation,
});

describe('adding', () => {
  test('is a span, which the job carries', async () => {
    const queue = traced();
    const job = await telemetry.within('request', () => queue.add('a', {}));
    const [span] = telemetry.named(`add ${queue.name}.a`);
    expect(span).toMatchObject({
      kind: SpanKind.PRODUCER,
      parent: 'request',
      attributes: {
        ...common(queue, 'add'),
        [TelemetryAttributes.JobName]: 'a',
        [TelemetryAttributes.JobId]: job.id,
      },
      exceptions: [],
      isEnded: true,
    });
    expect(job.opts.telemetry).toEqual({ metadata: span!.id });
    expect((await queue.getJob(job.id!))!.opts.telemetry).toEqual({ metadata: span!.id });
  });

  test('leaves the context out of jobs that are not to carry it', async () => {
    const queue = traced();
    const opts = { telemetry: { omitContext: true } };
    const job = await queue.add('a', {}, opts);
    const [inBulk] = await queue.addBulk([{ name: 'a', data: {}, opts }]);
    for (const { id } of [job, inBulk!]) {
      expect((await queue.getJob(id!))!.opts.telemetry).toEqual({ omitContext: true });
    }
  });

  test('in bulk is one span, which all jobs carry that have no context of their own', async () => {
    const queue = traced();
    const jobs = await queue.addBulk([
      { name: 'a', data: {} },
      { name: 'b', data: {}, opts: { telemetry: { metadata: 'own' } } },
    ]);
    const [span] = telemetry.named(`addBulk ${queue.name}`);
    expect(span).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: {
        ...common(queue, 'addBulk'),
        [TelemetryAttributes.BulkNames]: ['a', 'b'],
        [TelemetryAttributes.BulkCount]: 2,
      },
    });
    expect(jobs.map(({ opts }) => opts.telemetry?.metadata)).toEqual([span!.id, 'own']);
  });

  test('that is refused is recorded', async () => {
    const queue = traced();
    await expect(queue.add('a', {}, { priority: -1 })).rejects.toThrow('Priority');
    expect(telemetry.named(`add ${queue.name}.a`)).toMatchObject([
      { exceptions: [{ message: expect.stringContaining('Priority') }], isEnded: true },
    ]);
  });

  test('without telemetry leaves jobs as they are', async () => {
    const queue = on.queue();
    const job = await queue.add('a', {});
    expect((await queue.getJob(job.id!))!.opts).toEqual({ attempts: 0 });
  });

  test('without a span is left to those who make their own', async () => {
    const queue = traced();
    const job = await queue['addJob']('a', {});
    expect(telemetry.spans).toEqual([]);
    expect(await queue.getJobState(job.id!)).toBe('waiting');
  });

  test('in a transaction is traced too', async () => {
    const queue = traced();
    const client = await on.client();
    await client.query('begin');
    const job = await queue.withTransaction(client).add('a', {});
    await client.query('rollback');
    expect(job.opts.telemetry).toEqual({ metadata: telemetry.named(`add ${queue.name}.a`)[0]!.id });
    expect(await queue.count()).toBe(0);
  });
});

describe('a flow', () => {
  test('is a span with one for each node, which the node carries', async () => {
    const queueName = on.name();
    const flow = on.flow({ telemetry });
    const leaf = (name: string) => ({ name, queueName });
    const node = await flow.add({ ...leaf('root'), children: [leaf('one'), leaf('two')] });
    const [span] = telemetry.named(`addFlow ${queueName}`);
    expect(span).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: {
        ...common({ name: queueName }, 'addFlow'),
        [TelemetryAttributes.FlowName]: 'root',
      },
    });
    const jobs = [node.job, ...node.children!.map(({ job }) => job)];
    const nodes = telemetry.named(`addNode ${queueName}`);
    expect(nodes.map(({ parent }) => parent)).toEqual([
      `addFlow ${queueName}`,
      `addNode ${queueName}`,
      `addNode ${queueName}`,
    ]);
    expect(nodes).toMatchObject(
      jobs.map(({ name, id }) => ({
        kind: SpanKind.PRODUCER,
        attributes: {
          ...common({ name: queueName }, 'addNode'),
          [TelemetryAttributes.JobName]: name,
          [TelemetryAttributes.JobId]: id,
        },
        isEnded: true,
      })),
    );
    expect(jobs.map(({ opts }) => opts.telemetry)).toEqual(
      nodes.map(({ id }) => ({ metadata: id })),
    );
  });

  test('among others is a node of one span', async () => {
    const queueName = on.name();
    await on.flow({ telemetry }).addBulk([
      { name: 'a', queueName },
      { name: 'b', queueName },
    ]);
    expect(telemetry.named('addBulkFlows')).toMatchObject([
      {
        attributes: {
          ...common({ name: '' }, 'addBulkFlows'),
          [TelemetryAttributes.BulkNames]: 'a,b',
          [TelemetryAttributes.BulkCount]: 2,
        },
      },
    ]);
    expect(telemetry.named(`addNode ${queueName}`)).toMatchObject([
      { parent: 'addBulkFlows' },
      { parent: 'addBulkFlows' },
    ]);
  });

  test('that is refused is recorded', async () => {
    const queueName = on.name();
    const refused = on.flow({ telemetry }).add({ name: 'a', queueName, opts: { priority: -1 } });
    await expect(refused).rejects.toThrow('Priority');
    for (const name of ['addFlow', 'addNode']) {
      expect(telemetry.named(`${name} ${queueName}`)).toMatchObject([
        { exceptions: [{ message: expect.stringContaining('Priority') }], isEnded: true },
      ]);
    }
  });
});

describe('the run of a job', () => {
  test('goes on from where the job was added, and its report from the run', async () => {
    const queue = traced();
    const job = await telemetry.within('request', () => queue.add('a', {}));
    const worker = on.worker(queue, async () => ({ ok: true }), { telemetry, name: 'w' });
    await ended(worker, 1);
    expect(telemetry.named(`process ${queue.name}`)).toEqual([
      {
        name: `process ${queue.name}`,
        id: expect.any(String),
        kind: SpanKind.CONSUMER,
        parent: `add ${queue.name}.a`,
        context: job.opts.telemetry!.metadata,
        attributes: {
          ...common(queue, 'process'),
          [TelemetryAttributes.WorkerId]: worker.id,
          [TelemetryAttributes.WorkerName]: 'w',
          [TelemetryAttributes.JobId]: job.id,
          [TelemetryAttributes.JobName]: 'a',
          [TelemetryAttributes.JobAttemptsMade]: 1,
          [TelemetryAttributes.JobProcessedTimestamp]: expect.any(Number),
          [TelemetryAttributes.JobAttemptFinishedTimestamp]: expect.any(Number),
        },
        events: [['job completed', { [TelemetryAttributes.JobResult]: '{"ok":true}' }]],
        exceptions: [],
        isEnded: true,
      },
    ]);
    expect(telemetry.named(`complete ${queue.name}`)).toMatchObject([
      {
        kind: SpanKind.INTERNAL,
        parent: `process ${queue.name}`,
        attributes: {
          ...common(queue, 'complete'),
          [TelemetryAttributes.JobName]: 'a',
          [TelemetryAttributes.JobId]: job.id,
        },
        isEnded: true,
      },
    ]);
  });

  test('is the parent of what the processor adds, and so on from queue to queue', async () => {
    const [parents, children] = [traced(), traced()];
    const adding = on.worker(parents, () => children.add('child', {}).then(() => {}), {
      telemetry,
    });
    const child = on.worker(children, async () => {}, { telemetry });
    await parents.add('parent', {});
    await Promise.all([ended(adding, 1), ended(child, 1)]);
    expect(telemetry.path(telemetry.named(`complete ${children.name}`)[0]!)).toEqual([
      `add ${parents.name}.parent`,
      `process ${parents.name}`,
      `add ${children.name}.child`,
      `process ${children.name}`,
      `complete ${children.name}`,
    ]);
  });

  test('of a child that is added while its parent runs goes on from there', async () => {
    const queue = traced();
    const flow = on.flow({ telemetry });
    const worker = on.worker(
      queue,
      async (job, token) => {
        if (job.name === 'child' || job.data.isDone) return;
        await job.updateData({ isDone: true });
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await flow.add({ name: 'child', queueName: queue.name, opts: { parent } });
        if (await job.moveToWaitingChildren(token!)) throw new WaitingChildrenError();
      },
      { telemetry },
    );
    await queue.add('parent', {});
    await ended(worker, 2);
    const runs = telemetry.named(`process ${queue.name}`);
    expect(runs.map((run) => telemetry.path(run).slice(0, -1))).toEqual([
      [`add ${queue.name}.parent`],
      [
        `add ${queue.name}.parent`,
        `process ${queue.name}`,
        `addFlow ${queue.name}`,
        `addNode ${queue.name}`,
      ],
      [`add ${queue.name}.parent`],
    ]);
  });

  test('of a job without a context begins where the worker was made', async () => {
    const queue = on.queue();
    const jobs = ['a', 'b', 'c'].map((name) => ({ name, data: {} }));
    await queue.addBulk(jobs);
    const worker = telemetry.within('start', () => on.worker(queue, async () => {}, { telemetry }));
    await ended(worker, 3);
    expect(telemetry.named(`process ${queue.name}`).map(({ parent }) => parent)).toEqual([
      'start',
      'start',
      'start',
    ]);
  });

  test('begins a trace of its own for telemetry that knows a context without a span', async () => {
    Object.assign(telemetry.contextManager, { root: () => undefined });
    const queue = on.queue();
    await queue.add('a', {});
    const worker = telemetry.within('start', () => on.worker(queue, async () => {}, { telemetry }));
    await ended(worker, 1);
    expect(telemetry.named(`process ${queue.name}`)).toMatchObject([{ parent: undefined }]);
  });

  test.each([
    ['fails for good', 'fail', {}, 1],
    ['is to be tried again', 'retry', { attempts: 2 }, 2],
    ['is to be tried again later', 'delay', { attempts: 2, backoff: 1 }, 2],
  ])('that %s says so, and is reported as %s', async (_, operation, opts, runs) => {
    const queue = traced();
    const job = await queue.add('a', {}, opts);
    const processor = async () => {
      throw new Error('no luck');
    };
    await ended(on.worker(queue, processor, { telemetry }), 1);
    const spans = telemetry.named(`process ${queue.name}`);
    expect(spans).toMatchObject(
      Array.from({ length: runs }, (_, i) => ({
        parent: `add ${queue.name}.a`,
        attributes: { [TelemetryAttributes.JobAttemptsMade]: i + 1 },
        events: [['job failed', { [TelemetryAttributes.JobFailedReason]: 'no luck' }]],
      })),
    );
    const [report] = telemetry.named(`${operation} ${queue.name}`);
    expect(report).toMatchObject({
      kind: SpanKind.INTERNAL,
      parent: `process ${queue.name}`,
      attributes: { [TelemetryAttributes.JobId]: job.id },
    });
  });

  test('whose result is refused records why', async () => {
    const queue = traced();
    await queue.add('a', {});
    const processor = (job: Job) =>
      on.sql("update tuskmq.job_state set lock_token = 'x' where queue_id = $1 and id = $2", [
        queueId,
        job.id,
      ]);
    const queueId = await queue.queueId();
    const worker = on.worker(queue, processor, { telemetry });
    const errors: Error[] = [];
    worker.on('error', (error) => errors.push(error));
    await until(() => errors.length === 1);
    expect(telemetry.named(`complete ${queue.name}`)).toMatchObject([{ exceptions: [errors[0]] }]);
    await until(() => telemetry.named(`process ${queue.name}`)[0]!.isEnded);
    expect(telemetry.named(`process ${queue.name}`)).toMatchObject([
      { events: [], exceptions: [errors[0]!.message] },
    ]);
  });
});

describe('telemetry that throws', () => {
  const broken = () => {
    throw new Error('telemetry is out of order');
  };
  const span = {
    ...Object.fromEntries(
      [
        'setSpanOnContext',
        'setAttribute',
        'setAttributes',
        'addEvent',
        'recordException',
        'end',
      ].map((method) => [method, broken]),
    ),
  };

  test.each([
    ['when a span is started', { tracer: { startSpan: broken } }],
    ['when a span is told something', { tracer: { startSpan: () => span } }],
    ['when something is counted', { meter: { createCounter: broken } }],
  ])('%s is an error, and no reason to leave a job lying', async (_, parts) => {
    const queue = on.queue();
    await queue.addBulk([
      { name: 'ok', data: {} },
      { name: 'fail', data: {} },
    ]);
    const runs: string[] = [];
    const errors: Error[] = [];
    const worker = on.worker(
      queue,
      async ({ name }) => {
        runs.push(name);
        if (name === 'fail') throw new Error('no luck');
      },
      { telemetry: Object.assign(telemetry, parts) as never },
    );
    worker.on('error', (error) => errors.push(error));
    await until(
      async () => (await queue.getCompletedCount()) + (await queue.getFailedCount()) === 2,
    );
    expect(runs).toEqual(['ok', 'fail']);
    expect(await queue.getJobCounts('completed', 'failed')).toEqual({ completed: 1, failed: 1 });
    await until(() => errors.length > 0);
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set(['telemetry is out of order']),
    );
  });
});

describe('a scheduler', () => {
  test('is upserted in a span, which all of its jobs carry', async () => {
    const queue = traced();
    const template = { name: 'tick', data: {}, opts: { attempts: 2 } };
    const job = await telemetry.within('request', () =>
      queue.upsertJobScheduler('s', { every: 20, limit: 3 }, template),
    );
    const [upsert] = telemetry.named(`add ${queue.name}.tick`);
    expect(upsert).toMatchObject({
      kind: SpanKind.PRODUCER,
      parent: 'request',
      attributes: {
        ...common(queue, 'add'),
        [TelemetryAttributes.JobSchedulerId]: 's',
        [TelemetryAttributes.JobId]: job!.id,
      },
    });
    const worker = on.worker(queue, async () => {}, { telemetry });
    await ended(worker, 3);
    const jobs = await queue.getCompleted();
    expect(jobs.map(({ opts }) => opts.telemetry)).toEqual(
      Array.from({ length: 3 }, () => ({ metadata: upsert!.id })),
    );
    expect(telemetry.named(`process ${queue.name}`).map(({ parent }) => parent)).toEqual(
      Array.from({ length: 3 }, () => `add ${queue.name}.tick`),
    );
  });

  test('shows the template as it was given', async () => {
    const queue = traced();
    await queue.upsertJobScheduler('s', { every: 60_000 }, { data: { a: 1 } });
    const scheduler = await queue.getJobScheduler('s');
    expect(scheduler!.template).toEqual({ data: { a: 1 } });
  });

  test('has its next job made in a span that is no part of a run', async () => {
    const queue = on.queue();
    await queue.upsertJobScheduler('s', { every: 20, limit: 3 }, { name: 'tick' });
    await ended(
      on.worker(queue, async () => {}, { telemetry }),
      3,
    );
    const [first] = telemetry.named(`add ${queue.name}.tick`);
    expect(first).toMatchObject({
      kind: SpanKind.PRODUCER,
      parent: undefined,
      attributes: { ...common(queue, 'add'), [TelemetryAttributes.JobSchedulerId]: 's' },
    });
  });
});

describe('what is done with a queue', () => {
  const { INTERNAL, PRODUCER } = SpanKind;
  type Case = [string, (queue: Queue) => Promise<unknown>, SpanKind, object];
  const cases: Case[] = [
    ['pause', (queue) => queue.pause(), INTERNAL, {}],
    ['resume', (queue) => queue.resume(), INTERNAL, {}],
    ['rateLimit', (queue) => queue.rateLimit(9), INTERNAL, { 'bullmq.queue.rate.limit': 9 }],
    [
      'remove',
      (queue) => queue.remove('1'),
      INTERNAL,
      { 'bullmq.job.id': '1', 'bullmq.job.options': '{"removeChildren":true}' },
    ],
    [
      'updateJobProgress',
      (queue) => queue.updateJobProgress('1', { a: 1 }),
      INTERNAL,
      { 'bullmq.job.id': '1', 'bullmq.job.progress': '{"a":1}' },
    ],
    ['drain', (queue) => queue.drain(true), INTERNAL, { 'bullmq.queue.drain.delay': true }],
    [
      'clean',
      (queue) => queue.clean(0, 5, 'waiting'),
      INTERNAL,
      {
        'bullmq.queue.grace': 0,
        'bullmq.queue.clean.limit': 5,
        'bullmq.queue.clean.count': 1,
        'bullmq.job.type': 'waiting',
      },
    ],
    [
      'retryJobs',
      (queue) => queue.retryJobs({ count: 5 }),
      PRODUCER,
      { 'bullmq.queue.options': '{"count":5}' },
    ],
    ['promoteJobs', (queue) => queue.promoteJobs(), INTERNAL, { 'bullmq.queue.options': '{}' }],
    [
      'trimEvents',
      (queue) => queue.trimEvents(7),
      INTERNAL,
      { 'bullmq.queue.event.max.length': 7 },
    ],
    ['obliterate', (queue) => queue.obliterate(), INTERNAL, {}],
    ['close', (queue) => queue.close(), INTERNAL, {}],
  ];

  test.each(cases)('is a span: %s', async (operation, act, kind, attributes) => {
    const queue = traced();
    await queue['addJob']('a', {});
    await telemetry.within('request', () => act(queue));
    expect(telemetry.named(`${operation} ${queue.name}`)).toMatchObject([
      { kind, parent: 'request', isEnded: true },
    ]);
    expect(telemetry.named(`${operation} ${queue.name}`)[0]!.attributes).toEqual({
      ...common(queue, operation),
      ...attributes,
    });
  });

  test('records what it rejects with', async () => {
    const queue = traced();
    await expect(queue.updateJobProgress('none', 1)).rejects.toThrow('Missing key');
    expect(telemetry.named(`updateJobProgress ${queue.name}`)).toMatchObject([
      { exceptions: [{ code: -1 }], isEnded: true },
    ]);
  });

  test('is traced by subclasses with operations of their own', async () => {
    const queue = traced();
    const result = await queue.trace(
      SpanKind.INTERNAL,
      'mine',
      'there',
      async (_span, metadata) => metadata,
      'from elsewhere',
    );
    const [span] = telemetry.named('mine there');
    expect(span).toMatchObject({ parent: 'from elsewhere', attributes: common(queue, 'mine') });
    expect(result).toBe(span!.id);
  });
});

describe('what is done with a worker', () => {
  test('is a span: pause, resume, and close, once', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, async () => {}, { telemetry, name: 'w' });
    await telemetry.within('request', async () => {
      await worker.pause(true);
      await worker.resume();
      await Promise.all([worker.close(), worker.close()]);
    });
    const own = {
      [TelemetryAttributes.WorkerId]: worker.id,
      [TelemetryAttributes.WorkerName]: 'w',
    };
    const operations = ['pause', 'resume', 'close'];
    const extras = [
      { [TelemetryAttributes.WorkerDoNotWaitActive]: true },
      {},
      { [TelemetryAttributes.WorkerForceClose]: false },
    ];
    expect(telemetry.spans.filter(({ parent }) => parent === 'request')).toMatchObject(
      operations.map((operation, i) => ({
        name: `${operation} ${queue.name}`,
        kind: SpanKind.INTERNAL,
        attributes: { ...common(queue, operation), ...own, ...extras[i] },
        isEnded: true,
      })),
    );
  });

  test('by hand is spans: fetching goes on from the job, completing from the caller', async () => {
    const queue = traced();
    const worker = on.worker(queue, null, { telemetry });
    const { id } = await queue.add('a', {});
    await telemetry.within('request', async () => {
      const job = await worker.getNextJob('t', { block: false });
      await job!.moveToCompleted('x', 't', false);
    });
    expect(telemetry.named(`getNextJob ${queue.name}`)).toMatchObject([
      {
        kind: SpanKind.INTERNAL,
        parent: `add ${queue.name}.a`,
        attributes: {
          [TelemetryAttributes.WorkerId]: worker.id,
          [TelemetryAttributes.WorkerOptions]: '{"block":false}',
          [TelemetryAttributes.JobId]: id,
        },
      },
    ]);
    expect(telemetry.named(`complete ${queue.name}`)).toMatchObject([{ parent: 'request' }]);
  });

  test('by hand records what is refused', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, null, { telemetry });
    await queue.add('a', {});
    const job = await worker.getNextJob('t');
    await expect(job!.moveToFailed(new Error('x'), 'another')).rejects.toThrow('Lock mismatch');
    expect(telemetry.named(`fail ${queue.name}`)).toMatchObject([{ exceptions: [{ code: -6 }] }]);
  });

  test('for a job whose lock ran out elsewhere is a span', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    await on.worker(queue, null, { lockDuration: 50 }).getNextJob('t');
    const worker = on.worker(queue, async () => {}, { telemetry, stalledInterval: 50 });
    await ended(worker, 1);
    expect(telemetry.named(`moveStalledJobsToWait ${queue.name}`)).toMatchObject([
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          [TelemetryAttributes.WorkerId]: worker.id,
          [TelemetryAttributes.WorkerStalledJobs]: ['1'],
        },
        events: [['job stalled', { [TelemetryAttributes.JobId]: '1' }]],
      },
    ]);
  });
});

describe('the meter', () => {
  const own = (queue: Queue, name: string, state: string) => ({
    [TelemetryAttributes.QueueName]: queue.name,
    [TelemetryAttributes.JobName]: name,
    [TelemetryAttributes.JobState]: state,
  });

  test('counts how runs end, and how long they took', async () => {
    const queue = on.queue();
    const steps = new EventEmitter();
    const isFirst = (job: Job) => steps.emit(job.id!) === false && steps.on(job.id!, () => {});
    const acts: Record<string, (job: Job, token: string) => Promise<unknown>> = {
      completed: async () => {},
      failed: async () => Promise.reject(new Error('no luck')),
      retried: async (job) => isFirst(job) && Promise.reject(new Error('no luck')),
      delayed: async (job, token) => {
        if (!isFirst(job)) return;
        await job.moveToDelayed(Date.now() - 1, token);
        throw new DelayedError();
      },
      waiting: async (job, token) => {
        if (!isFirst(job)) return;
        await job.moveToWait(token);
        throw new WaitingError();
      },
      'waiting-children': async (job, token) => {
        if (!isFirst(job)) return;
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        await queue.add('completed', {}, { parent });
        if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      },
    };
    for (const name of Object.keys(acts)) {
      await queue.add(name, {}, { attempts: name === 'retried' ? 2 : 1 });
    }
    const worker = on.worker(queue, (job, token) => acts[job.name]!(job, token!), { telemetry });
    await ended(worker, 7);
    const counters: [MetricNames, string][] = [
      [MetricNames.JobsFailed, 'failed'],
      [MetricNames.JobsRetried, 'retried'],
      [MetricNames.JobsDelayed, 'delayed'],
      [MetricNames.JobsWaiting, 'waiting'],
      [MetricNames.JobsWaitingChildren, 'waiting-children'],
    ];
    for (const [counter, state] of counters) {
      expect(telemetry.measured(counter)).toEqual([[counter, 1, own(queue, state, state)]]);
    }
    const completed = telemetry.measured(MetricNames.JobsCompleted);
    expect(completed.map(([, value, attributes]) => [value, attributes])).toEqual(
      expect.arrayContaining([[1, own(queue, 'retried', 'completed')]]),
    );
    expect(completed.length).toBe(6);
    const durations = telemetry.measured(MetricNames.JobDuration);
    expect(durations.length).toBe(11);
    for (const [, duration] of durations) expect(duration).toBeGreaterThanOrEqual(0);
  });

  test('records the counts of a queue when asked to', async () => {
    const queue = traced();
    await queue['addJob']('a', {});
    expect(await queue.recordJobCountsMetric('waiting', 'failed')).toEqual({
      waiting: 1,
      failed: 0,
    });
    expect(telemetry.measured(MetricNames.QueueJobsCount)).toEqual(
      [
        ['waiting', 1],
        ['failed', 0],
      ].map(([state, count]) => [
        MetricNames.QueueJobsCount,
        count,
        {
          [TelemetryAttributes.QueueName]: queue.name,
          [TelemetryAttributes.QueueJobsState]: state,
        },
      ]),
    );
  });

  test('may be missing', async () => {
    Object.assign(telemetry, { meter: undefined });
    const queue = traced();
    await queue.add('a', {});
    expect(await queue.recordJobCountsMetric('waiting')).toEqual({ waiting: 1 });
    await ended(
      on.worker(queue, async () => {}, { telemetry }),
      1,
    );
    expect(telemetry.measurements).toEqual([]);
  });
});
