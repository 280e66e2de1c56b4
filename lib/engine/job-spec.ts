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
      // See resolveParents: another queue's may have to be looked up.
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
  await Promise.all(
    prepared.map(async ({ spec, opts: { parent } }) => {
      if (!parent) return;
      const { prefix, name } = parseQualifiedName(parent.queue);
      spec.parent_queue_id = await backend.queueId(prefix, name);
    }),
  );
}
