/**
 * Code as BullMQ's users write it. It is compiled against BullMQ's types and against ours, and never run.
 */

import {
  type AdvancedRepeatOptions,
  type Attributes,
  type BackoffStrategy,
  type BulkJobOptions,
  type ConnectionOptions,
  type ContextManager,
  type DeduplicationOptions,
  delay,
  type Exception,
  errorToJSON,
  type FinishedStatus,
  type FlowJob,
  type FlowOpts,
  FlowProducer,
  type GetNextJobOptions,
  getNextMillis,
  isNotConnectionError,
  Job,
  type JobJson,
  type JobJsonSandbox,
  type JobNode,
  type JobProgress,
  type JobScheduler,
  type JobSchedulerJson,
  type JobSchedulerTemplateOptions,
  type JobState,
  type JobsOptions,
  type JobType,
  type KeepJobs,
  lengthInUtf8Bytes,
  type Meter,
  MetricNames,
  type Metrics,
  type MetricsOptions,
  MetricsTime,
  type MinimalJob,
  type MinimalQueue,
  type ObliterateOpts,
  type Parent,
  type Processor,
  Queue,
  type QueueBaseOptions,
  QueueEvents,
  type QueueEventsListener,
  QueueEventsProducer,
  type QueueListener,
  type QueueMeta,
  type QueueOptions,
  type RateLimiterOptions,
  type RedisClient,
  type RedisOptions,
  type RepeatOptions,
  type RepeatStrategy,
  type RetryOptions,
  type SandboxedJob,
  type SandboxedJobProcessor,
  type SandboxedOptions,
  type Span,
  SpanKind,
  type Telemetry,
  TelemetryAttributes,
  type Time,
  type Tracer,
  UnrecoverableError,
  WaitingChildrenError,
  Worker,
  type WorkerListener,
  type WorkerOptions,
} from 'bullmq';

import IORedis, { Cluster, type RedisOptions as IORedisOptions } from 'ioredis';

interface Mail {
  to: string;
  step?: 'send' | 'done';
}

const base: QueueBaseOptions = { connection: { host: 'localhost', port: 6379 } };
const opts: JobsOptions = { attempts: 3, backoff: { type: 'exponential', delay: 10 } };
const keep: KeepJobs = { age: 60, count: 5 };
const backoffStrategy: BackoffStrategy = (attemptsMade, type, error) =>
  type === 'mine' && error ? attemptsMade : -1;
const workerOptions: WorkerOptions = {
  ...base,
  concurrency: 5,
  removeOnComplete: keep,
  settings: { backoffStrategy },
};

/** Options are known by name, also in types that are made of them; a word that is mistyped is refused. */
export function configure(options: Omit<WorkerOptions, 'connection'>): number | undefined {
  interface OwnOptions extends WorkerOptions {
    own: { enabled: boolean };
  }
  const own: OwnOptions = { ...base, own: { enabled: true }, limiter: { max: 1, duration: 1 } };
  const max: number | undefined = options.limiter?.max;
  // @ts-expect-error: no such option
  const worker: WorkerOptions = { ...base, concurency: 5 };
  // @ts-expect-error: no such option
  const queue: QueueOptions = { ...base, defaultJobOption: {} };
  // @ts-expect-error: no such option
  const key: keyof QueueOptions = 'nope';
  new Queue('mails', {
    ...base,
    skipMetasUpdate: true,
    skipVersionCheck: true,
    skipWaitingForReady: true,
    blockingConnection: false,
  });
  void [own, max, worker, queue, key];
  return options.concurrency;
}

/** Connections to Redis as users have them. */
export function connect(options: Omit<IORedisOptions, 'retryStrategy'>): void {
  const connection = new IORedis({ maxRetriesPerRequest: null });
  new Queue('mails', { connection });
  new Worker('mails', async () => {}, { connection: connection.duplicate() });
  new QueueEvents('mails', { connection: options });
  new FlowProducer({ connection: new Cluster([{ host: 'localhost', port: 6379 }]) });
  const url: ConnectionOptions = { url: 'redis://localhost', maxRetriesPerRequest: null };
  new Queue('mails', { connection: url });
  new Worker('mails', null, {
    connection: {
      host: 'localhost',
      tls: {},
      db: 1,
      enableOfflineQueue: false,
      retryStrategy: (times) => Math.min(times * 2, 1_000),
    },
  });
}

class MailJob extends Job<Mail, boolean, 'mail'> {
  isTo(name: string): boolean {
    return this.data.to === name;
  }
}
class OwnQueue extends Queue<Mail> {
  protected override addJob(name: string, data: Mail, opts?: JobsOptions) {
    return super.addJob(name, data, opts);
  }
}

/** Types that are given once, and followed everywhere. */
export async function followTypes(queue: Queue): Promise<void> {
  const own = new Queue<MailJob>('mails', base);
  (await own.getWaiting())[0]?.isTo('ada');
  (await own.getJob('1'))?.isTo('ada');
  const untyped = await Job.create(queue, 'mail', { to: 'ada' });
  const typed = await Job.create<Mail>(queue, 'mail', { to: 'ada' });
  const found = await Job.fromId<Mail, boolean>(queue, '1');
  const values = await untyped.getChildrenValues();
  const { processed, ignored } = await untyped.getDependencies();
  const json = typed.toJSON();
  const trace: string | undefined = json.stacktrace?.[0];
  const to: string = json.data.to;
  // @ts-expect-error: a method is no part of it
  json.updateData({ to: 'ada' });
  typed.deduplicationId = 'ada';
  const failure: string = typed.deferredFailure;
  const reached = new Worker<Mail, boolean, 'mail', any, number>('mails', null, base);
  reached.on('progress', (job, percent) => void [job.progress + 1, percent + 1]);
  const scheduled = await new OwnQueue('mails', base).upsertJobScheduler('mail', {
    every: 1_000,
    prevMillis: 1,
  });
  const fetched = await reached.getNextJob('token', { block: false });
  const { job, children } = await new FlowProducer(base).getFlow({ id: '1', queueName: 'mails' });
  void [
    untyped.returnvalue.at,
    found?.data.to,
    values['a'].b,
    processed?.['a'].b,
    ignored?.['a'].b,
  ];
  void [
    trace,
    to,
    failure,
    scheduled.id,
    fetched.id,
    job.id,
    children,
    queue.clean(0, 1, 'paused'),
  ];
  // @ts-expect-error: nothing to clean
  void queue.clean(0, 1, 'waiting-children');
  const type: JobType = 'repeat';
  // @ts-expect-error: only schedulers repeat
  void queue.getJobCounts(type).then(() => queue.add('mail', {}, { repeat: { every: 1 } }));
}

interface OwnListener extends QueueEventsListener {
  sent: (args: { to: string }, id: string) => void;
}

/** Names of events and parameters of listeners are checked; events of the application's may be declared. */
export async function listen(queue: Queue, worker: Worker, job: Job): Promise<void> {
  const events = new QueueEvents<boolean>('mails', base);
  events.on('completed', ({ returnvalue }) => void (returnvalue === true));
  events.on<OwnListener>('sent', ({ to }: { to: string }) => void to.length);
  await new QueueEventsProducer('mails', base).publishEvent<{ eventName: string; to: string }>({
    eventName: 'sent',
    to: 'ada',
  });
  const listeners: Partial<QueueListener> = {
    progress: (jobId) => void jobId.length,
    'ioredis:close': () => {},
  };
  queue.emit('waiting', job);
  queue.on('removed', (jobId) => void jobId.toUpperCase());
  // @ts-expect-error: no such event
  queue.on('completed', () => {});
  // @ts-expect-error: no such event
  worker.on('complted', () => {});
  // @ts-expect-error: no such event
  events.on('complted', () => {});
  // @ts-expect-error: the id is a text
  worker.on('stalled', (id: number) => void id);
  // @ts-expect-error: no such event
  queue.emit('foo');
  void listeners;
}

/** What is given to the library to call. */
export function handOver(error: Error): void {
  const ofJob: BackoffStrategy = (attempts, _type, _error, job) => job!.attemptsMade + attempts;
  const ofAny: BackoffStrategy = async (_n: number, _t?: string, _e?: Error, job?: MinimalJob) =>
    job?.data.wait ?? 1;
  const strategy: RepeatStrategy = (millis, { prevMillis = 0 }) => millis + prevMillis;
  const logged =
    (processor: Processor<Mail, boolean>): Processor<Mail, boolean> =>
    (job, token) =>
      processor(job, token).then((sent) => !sent);
  const tree: FlowJob = { name: 'a', queueName: 'mails', data: { to: 'ada' } };
  const stored: JobSchedulerJson = { key: 'k', name: 'a' };
  const processor: SandboxedJobProcessor = (
    job: SandboxedJob,
    callback: (error: unknown, result: unknown) => void,
  ) => callback(job.failedReason.length, job.id.length);
  const given: Partial<Job> = { stacktrace: null };
  void [ofJob, ofAny, strategy, logged, tree.data.to, stored.template?.data.to, processor, given];
  void [delay(1), errorToJSON(error), isNotConnectionError(error), lengthInUtf8Bytes('a')];
}

/** Types for Redis, which need not be taken out of code at once. */
export function name(options: RedisOptions, client: RedisClient, parent: Parent<Mail>): unknown[] {
  new Queue('mails', { connection: options });
  new Queue('mails', { connection: client });
  return [parent.data?.to, parent.opts?.attempts];
}

export async function produce(): Promise<JobState | 'unknown'> {
  const queue = new Queue<Mail, boolean, 'mail'>('mails', { ...base, defaultJobOptions: opts });
  const job = await queue.add('mail', { to: 'ada' });
  const to: string = job.data.to;
  const entries: { name: 'mail'; data: Mail; opts?: BulkJobOptions }[] = [
    { name: 'mail', data: { to } },
  ];
  const jobs: Job<Mail, boolean, 'mail'>[] = await queue.addBulk(entries);
  const types: JobType[] = ['wait', 'completed'];
  const found: Job<Mail, boolean, 'mail'> | undefined = (await queue.getJobs(types, 0, 9))[0];
  const json: JobJson = job.asJSON();
  const retry: RetryOptions = { resetAttemptsMade: true };
  const finished: FinishedStatus = 'failed';
  await found?.retry(finished, retry);
  const all: ObliterateOpts = { force: true };
  await queue.obliterate(all);
  const meta: QueueMeta = await queue.getMeta();
  const minimal: MinimalQueue = queue;
  queue.on('waiting', (waiting) => waiting.data.to.length);
  const removed: QueueListener<Job<Mail>>['removed'] = () => {};
  queue.on('removed', removed);
  const last: Queue<Job<Mail, boolean, 'mail'>> = new Queue('mails', base);
  void [json.deferredFailure, jobs, meta, minimal, last];
  return queue.getJobState(job.id!);
}

/** Jobs with methods of the application's own. */
class GreetingJob<Data = Mail, Result = boolean, Name extends string = string> extends Job<
  Data,
  Result,
  Name
> {
  greeting(): string {
    return `Dear ${(this.data as Mail).to}`;
  }
}

export class MailQueue extends Queue<Mail, boolean, 'mail'> {
  protected override get Job(): typeof Job {
    return GreetingJob as typeof Job;
  }
}

export function options(): unknown[] {
  const typed: QueueOptions<ConnectionOptions> = base;
  const ofWorker: WorkerOptions<ConnectionOptions> = { ...base, concurrency: 2 };
  const paused: QueueMeta = { paused: false };
  const kept: KeepJobs = { age: 60, limit: 5 };
  const first: number = 'age' in kept ? kept.age : 0;
  return [typed, ofWorker, paused, first];
}

export async function work(): Promise<void> {
  const processor: Processor<Mail, boolean, 'mail'> = async (job, token, signal) => {
    if (signal?.aborted) throw new UnrecoverableError('stop');
    const progress: JobProgress = { at: 1 };
    await job.updateProgress(progress);
    await job.updateData({ ...job.data, step: 'done' });
    if (await job.moveToWaitingChildren(token!)) throw new WaitingChildrenError();
    return job.data.step === 'done';
  };
  const worker = new Worker<Mail, boolean, 'mail'>('mails', processor, workerOptions);
  worker.on('completed', (job, result) => void [job.data.to, result === true]);
  const failed: WorkerListener<Mail, boolean, 'mail'>['failed'] = (job, error) =>
    void [job?.id, error.message];
  worker.on('failed', failed);
  const hand = new Worker('mails', null, workerOptions);
  const noWait: GetNextJobOptions = { block: false };
  const job: Job | undefined = await hand.getNextJob('token', noWait);
  await job?.moveToCompleted('result', 'token', false);
  await job?.moveToFailed(new Error('no'), 'token');
  const next = await Job.fromId(hand, '1');
  await next?.remove({ removeChildren: false });
  await worker.close();
}

export async function flow(): Promise<string | undefined> {
  const tree: FlowJob = {
    name: 'parent',
    queueName: 'mails',
    children: [{ name: 'child', queueName: 'mails', opts: { failParentOnFailure: true } }],
  };
  const defaults: FlowOpts = { queuesOptions: { mails: { defaultJobOptions: opts } } };
  const node: JobNode = await new FlowProducer(base).add(tree, defaults);
  const events = new QueueEvents('mails', base);
  const completed: QueueEventsListener['completed'] = ({ jobId }) => void jobId.length;
  events.on('completed', completed);
  events.on('progress', ({ jobId, data }, id) => void [jobId, data, id.length]);
  await node.job.waitUntilFinished(events, 1000);
  return node.children?.[0]?.job.id;
}

export async function schedule(): Promise<string | undefined> {
  const queue = new Queue<Mail, boolean, 'mail'>('mails', base);
  const hourly: RepeatOptions = { every: 3_600_000, limit: 3, startDate: new Date() };
  const template: JobSchedulerTemplateOptions = { attempts: 2, removeOnComplete: true };
  const job = await queue.upsertJobScheduler('mail', hourly, {
    name: 'mail',
    data: { to: 'ada' },
    opts: template,
  });
  await queue.upsertJobScheduler('mail', { pattern: '0 8 * * *', tz: 'Europe/Berlin' });
  const one: JobSchedulerJson<Mail> | undefined = await queue.getJobScheduler('mail');
  const all: JobSchedulerJson<Mail>[] = await queue.getJobSchedulers(0, 9, true);
  const count: number = await queue.getJobSchedulersCount();
  const isGone: boolean = await queue.removeJobScheduler('mail');
  const repeatStrategy: RepeatStrategy = (millis, { pattern }, name) =>
    pattern && name ? millis + 1 : undefined;
  const settings: AdvancedRepeatOptions = { repeatStrategy };
  const scheduler: JobScheduler = await new Queue('mails', { ...base, settings }).jobScheduler;
  const next: number | undefined = getNextMillis(0, { every: 1_000 });
  void [one?.template?.data?.to, all, count, isGone, scheduler.closing, next];
  return job?.repeatJobKey;
}

export async function deduplicate(): Promise<void> {
  const queue = new Queue<Mail>('mails', base);
  const deduplication: DeduplicationOptions = {
    id: 'ada',
    ttl: 1_000,
    extend: true,
    replace: true,
  };
  const job = await queue.add('mail', { to: 'ada' }, { deduplication, delay: 1_000 });
  await queue.add('mail', { to: 'ada' }, { deduplication: { id: 'ada', keepLastIfActive: true } });
  const id: string | null = await queue.getDeduplicationJobId('ada');
  const removed: number = await queue.removeDeduplicationKey('ada');
  const wasMine: boolean = await job.removeDeduplicationKey();
  void [id, removed, wasMine, job.deduplicationId];
  const events = new QueueEvents('mails', base);
  events.on(
    'deduplicated',
    ({ jobId, deduplicationId, deduplicatedJobId }, eventId) =>
      void [jobId.length, deduplicationId.length, deduplicatedJobId.length, eventId.length],
  );
  const delayed: QueueEventsListener['delayed'] = ({ jobId, delay }) => void [jobId, delay + 1];
  events.on('delayed', delayed);
  events.once('retries-exhausted', ({ jobId, attemptsMade }) => void [jobId, attemptsMade.length]);
  events.off('delayed', delayed);
}

export async function limit(): Promise<void> {
  const limiter: RateLimiterOptions = { max: 10, duration: 1_000 };
  const worker = new Worker<Mail>(
    'mails',
    async () => {
      await worker.rateLimit(1_000);
      throw Worker.RateLimitError();
    },
    { ...base, limiter, maximumRateLimitDelay: 1_000, lockRenewTime: 1_000, runRetryDelay: 1_000 },
  );
  worker.on('locksRenewed', ({ count, jobIds }) => void [count + 1, jobIds.length]);
  const queue = new Queue('mails', base);
  await queue.setGlobalConcurrency(4);
  await queue.setGlobalRateLimit(5, 1_000);
  const concurrency: number | null = await queue.getGlobalConcurrency();
  const rate = await queue.getGlobalRateLimit();
  const isMaxed: boolean = await queue.isMaxed();
  const ttl: number = await queue.getRateLimitTtl(5);
  void [concurrency, rate?.max, rate?.duration, isMaxed, ttl];
  await queue.removeGlobalConcurrency();
  await queue.removeGlobalRateLimit();
  await queue.removeRateLimitKey();
}

export function sandbox(): SandboxedJobProcessor<Mail, boolean> {
  const threads: SandboxedOptions = { useWorkerThreads: true };
  new Worker<Mail, boolean>('mails', new URL('file:///mail.js'), { ...base, ...threads });
  new Worker('mails', '/mail.js', { ...base, workerForkOptions: { silent: true } });
  return async (job: SandboxedJob<Mail, boolean>) => {
    const json: JobJsonSandbox['queueName'] = job.queueName;
    await job.updateData({ ...job.data, step: 'done' });
    await job.updateProgress({ at: 1 });
    job.log('sent');
    const values = await job.getChildrenValues<number>();
    const counts = await job.getDependenciesCount({ processed: true });
    await job.moveToDelayed(Date.now() + 1_000);
    return json === 'mails' && Object.values(values).length === counts.processed;
  };
}

export async function measure(): Promise<string> {
  const metrics: MetricsOptions = { maxDataPoints: MetricsTime.ONE_WEEK };
  const worker = new Worker('mails', async () => {}, { ...base, metrics });
  const queue = new Queue('mails', base);
  const { meta, data, count }: Metrics = await queue.getMetrics('completed', 0, 59);
  const counts = await queue.recordJobCountsMetric('waiting', 'failed');
  void [meta.count + meta.prevTS + meta.prevCount, data, count, counts['failed'], worker.id];
  return queue.exportPrometheusMetrics({ region: 'eu' });
}

export function observe(tracer: Tracer, contextManager: ContextManager, meter: Meter): Queue {
  const telemetry: Telemetry = { tracer, contextManager, meter };
  const attributes: Attributes = { [TelemetryAttributes.QueueName]: 'mails' };
  const span: Span = tracer.startSpan('own', { kind: SpanKind.INTERNAL });
  const exception: Exception = { message: 'no', code: 1 };
  const time: Time = [1, 2];
  span.setAttributes(attributes);
  span.recordException(exception, time);
  span.end();
  meter.createCounter(MetricNames.JobsCompleted, { unit: 'jobs' }).add(1, attributes);
  new Worker('mails', async () => {}, { ...base, telemetry });
  new FlowProducer({ ...base, telemetry });
  return new Queue('mails', { ...base, telemetry });
}

export async function progress(): Promise<void> {
  interface Percent {
    percent: number;
  }
  const processor: Processor<Mail, boolean, 'mail', Percent> = async (job) => {
    await job.updateProgress({ percent: job.progress.percent + 1 });
    return true;
  };
  const job = (await Job.fromId(new Queue('mails', base), '1')) as Job<
    Mail,
    boolean,
    'mail',
    Percent
  >;
  const minimal: MinimalJob<Mail, boolean, 'mail', Percent> = job;
  const anything: JobProgress = (await new Queue('mails', base).getJob('1'))!.progress;
  const told: WorkerListener<Mail, boolean, 'mail', Percent>['progress'] = (_, { percent }) =>
    void (percent + 1);
  void [await processor(job, 'token'), minimal.progress.percent, anything, told];
}
