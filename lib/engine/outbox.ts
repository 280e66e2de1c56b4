import { isConflict, isConnectionError, isLockTimeout, isPassing } from '../db/database';
import { setTimeout, sleep } from '../model/clock';
import { empty } from '../model/empty';
import type { Refusal } from '../model/errors';
import { InFlight } from '../model/in-flight';
import type { ClaimedJob, Settlement } from '../model/job-record';
import type { Roster } from '../model/roster';
import type { RefusedSettlement, Store } from '../store/store';
import { answerAll, Report } from './report';

/** Before what failed is tried again. */
const RETRY_MS = 100;
/** Before a job whose report was refused goes back. */
const REFUSED_MS = 500;

/** The loop that sends what is in an outbox. */
export interface OutboxHost {
  /** There is something to send, or a slot more. */
  onDue(): void;
  /** What the database takes the worker to hold is not what it holds. */
  onOutOfSync(): void;
  onError(error: Error): void;
}

type Refused = readonly RefusedSettlement[] | null;

/**
 * What became of jobs, on its way to the database: waiting for the next exchange, or for the disk to confirm one, or held up, because an open
 * transaction has locked the parent of a job or the job itself. What is held up goes apart from exchanges, each parent's for
 * itself, and keeps its slots meanwhile.
 */
export class Outbox {
  private waiting: Report[] = [];
  private readonly confirmations = new InFlight();
  /** Jobs with a try left whose report waits for a confirmation. */
  private readonly unconfirmed = new Set<string>();
  /** By the id of the job. */
  private readonly heldUp = new Map<string, Promise<void>>();
  private isStopped = false;
  private isForced = false;

  constructor(
    /** Which waits for no lock, and keeps one connection at most for those who try to get one. */
    private readonly store: Pick<Store, 'settleJobs'>,
    private readonly queueId: number,
    private readonly held: Roster<ClaimedJob>,
    private readonly host: OutboxHost,
  ) {}

  /** Whether there is something to send. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** How many jobs have ended whose reports are held up. */
  get heldUpCount(): number {
    return this.heldUp.size;
  }

  /** Reports what became of a job. Resolves to null, or to why the database did not accept it. */
  settle(job: ClaimedJob, settlement: Settlement): Promise<Refusal | null> {
    const report = new Report(job, settlement);
    // After a forced end nobody is told any more.
    if (!this.isForced) {
      this.waiting.push(report);
      this.host.onDue();
    }
    return report.answered;
  }

  /** What is to be sent next. */
  take(): Report[] {
    return this.waiting.splice(0);
  }

  /** Nothing has happened: to be sent again. */
  putBack(reports: readonly Report[]): void {
    if (!this.isForced) this.waiting.unshift(...reports);
  }

  /** Nobody knows what became of these: they are sent again, by a worker that is in sync. */
  repeat(reports: readonly Report[], error: Error): void {
    this.host.onError(error);
    this.host.onOutOfSync();
    this.putBack(reports.map((report) => report.repeat()));
  }

  /**
   * What cannot be stored of a job does not hold it for ever: it goes back, and counts as stalled. Not at once, for its failure
   * may be refused as well.
   */
  reject({ job, settlement, reject }: Report, error: Error): void {
    reject(error);
    if (settlement.outcome === 'moved') {
      this.held.delete(job);
      this.host.onOutOfSync();
      return;
    }
    const { id, token } = settlement;
    setTimeout(() => {
      if (this.isStopped) return;
      this.settle(job, { id, token, outcome: 'moved' }).catch(this.host.onError);
    }, REFUSED_MS);
  }

  /** The answer to these, as of a time of the database. With `isOnDisk` it counts only when that has resolved, and after those that came before. */
  answered(
    reports: Report[],
    refused: Refused,
    at: number,
    isOnDisk: Promise<void> | undefined,
  ): void {
    for (const { settlement } of reports) settlement.settled_at = at;
    if (!isOnDisk && this.confirmations.size === 0) {
      this.deliver(reports, refused);
      return;
    }
    this.noteRetried(reports);
    const confirmation = Promise.all([isOnDisk, this.confirmations.settled()]).then(
      () => this.deliver(reports, refused),
      (error: unknown) => {
        this.repeat(reports, error as Error);
        setTimeout(() => this.host.onDue(), RETRY_MS);
      },
    );
    this.confirmations.add(confirmation).catch(this.host.onError);
  }

  /** They may wait for a lock that somebody holds: others are not to wait with them. Those without a parent come first. */
  holdUp(reports: readonly Report[]): void {
    const siblings = new Map<string | undefined, Report[]>([[undefined, []]]);
    for (const report of reports) {
      const { parent_queue_id: queueId, parent_id: id } = report.settlement;
      const parent = id === undefined ? undefined : `${queueId}:${id}`;
      siblings.set(parent, [...(siblings.get(parent) ?? []), report]);
    }
    for (const group of siblings.values()) if (group.length > 0) this.sendApart(group);
  }

  /**
   * When a job may start that the database has handed out; at once, when this is undefined. One whose last try is reported, but not
   * known to be over, has to wait.
   */
  whenStartable(job: ClaimedJob): Promise<unknown> | undefined {
    if (job.attemptsMade === 0) return undefined;
    const heldUp = this.heldUp.get(job.id);
    if (!heldUp && !this.unconfirmed.has(job.id)) return undefined;
    return Promise.all([heldUp, this.confirmations.settled()]);
  }

  /** Whether nobody knows if the last try of this job is over. */
  isUnconfirmed(job: ClaimedJob): boolean {
    return this.unconfirmed.has(job.id);
  }

  /** Resolves when what has been sent so far is known to be on disk, or not. */
  confirmed(): Promise<void> {
    return this.confirmations.settled();
  }

  /** @param isForced what is left is reported by nobody */
  stop(isForced: boolean): void {
    this.isStopped = true;
    this.isForced ||= isForced;
    if (isForced) this.waiting = [];
  }

  private noteRetried(reports: readonly Report[]): void {
    for (const { settlement } of reports) {
      if (settlement.outcome === 'retried') this.unconfirmed.add(settlement.id);
    }
  }

  private deliver(reports: Report[], refused: Refused): void {
    for (const { job, settlement } of reports) {
      this.held.delete(job);
      this.unconfirmed.delete(settlement.id);
    }
    answerAll(reports, refused);
    empty(reports);
  }

  private sendApart(reports: Report[]): void {
    const ids = reports.map(({ settlement }) => settlement.id);
    const sending = this.untilSettled(reports)
      .catch((error) => this.host.onError(error))
      .finally(() => {
        for (const id of ids) if (this.heldUp.get(id) === sending) this.heldUp.delete(id);
        this.host.onDue();
      });
    for (const id of ids) this.heldUp.set(id, sending);
  }

  private async untilSettled(reports: Report[]): Promise<void> {
    while (!this.isForced && !(await this.settleApart(reports))) {
      // Siblings wait for the same parent, others each for something else.
      if (reports.length > 1 && reports[0]!.settlement.parent_id === undefined) {
        for (const report of reports) this.sendApart([report]);
        return;
      }
      await sleep(RETRY_MS);
    }
  }

  /** Whether there is an answer, or there will be one by another way; false when a lock was in the way. */
  private async settleApart(reports: Report[]): Promise<boolean> {
    try {
      const settlements = reports.map(({ settlement }) => settlement);
      this.deliver(reports, await this.store.settleJobs(this.queueId, settlements));
    } catch (error) {
      if (isLockTimeout(error) || isConflict(error)) return false;
      if (isConnectionError(error) || isPassing(error)) {
        this.noteRetried(reports);
        this.repeat(reports, error as Error);
      } else if (reports.length === 1) this.reject(reports[0]!, error as Error);
      // One of them cannot be stored: the others are not to suffer for it.
      else for (const report of reports) this.sendApart([report]);
    }
    return true;
  }
}
