import type { JobSpec } from '../model/job-record';
import { dataText, toJsonText } from '../model/json';
import { parseQualifiedName } from '../model/names';
import { normalizeBackoff } from '../options/backoff';
import { checkJobOptions, failurePolicy, isLifo, type JobsOptions } from '../options/job-options';
import type { Backend } from './backend';

/** A job that was checked and can be added. */
export interface PreparedJob {
  spec: JobSpec;
  /** The options as they are stored with the job. */
  opts: JobsOptions & { attempts: number };
  /** That of its parent, whose number `spec` is to have. */
  parentQueue: { prefix: string; name: string } | undefined;
}

/**
 * Checks a job and gives it the form in which it is added, but for the queue of its parent. Nothing has happened yet when this
 * throws.
 * @throws Error with BullMQ's messages; InvalidPayloadError for data or options that JSON cannot
 * hold
 */
export function prepareJob(
  queueId: number,
  name: string,
  data: unknown,
  given: JobsOptions,
): PreparedJob {
  const text = dataText(data, `The data of job ${name}`);
  checkJobOptions(name, text, given);
  const backoff = normalizeBackoff(given.backoff);
  const opts = { ...given, attempts: given.attempts ?? 0, ...(backoff ? { backoff } : {}) };
  return {
    opts,
    parentQueue: opts.parent && parseQualifiedName(opts.parent.queue),
    spec: {
      queue_id: queueId,
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

/** Finds the queues of their parents, where they have some. */
export async function resolveParents(
  backend: Backend,
  prepared: readonly PreparedJob[],
): Promise<void> {
  const children = prepared.filter(({ parentQueue }) => parentQueue);
  if (children.length === 0) return;
  await Promise.all(
    children.map(async ({ spec, parentQueue }) => {
      const { prefix, name } = parentQueue!;
      spec.parent_queue_id = await backend.queueId(prefix, name);
    }),
  );
}
