import type { JobSpec } from '../model/job-record';
import { dataText, toJsonText } from '../model/json';
import { parseQualifiedName } from '../model/names';
import { normalizeBackoff } from '../options/backoff';
import { checkJobOptions, failurePolicy, isLifo, type JobsOptions } from '../options/job-options';
import type { Store } from '../store/store';
import type { Backend } from './backend';

/** No queue's. */
const NOT_LOCATED = 0;

/** A job that was checked and can be added. */
export interface PreparedJob {
  /** Without the numbers of its queue and of its parent's, which `locate` fills in. */
  spec: JobSpec;
  /** The options as they are stored with the job. */
  opts: JobsOptions & { attempts: number };
  parentQueue: { prefix: string; name: string } | undefined;
}

/**
 * Checks a job and gives it the form in which it is added. Before anything is waited for: what the caller changes afterwards,
 * an object that serves for the next job, is not what was added.
 * @throws Error with BullMQ's messages; InvalidPayloadError for data or options that JSON cannot
 * hold
 */
export function prepareJob(name: string, data: unknown, given: JobsOptions): PreparedJob {
  const text = dataText(data, `The data of job ${name}`);
  checkJobOptions(name, text, given);
  const backoff = normalizeBackoff(given.backoff);
  const opts = { ...given, attempts: given.attempts ?? 0, ...(backoff ? { backoff } : {}) };
  return {
    opts,
    parentQueue: opts.parent && parseQualifiedName(opts.parent.queue),
    spec: {
      queue_id: NOT_LOCATED,
      id: opts.jobId,
      name,
      data: text,
      opts: toJsonText(opts, `The options of job ${name}`),
      created_at: opts.timestamp ? Math.trunc(opts.timestamp) : undefined,
      delay_ms: opts.delay == null ? undefined : Math.ceil(opts.delay),
      priority: opts.priority,
      lifo: isLifo(opts) || undefined,
      parent_queue_id: undefined,
      parent_id: opts.parent?.id,
      on_failure: failurePolicy(opts),
      deduplication_id: opts.deduplication?.id,
    },
  };
}

/**
 * Finds the queue of jobs that were prepared, and those of their parents.
 * @param tx the transaction in which they are added
 */
export async function locate(
  queue: { getBackend(): Backend; queueId(): Promise<number> },
  prepared: readonly PreparedJob[],
  tx?: Store,
): Promise<void> {
  const queueId = await queue.queueId();
  const children: PreparedJob[] = [];
  for (const job of prepared) {
    job.spec.queue_id = queueId;
    if (job.parentQueue) children.push(job);
  }
  if (children.length === 0) return;
  await Promise.all(
    children.map(async ({ spec, parentQueue }) => {
      const { prefix, name } = parentQueue!;
      spec.parent_queue_id = await queue.getBackend().queueId(prefix, name, tx);
    }),
  );
}
