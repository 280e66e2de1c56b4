import { measureRun } from './engine/job-metrics';
import { JobFields, NO_TOKEN } from './job-fields';
import { missingParentError, refusalError } from './model/errors';
import type { DependencyRecord, JobProgress } from './model/job-record';

// biome-ignore-start lint/suspicious/noExplicitAny: as in BullMQ, untyped values of children
/** Children of a job by what became of them, by key `<prefix>:<queue>:<id>`. */
export interface JobDependencies {
  processed?: Record<string, any>;
  unprocessed?: string[];
  ignored?: Record<string, any>;
  failed?: string[];
  nextProcessedCursor?: number;
  nextUnprocessedCursor?: number;
  nextIgnoredCursor?: number;
  nextFailedCursor?: number;
}
// biome-ignore-end lint/suspicious/noExplicitAny: see above

/** A page of children: `count` (default 20), from `cursor` (default 0) on. */
export interface Page {
  cursor?: number;
  count?: number;
}

/** Pages of children to read, by kind; only the kinds given are read. */
export interface DependenciesOptions {
  processed?: Page;
  unprocessed?: Page;
  ignored?: Page;
  failed?: Page;
}

/** A job among its parent and its children. */
export class JobFamily<
  DataType,
  ReturnType,
  NameType extends string,
  ProgressType extends JobProgress = JobProgress,
> extends JobFields<DataType, ReturnType, NameType, ProgressType> {
  /**
   * Lets the active job wait for its children. True when it now waits: the processor is to throw a
   * `WaitingChildrenError`. False when none is pending: the job goes on.
   * @param opts.child wait for this child alone
   */
  async moveToWaitingChildren(
    token: string = NO_TOKEN,
    opts: { child?: { id: string; queue: string } } = {},
  ): Promise<boolean> {
    const outcome = await this.store.waitForChildren(
      await this.queue.queueId(),
      this.id!,
      token,
      opts.child && `${opts.child.queue}:${opts.child.id}`,
    );
    if (outcome === 'nothing_pending') return false;
    this.accepted(outcome, 'moveToWaitingChildren');
    measureRun(this, 'waiting-children');
    return true;
  }

  /** What the completed children returned, by key. */
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, untyped values of children
  async getChildrenValues<Value = any>(): Promise<Record<string, Value>> {
    const children = await this.store.getDependencies(
      await this.queue.queueId(),
      this.id!,
      'completed',
    );
    return Object.fromEntries(children.map(({ key, value }) => [key, value as Value]));
  }

  /** Why children failed whose failure does not fail this job, by key. */
  async getIgnoredChildrenFailures(): Promise<Record<string, string>> {
    const children = await this.store.getDependencies(
      await this.queue.queueId(),
      this.id!,
      'ignored',
    );
    return Object.fromEntries(children.map(({ key, reason }) => [key, reason ?? '']));
  }

  /** The same as `getIgnoredChildrenFailures`; BullMQ's earlier name for it. */
  getFailedChildrenValues(): Promise<Record<string, string>> {
    return this.getIgnoredChildrenFailures();
  }

  /**
   * Children by what became of them: all, or of each kind given one page (`count`, default 20, from
   * `cursor` on).
   */
  async getDependencies(opts?: DependenciesOptions): Promise<JobDependencies> {
    const [processed, unprocessed, failed, ignored] = await Promise.all([
      this.children('completed', opts, opts?.processed),
      this.children('pending', opts, opts?.unprocessed),
      this.children('failed', opts, opts?.failed),
      this.children('ignored', opts, opts?.ignored),
    ]);
    const keys = (rows: DependencyRecord[]) => rows.map(({ key }) => key);
    const values = (rows: DependencyRecord[]) => rows.map(({ key, value }) => [key, value]);
    const reasons = (rows: DependencyRecord[]) =>
      rows.map(({ key, reason }) => [key, reason ?? '']);
    return {
      ...(processed && { processed: Object.fromEntries(values(processed.rows)) }),
      ...(unprocessed && { unprocessed: keys(unprocessed.rows) }),
      ...(failed && { failed: keys(failed.rows) }),
      ...(ignored && { ignored: Object.fromEntries(reasons(ignored.rows)) }),
      ...(processed?.page && { nextProcessedCursor: processed.next }),
      ...(unprocessed?.page && { nextUnprocessedCursor: unprocessed.next }),
      ...(failed?.page && { nextFailedCursor: failed.next }),
      ...(ignored?.page && { nextIgnoredCursor: ignored.next }),
    };
  }

  /**
   * Children of one kind: all of them, or the page asked for, or undefined when only other kinds
   * are asked for.
   */
  private async children(
    status: DependencyRecord['status'],
    opts?: DependenciesOptions,
    page?: Page,
  ) {
    if (opts && !page && Object.values(opts).some(Boolean)) return undefined;
    const cursor = Math.max(page?.cursor ?? 0, 0);
    const count = Math.max(page?.count ?? 20, 0);
    const queueId = await this.queue.queueId();
    // One more, to know whether there is a page after this one.
    const limit = page && count + 1;
    const found = await this.store.getDependencies(queueId, this.id!, status, cursor, limit);
    const rows = page ? found.slice(0, count) : found;
    return { page, rows, next: found.length > rows.length ? cursor + count : 0 };
  }

  /** How many children ended how; only the kinds asked for when any is. */
  async getDependenciesCount(
    opts: { [Kind in 'processed' | 'unprocessed' | 'ignored' | 'failed']?: boolean } = {},
  ): Promise<{ [Kind in 'processed' | 'unprocessed' | 'ignored' | 'failed']?: number }> {
    const counts = await this.store.countDependencies(await this.queue.queueId(), this.id!);
    const asked = Object.keys(opts).filter((kind) => opts[kind as keyof typeof opts]);
    if (asked.length === 0) return counts;
    return Object.fromEntries(asked.map((kind) => [kind, counts[kind as keyof typeof counts]]));
  }

  /**
   * Detaches this job from its parent, which waits for it no longer. False when it was no pending
   * child any more.
   */
  async removeChildDependency(): Promise<boolean> {
    const outcome = await this.store.removeDependency(await this.queue.queueId(), this.id!);
    if (outcome === 'missing') throw refusalError('missing', this.id!, 'removeChildDependency');
    if (outcome === 'no_parent' || outcome === 'parent_missing') {
      throw missingParentError(`${this.parentKey}`, 'removeChildDependency');
    }
    if (outcome !== 'ok') return false;
    delete this.parent;
    delete this.parentKey;
    return true;
  }

  /** Removes the children that have not been run and are not running, with all beneath them. */
  async removeUnprocessedChildren(): Promise<void> {
    await this.store.removeUnprocessedChildren(await this.queue.queueId(), this.id!);
  }
}
