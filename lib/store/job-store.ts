import type { DependencyRecord, JobRecord, JobSpec, Settlement } from '../model/job-record';
import { lookupId } from '../model/json';
import { toInteger, toMilliseconds } from '../model/whole-number';

import { toWaitingColumns } from './added-jobs';
import type { AddedJobs, JobUpdate, LogRow, Outcome, RefusedSettlement } from './answers';
import { Column, Json } from './caller';
import { QueueStore, range } from './queue-store';

/** A child as get_dependencies tells of it. */
type ChildRow = [
  queueId: number,
  id: string,
  status: DependencyRecord['status'],
  value: unknown,
  reason: string | null,
];

/** What the database does with jobs: one, a few of them, and their families. */
export class JobStore extends QueueStore {
  /** `<prefix>:<queue>` by id, as far as they were needed: they never change. */
  private readonly queueKeys = new Map<number, string>();

  /** @param units jobs that are added together or not at all */
  async addJobs(units: readonly (readonly JobSpec[])[]): Promise<AddedJobs> {
    const isAlone = this.executor.commitsEach ?? false;
    const waiting = toWaitingColumns(units);
    if (waiting) return this.value('add_waiting', ...waiting, isAlone);
    const specs: object[] = [];
    for (const [unit, jobs] of units.entries()) {
      for (const job of jobs) specs.push({ ...job, position: specs.length, unit });
    }
    return this.value('add_jobs', JSON.stringify(specs), isAlone);
  }

  /** In the order of the ids; null for a job that does not exist. */
  async getJobs(queueId: number, ids: readonly string[]): Promise<(JobRecord | null)[]> {
    return (
      (await this.value<(JobRecord | null)[] | null>(
        'get_jobs',
        queueId,
        JSON.stringify(ids.map(lookupId)),
      )) ?? []
    );
  }

  /**
   * Of several updates of one job the last one holds. Resolves to the positions of those of jobs that do
   * not exist.
   */
  async updateData(updates: readonly JobUpdate[]): Promise<number[]> {
    const latest = [...new Map(updates.map((update) => [keyOf(update), update])).values()].sort(
      compareKeys,
    );
    const missing = await this.update('update_data', latest);
    if (missing.length === 0) return missing;
    const strangers = new Set(missing.map((i) => keyOf(latest[i]!)));
    return [...updates.keys()].filter((i) => strangers.has(keyOf(updates[i]!)));
  }

  /** As `updateData`; all are events. */
  async updateProgress(updates: readonly JobUpdate[]): Promise<number[]> {
    return this.update('update_progress', updates);
  }

  private async update(name: string, updates: readonly JobUpdate[]): Promise<number[]> {
    const missing = await this.value<number[] | null>(
      name,
      new Column(
        updates.map(({ queueId }) => queueId),
        'integer',
      ),
      new Column(
        updates.map(({ id }) => lookupId(id)),
        'text',
      ),
      new Column(
        updates.map(({ json }) => json),
        'text',
      ),
    );
    return missing ?? [];
  }

  /** In the order of the rows: how many the log has with it, or null when there is no such job. */
  async addLogs(rows: readonly LogRow[]): Promise<(number | null)[]> {
    const places = [...rows.keys()].sort((a, b) => compareKeys(rows[a]!, rows[b]!) || a - b);
    const sorted = places.map((i) => rows[i]!);
    const texts = (values: string[]) => new Column(values, 'text');
    const integers = (field: 'queueId' | 'keep') =>
      new Column(
        sorted.map((row) => row[field]),
        'integer',
      );
    const counts = await this.value<(number | null)[]>(
      'add_logs',
      integers('queueId'),
      texts(sorted.map(({ id }) => lookupId(id))),
      texts(sorted.map(({ row }) => row)),
      integers('keep'),
    );
    const answers = Array<number | null>(rows.length).fill(null);
    for (const [i, place] of places.entries()) answers[place] = counts[i]!;
    return answers;
  }

  async trimLog(queueId: number, id: string, keep: number): Promise<void> {
    await this.text('trim_log', queueId, id, toInteger('The number of rows to keep', keep, 0));
  }

  async getLogs(
    queueId: number,
    id: string,
    start: number,
    end: number,
    isAscending: boolean,
  ): Promise<{ logs: string[]; count: number }> {
    return this.value('get_logs', queueId, lookupId(id), ...range(start, end), isAscending);
  }

  async changeDelay(queueId: number, id: string, ms: number): Promise<Outcome> {
    const delay = toMilliseconds('The delay', ms);
    return (await this.text('change_delay', queueId, id, delay)) as Outcome;
  }

  async changePriority(
    queueId: number,
    id: string,
    priority: number,
    lifo: boolean,
  ): Promise<Outcome> {
    return (await this.text('change_priority', queueId, id, priority, lifo)) as Outcome;
  }

  async promoteJob(queueId: number, id: string): Promise<Outcome> {
    return (await this.text('promote_job', queueId, id)) as Outcome;
  }

  async retryJob(queueId: number, id: string, state: string, opts: object): Promise<Outcome> {
    const json = new Json(JSON.stringify(opts));
    return (await this.text('retry_job', queueId, id, state, json)) as Outcome;
  }

  async removeJob(
    queueId: number,
    id: string,
    withChildren: boolean,
  ): Promise<'ok' | 'missing' | 'locked' | 'scheduled'> {
    return (await this.text('remove_job', queueId, lookupId(id), withChildren)) as 'ok';
  }

  async removeDependency(
    queueId: number,
    id: string,
  ): Promise<'ok' | 'not_pending' | 'missing' | 'no_parent' | 'parent_missing'> {
    return (await this.text('remove_dependency', queueId, id)) as 'ok';
  }

  async removeUnprocessedChildren(queueId: number, id: string): Promise<number> {
    return this.value('remove_unprocessed_children', queueId, id);
  }

  async getDependencies(
    queueId: number,
    id: string,
    status?: DependencyRecord['status'],
    offset = 0,
    limit?: number,
  ): Promise<DependencyRecord[]> {
    const children =
      (await this.value<ChildRow[] | null>(
        'get_dependencies',
        queueId,
        lookupId(id),
        status ?? null,
        toInteger('The start', offset),
        limit === undefined ? null : toInteger('The count', limit),
      )) ?? [];
    const queueKeys = await this.queueKeysOf(children.map(([childQueueId]) => childQueueId));
    return children.map(([childQueueId, childId, childStatus, value, reason]) => ({
      key: `${queueKeys.get(childQueueId)}:${childId}`,
      status: childStatus,
      value,
      reason,
      queueId: childQueueId,
      id: childId,
    }));
  }

  /**
   * The keys of these queues, by id. To put the key of a job together here is cheaper than to have the
   * database look its queue up for each of a thousand children of one parent.
   */
  protected async queueKeysOf(
    queueIds: readonly (number | null)[],
  ): Promise<ReadonlyMap<number, string>> {
    const unknown = new Set<number>();
    for (const id of queueIds) {
      if (id !== null && !this.queueKeys.has(id)) unknown.add(id);
    }
    if (unknown.size > 0) {
      const keys = await this.value<Record<string, string>>(
        'get_queue_keys',
        new Column([...unknown], 'integer'),
      );
      for (const [id, key] of Object.entries(keys)) this.queueKeys.set(Number(id), key);
    }
    return this.queueKeys;
  }

  async countDependencies(
    queueId: number,
    id: string,
  ): Promise<{ processed: number; unprocessed: number; ignored: number; failed: number }> {
    return this.value('count_dependencies', queueId, id);
  }

  /** Ids of the jobs that are not held under their token. */
  async extendLocks(
    queueId: number,
    locks: readonly { id: string; token: string }[],
    ms: number,
  ): Promise<string[]> {
    const duration = toMilliseconds('The duration', ms);
    return (await this.value('extend_locks', queueId, JSON.stringify(locks), duration)) ?? [];
  }

  async delayJob(queueId: number, id: string, token: string, ms: number): Promise<Outcome> {
    const delay = toMilliseconds('The delay', ms);
    return (await this.text('delay_job', queueId, id, token, delay)) as Outcome;
  }

  async releaseJob(queueId: number, id: string, token: string): Promise<Outcome> {
    return (await this.text('release_job', queueId, id, token)) as Outcome;
  }

  async waitForChildren(
    queueId: number,
    id: string,
    token: string,
    childKey?: string,
  ): Promise<Outcome | 'nothing_pending'> {
    return (await this.text('wait_for_children', queueId, id, token, childKey ?? null)) as Outcome;
  }

  async settleJobs(
    queueId: number,
    settlements: readonly Settlement[],
  ): Promise<RefusedSettlement[]> {
    return (await this.value('settle_jobs', queueId, new Json(JSON.stringify(settlements)))) ?? [];
  }
}

function keyOf({ queueId, id }: JobUpdate): string {
  return `${queueId}:${id}`;
}

/** The order in which all lock jobs. */
function compareKeys(
  a: { queueId: number; id: string },
  b: { queueId: number; id: string },
): number {
  return a.queueId - b.queueId || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
