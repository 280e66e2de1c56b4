import type { JobProgress, JobRecord } from '../model/job-record';
import type { JobJson } from '../options/job-json';
import type { Store } from '../store/store';

/** A page of the children of a job: their keys, the jobs that still exist, how many there are in all. */
export interface DependenciesPage {
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped values of children
  items: { id: string; v?: any; err?: string }[];
  jobs: JobJson[];
  total: number;
}

/**
 * Children of a job that are completed or pending, in order of key, from `start` to `end` inclusive (-1: to
 * the end).
 */
export async function readDependencies(
  store: Store,
  queueId: number,
  parentId: string,
  type: 'processed' | 'pending',
  start: number,
  end: number,
): Promise<DependenciesPage> {
  const isProcessed = type === 'processed';
  const status = isProcessed ? 'completed' : 'pending';
  const limit = end < 0 ? undefined : Math.max(end - start + 1, 0);
  const [children, counts] = await Promise.all([
    store.getDependencies(queueId, parentId, status, start, limit),
    store.countDependencies(queueId, parentId),
  ]);
  const idsByQueue = new Map<number, string[]>();
  for (const child of children) {
    const ids = idsByQueue.get(child.queueId) ?? [];
    idsByQueue.set(child.queueId, ids);
    ids.push(child.id);
  }
  const found = await Promise.all(
    [...idsByQueue].map(([childQueueId, ids]) => store.getJobs(childQueueId, ids)),
  );
  return {
    items: children.map(({ key, value }) => (isProcessed ? { id: key, v: value } : { id: key })),
    jobs: found.flat().flatMap((record) => (record ? [toJobJson(record)] : [])),
    total: isProcessed ? counts.processed : counts.unprocessed,
  };
}

/** A stored job in the form of `job.asJSON`. */
function toJobJson(record: JobRecord): JobJson {
  const { parentKey, parentId, failedReason, finishedOn, processedOn, processedBy } = record;
  return {
    id: record.id,
    name: record.name,
    data: JSON.stringify(record.data),
    opts: record.opts,
    progress: (record.progress ?? 0) as JobProgress,
    delay: record.delay,
    priority: record.priority,
    timestamp: record.timestamp,
    attemptsMade: record.attemptsMade,
    attemptsStarted: record.attemptsStarted,
    stalledCounter: record.stalledCounter,
    stacktrace: JSON.stringify(record.stacktrace ?? []),
    returnvalue: JSON.stringify(record.returnvalue ?? null),
    failedReason: (failedReason ?? undefined) as string,
    ...(finishedOn != null && { finishedOn }),
    ...(processedOn != null && { processedOn }),
    ...(processedBy != null && { processedBy }),
    ...(parentKey &&
      parentId && {
        parentKey,
        parent: { id: parentId, queueKey: parentKey.slice(0, -parentId.length - 1) },
      }),
  };
}
