import type { JobRecord } from '../model/job-record';
import type { Store } from '../store/store';

/** A page of the children of a job: their keys, those that still exist, how many there are in all. */
interface Dependencies {
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped values of children
  items: { id: string; v?: any; err?: string }[];
  records: JobRecord[];
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
): Promise<Dependencies> {
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
    records: found.flat().filter((record) => record !== null),
    total: isProcessed ? counts.processed : counts.unprocessed,
  };
}
