import { setImmediate as nextTurn } from 'node:timers/promises';
import { isConflict, isConnectionError } from '../db/database';
import { now } from '../model/clock';
import type { Refusal } from '../model/errors';
import type { ClaimedJob, Settlement } from '../model/job-record';
import type { Exchange, Store } from '../store/store';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/**
 * Exchanges at a time: while the database works at one, the jobs of the other run. And how many
 * reports make one worth its round trip and its commit.
 */
const LANES = 2;
const LANE_SHARE = 4;
/** Between looks for a due job that somebody holds. */
const HELD_JOB_MS = 50;
/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The worker that a loop fetches and reports for. */
export interface LoopHost {
  /** How many jobs more could run now; 0 while paused. */
  freeSlots(): number;
  /** Runs a job; it is to be settled, or forgotten, later. */
  start(job: ClaimedJob): void;
  /** A fetch came back empty after there was work. */
  onDrained(): void;
  /** The exchange failed; it is tried again. */
  onError(error: Error): void;
  /** Makes the worker known to the database, and returns the id under which it claims. */
  register(): Promise<string>;
}

interface Report {
  settlement: Settlement;
  /** Sent before, with an answer that never came. */
  isRepeated: boolean;
  resolve(refusal: Refusal | null): void;
  reject(error: Error): void;
}

/**
 * A worker's conversation with the database. An exchange reports what is finished and claims what
 * there are slots for; results pile up into batches while exchanges are on their way. A busy
 * worker has two lanes, so that one batch runs while the database works at the other.
 *
 *   busy    -> hungry  a slot stayed free: registered, whoever adds jobs notifies from now on
 *   hungry  -> asleep  a last look behind the wake lock found nothing; until the lock is free,
 *                      looks come every 2 to 100 ms
 *   hungry, asleep -> busy  notified, or a delayed job is due, and all slots were filled
 *
 * After an exchange whose answer was lost the worker is resynced: what was claimed unseen is given
 * back, what was reported is reported again, and recognised by its token.
 */
export class ExchangeLoop {
  private workerId: string | undefined;
  private epoch = 0;
  private isHungry = false;
  private isAsleepNow = false;
  private needsResync = false;
  private hungrySince = 0;
  private isProdded = false;
  private isWorkedSinceDrained = false;
  private isStopped = false;
  private isForced = false;
  private retryMs = FIRST_RETRY_MS;
  private outbox: Report[] = [];
  private readonly held = new Map<string, string>();
  private running: Promise<void> | undefined;
  private alarm: NodeJS.Timeout | undefined;
  /** Exchanges on their way, how many jobs they ask for, and whether one of them must be the only one. */
  private readonly lanes = new Set<Promise<void>>();
  private requested = 0;
  private isSolitary = false;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly store: Store,
    private readonly queueId: number,
    private readonly host: LoopHost,
  ) {}

  /** Nothing runs short here, and whoever adds a job will say so. */
  isAsleep(): boolean {
    return this.isHungry && this.isAsleepNow;
  }

  /** Looks for jobs, now or as soon as the current exchange is over. */
  prod(): void {
    this.isProdded = true;
    this.wake();
  }

  /** Reports what became of a job. Resolves to null, or to why the database did not accept it. */
  settle(settlement: Settlement): Promise<Refusal | null> {
    return new Promise((resolve, reject) => {
      this.outbox.push({ settlement, isRepeated: false, resolve, reject });
      this.wake();
    });
  }

  /** The job is no longer ours: its processor moved it. */
  forget(job: ClaimedJob): void {
    if (this.held.get(job.id) === job.token) this.held.delete(job.id);
    this.prod();
  }

  /** Resolves when no exchange is on its way, and none is due. */
  async quiet(): Promise<void> {
    await this.running;
  }

  /**
   * Claims nothing more and gives the worker up: jobs that it still holds are taken over.
   * @param isForced without delivering what is left to report
   */
  async stop(isForced: boolean): Promise<void> {
    this.isStopped = true;
    this.isForced = isForced;
    clearTimeout(this.alarm);
    if (isForced) this.outbox = [];
    this.wake();
    await this.running;
    if (this.workerId !== undefined) {
      await this.store.unregisterWorker(this.queueId, this.workerId).catch(this.host.onError);
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
    this.running ??= this.run()
      .catch((error: unknown) => this.host.onError(error as Error))
      .finally(() => {
        this.running = undefined;
        if (this.outbox.length > 0 || (this.isProdded && this.host.freeSlots() > 0)) this.wake();
      });
  }

  private async run(): Promise<void> {
    // Jobs that finish in the same turn of the event loop are reported together.
    if (this.held.size > 1) await nextTurn();
    while (true) {
      const limit = this.isStopped ? 0 : Math.max(this.host.freeSlots() - this.requested, 0);
      const wantsJobs = limit > 0 && (this.isProdded || !this.isAsleep());
      const mustUnregister = limit === 0 && this.isHungry && !this.isStopped;
      const isDue = this.outbox.length > 0 || wantsJobs || mustUnregister;
      if (isDue && this.hasFreeLane()) {
        this.isProdded = false;
        this.converse(limit);
      } else if (this.lanes.size > 0) {
        await Promise.race([...this.lanes, this.nudged()]);
      } else {
        return;
      }
    }
  }

  /** A second exchange may begin while one is on its way only if it has something to tell, and the worker is busy. */
  private hasFreeLane(): boolean {
    if (this.lanes.size === 0) return true;
    return this.lanes.size < LANES && !this.needsSolitude() && this.outbox.length >= LANE_SHARE;
  }

  /** What an exchange says of the worker as a whole, being hungry or out of sync, must not be said twice at once. */
  private needsSolitude(): boolean {
    return this.isSolitary || this.isHungry || this.needsResync || this.workerId === undefined;
  }

  /** Begins an exchange on a lane; with much to tell, half of it, so that the other lane has its share. */
  private converse(limit: number): void {
    const isSolitary = this.needsSolitude();
    const isShared =
      !isSolitary && this.outbox.length >= LANES * LANE_SHARE && this.lanes.size === 0;
    const part = isShared ? 1 / LANES : 1;
    const reports = this.outbox.splice(0, Math.ceil(this.outbox.length * part));
    const claims = Math.ceil(limit * part);
    this.isSolitary = isSolitary;
    this.requested += claims;
    const lane = this.travel(reports, claims)
      .catch((error: unknown) => this.host.onError(error as Error))
      .finally(() => {
        this.isSolitary = false;
        this.lanes.delete(lane);
      });
    this.lanes.add(lane);
  }

  private async travel(reports: Report[], claims: number): Promise<void> {
    const answer = await this.exchange(reports, claims);
    this.requested -= claims;
    if (!answer) return;
    this.accept(answer, claims);
    if (this.isHungry && !this.isAsleepNow) await this.pauseBeforeLook();
    else if (this.held.size > 1) await nextTurn();
  }

  /** One exchange; undefined when it has to be repeated. */
  private async exchange(reports: Report[], limit: number): Promise<Exchange | undefined> {
    try {
      const workerId = await this.ensureInSync();
      const wasHungry = this.isHungry;
      const answer = await this.store.settleAndClaim(
        this.queueId,
        workerId,
        this.epoch,
        reports.map(({ settlement }) => settlement),
        limit,
        wasHungry,
        this.isAsleepNow,
      );
      this.retryMs = FIRST_RETRY_MS;
      // Of two exchanges at once, one that left slots free has registered the worker for both.
      const isHungryNow = answer.hungry || (this.isHungry && !wasHungry);
      if (isHungryNow && !this.isHungry) this.hungrySince = now();
      this.isHungry = isHungryNow;
      this.isAsleepNow = answer.asleep;
      this.deliver(reports, answer);
      return answer;
    } catch (error) {
      if (isConflict(error)) {
        this.outbox.unshift(...reports);
      } else if (isConnectionError(error) || reports.length === 0) {
        this.host.onError(error as Error);
        this.needsResync = true;
        if (this.isForced) return undefined;
        this.outbox.unshift(...reports.map((report) => ({ ...report, isRepeated: true })));
        await this.pause(this.retryMs);
        this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
      } else if (reports.length === 1) {
        reports[0]!.reject(error as Error);
      } else {
        // One of them cannot be stored: the others are not to suffer for it.
        for (const report of reports) await this.exchange([report], 0);
      }
      return undefined;
    }
  }

  /** Registers the worker when it is not, and resyncs it after a lost answer. */
  private async ensureInSync(): Promise<string> {
    if (this.workerId !== undefined && this.needsResync) {
      const held = [...this.held].map(([id, token]) => ({ id, token }));
      const epoch = await this.store.resyncWorker(this.queueId, this.workerId, held);
      if (epoch === null) this.workerId = undefined;
      else this.epoch = epoch;
      this.isHungry = false;
      this.isAsleepNow = false;
    }
    this.needsResync = false;
    if (this.workerId === undefined) {
      this.workerId = await this.host.register();
      this.epoch = 0;
      this.isHungry = false;
      this.isAsleepNow = false;
    }
    return this.workerId;
  }

  private deliver(reports: Report[], { refused }: Exchange): void {
    const refusals = new Map(refused?.map(({ id, outcome }) => [id, outcome]));
    for (const { settlement, isRepeated, resolve } of reports) {
      if (this.held.get(settlement.id) === settlement.token) this.held.delete(settlement.id);
      const refusal = refusals.get(settlement.id) ?? null;
      const wasAccepted = isRepeated && refusal === traceOf(settlement);
      resolve(wasAccepted ? null : refusal);
    }
  }

  private accept(answer: Exchange, limit: number): void {
    if (answer.lost) {
      this.workerId = undefined;
      this.isProdded = true;
      return;
    }
    this.setAlarm(answer.wakeIn);
    for (const job of answer.jobs) {
      this.held.set(job.id, job.token);
      this.isWorkedSinceDrained = true;
      this.host.start(job);
    }
    if (limit > 0 && answer.jobs.length === 0 && this.isWorkedSinceDrained) {
      this.isWorkedSinceDrained = false;
      this.host.onDrained();
    }
  }

  private setAlarm(wakeIn: number | null): void {
    clearTimeout(this.alarm);
    if (wakeIn !== null && !this.isStopped) {
      // 0 is a due job that an open transaction holds: nothing to be quick about.
      const ms = wakeIn > 0 ? Math.min(wakeIn, MAX_TIMER_MS) : HELD_JOB_MS;
      this.alarm = setTimeout(() => {
        // Who added a later job behind the one that is due now has told nobody.
        this.isAsleepNow = false;
        this.prod();
      }, ms);
    }
  }

  /**
   * The first look comes at once, later ones after a tenth of the time that some transaction has
   * already kept us waiting.
   */
  private pauseBeforeLook(): Promise<void> {
    const waited = now() - this.hungrySince;
    return waited < 2 ? nextTurn() : this.pause(Math.min(Math.max(waited / 10, 2), 100));
  }

  /** Waits, until something new comes up. */
  private async pause(ms: number): Promise<void> {
    if (this.isStopped && this.outbox.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([timeout, this.nudged()]);
    clearTimeout(timer);
  }

  private nudged(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** How a report that was accepted, with an answer that never came, is refused when it is repeated. */
function traceOf({ outcome, remove }: Settlement): Refusal {
  if (outcome === 'retried') return 'lock_missing';
  return remove ? 'missing' : 'already_settled';
}
