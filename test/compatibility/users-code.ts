/**
 * Code as BullMQ's users write it. It is compiled against BullMQ's types and against ours, and never run.
 */

import {
  type BackoffStrategy,
  type BulkJobOptions,
  type FinishedStatus,
  type FlowJob,
  type FlowOpts,
  FlowProducer,
  type GetNextJobOptions,
  Job,
  type JobJson,
  type JobNode,
  type JobProgress,
  type JobState,
  type JobsOptions,
  type JobType,
  type KeepJobs,
  type MinimalQueue,
  type ObliterateOpts,
  type Processor,
  Queue,
  type QueueBaseOptions,
  QueueEvents,
  type QueueEventsListener,
  type QueueListener,
  type QueueMeta,
  type RetryOptions,
  UnrecoverableError,
  WaitingChildrenError,
  Worker,
  type WorkerListener,
  type WorkerOptions,
} from 'bullmq';

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
