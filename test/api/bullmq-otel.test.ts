/** The package `bullmq-otel`, as it is published, with the SDK of OpenTelemetry. */

import { context, metrics, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { BullMQOtel } from 'bullmq-otel';
import { type Job, WaitingChildrenError, type Worker } from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();
const exporter = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const measurements = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: measurements });
const meters = new MeterProvider({ readers: [reader] });
let telemetry: BullMQOtel;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(tracers);
  metrics.setGlobalMeterProvider(meters);
  telemetry = new BullMQOtel({ tracerName: 'test', meterName: 'test', enableMetrics: true });
});
afterEach(() => exporter.reset());
afterAll(async () => {
  await tracers.shutdown();
  await meters.shutdown();
  for (const api of [context, propagation, trace, metrics]) api.disable();
});

/** Spans that have ended, once there are so many runs of jobs among them. */
async function spansOf(worker: Worker, runs: number): Promise<ReadableSpan[]> {
  const ended = () =>
    exporter.getFinishedSpans().filter(({ name }) => name === `process ${worker.name}`);
  await until(() => ended().length === runs);
  return exporter.getFinishedSpans();
}

/** The names of the spans from the first of a trace to this one. */
function path(span: ReadableSpan, spans: ReadableSpan[]): string[] {
  const { parentSpanContext } = span;
  if (!parentSpanContext) return [span.name];
  const parent = spans.find((it) => it.spanContext().spanId === parentSpanContext.spanId);
  expect(parent?.spanContext().traceId).toBe(span.spanContext().traceId);
  return [...path(parent!, spans), span.name];
}

const pathsOf = (name: string, spans: ReadableSpan[]) =>
  spans.filter((span) => span.name === name).map((span) => path(span, spans));

const within = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  trace.getTracer('app').startActiveSpan(name, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

test('traces a job from the request that adds it to what its processor adds', async () => {
  const [orders, emails] = [on.queue(undefined, { telemetry }), on.queue(undefined, { telemetry })];
  const sender = on.worker(emails, async () => {}, { telemetry });
  const biller = on.worker(orders, () => emails.add('thanks', {}).then(() => {}), { telemetry });
  await within('POST /orders', () => orders.add('bill', {}));
  // A span ends when the end of the job is stored, which may be after what the job has started.
  await spansOf(biller, 1);
  const spans = await spansOf(sender, 1);
  expect(pathsOf(`complete ${emails.name}`, spans)).toEqual([
    [
      'POST /orders',
      `add ${orders.name}.bill`,
      `process ${orders.name}`,
      `add ${emails.name}.thanks`,
      `process ${emails.name}`,
      `complete ${emails.name}`,
    ],
  ]);
});

test('carries the context with the job as W3C trace context', async () => {
  const queue = on.queue(undefined, { telemetry });
  const { id } = await within('request', () => queue.add('a', {}));
  const job = await queue.getJob(id!);
  const [added] = exporter.getFinishedSpans();
  const { traceId, spanId } = added!.spanContext();
  expect(JSON.parse(job!.opts.telemetry!.metadata!)).toMatchObject({
    traceparent: `00-${traceId}-${spanId}-01`,
  });
});

test('traces a flow, and the children that a step adds', async () => {
  const queueName = on.name();
  const flow = on.flow({ telemetry });
  const processor = async (job: Job, token?: string) => {
    if (job.name !== 'parent' || job.data.isDone) return;
    await job.updateData({ isDone: true });
    const parent = { id: job.id!, queue: job.queueQualifiedName };
    await flow.add({ name: 'late child', queueName, opts: { parent } });
    if (await job.moveToWaitingChildren(token!)) throw new WaitingChildrenError();
  };
  const worker = on.worker(queueName, processor, { telemetry });
  const children = [{ name: 'child', queueName }];
  await within('request', () => flow.add({ name: 'parent', queueName, data: {}, children }));
  const spans = await spansOf(worker, 4);
  const runOf = (name: string) =>
    spans.find(
      (span) => span.name === `process ${queueName}` && span.attributes['bullmq.job.name'] === name,
    )!;
  const node = `addNode ${queueName}`;
  const run = `process ${queueName}`;
  const head = ['request', `addFlow ${queueName}`, node];
  expect(path(runOf('child'), spans)).toEqual([...head, node, run]);
  expect(path(runOf('parent'), spans)).toEqual([...head, run]);
  expect(path(runOf('late child'), spans)).toEqual([
    ...head,
    run,
    `addFlow ${queueName}`,
    node,
    run,
  ]);
});

test('records what an operation rejects with, and why a job failed', async () => {
  const queue = on.queue(undefined, { telemetry });
  await expect(queue.add('a', {}, { priority: -1 })).rejects.toThrow('Priority');
  const processor = async () => {
    throw new Error('no luck');
  };
  await queue.add('b', {});
  const spans = await spansOf(on.worker(queue, processor, { telemetry }), 1);
  const [refused] = spans.filter(({ name }) => name === `add ${queue.name}.a`);
  expect(refused!.events).toMatchObject([
    { name: 'exception', attributes: { 'exception.message': expect.stringContaining('Priority') } },
  ]);
  expect(refused!.status.code).toBe(SpanStatusCode.UNSET);
  const [run] = spans.filter(({ name }) => name === `process ${queue.name}`);
  expect(run!.events).toMatchObject([
    { name: 'job failed', attributes: { 'bullmq.job.failed.reason': 'no luck' } },
  ]);
});

test('traces the jobs of a scheduler from its upsert on', async () => {
  const queue = on.queue(undefined, { telemetry });
  await within('deploy', () =>
    queue.upsertJobScheduler('s', { every: 20, limit: 2 }, { name: 't' }),
  );
  const spans = await spansOf(
    on.worker(queue, async () => {}, { telemetry }),
    2,
  );
  expect(pathsOf(`process ${queue.name}`, spans)).toEqual(
    Array.from({ length: 2 }, () => ['deploy', `add ${queue.name}.t`, `process ${queue.name}`]),
  );
});

test('measures how runs end, and the jobs of a queue', async () => {
  const queue = on.queue(undefined, { telemetry });
  await queue.addBulk(['a', 'a', 'b'].map((name) => ({ name, data: {} })));
  await spansOf(
    on.worker(queue, async () => {}, { telemetry }),
    3,
  );
  await queue.recordJobCountsMetric('completed', 'failed');
  await reader.forceFlush();
  const points = (metric: string) =>
    measurements
      .getMetrics()
      .at(-1)!
      .scopeMetrics.flatMap((scope) => scope.metrics)
      .find(({ descriptor }) => descriptor.name === metric)!
      .dataPoints.filter(({ attributes }) => attributes['bullmq.queue.name'] === queue.name);
  expect(
    points('bullmq.jobs.completed').map(({ attributes, value }) => [
      attributes['bullmq.job.name'],
      value,
    ]),
  ).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(points('bullmq.job.duration').map(({ value }) => value)).toMatchObject([
    { count: 2 },
    { count: 1 },
  ]);
  expect(
    points('bullmq.queue.jobs').map(({ attributes, value }) => [
      attributes['bullmq.queue.jobs.state'],
      value,
    ]),
  ).toEqual([
    ['completed', 3],
    ['failed', 0],
  ]);
});
