import { isConflict, isConnectionError, isLockTimeout, isPassing } from '../db/database';
import { clearTimeout, elapsed, nextTurn, setTimeout } from '../model/clock';
import { empty } from '../model/empty';
import type { Refusal } from '../model/errors';
import type { ClaimedJob, Settlement } from '../model/job-record';
import { Roster } from '../model/roster';
import type { Exchange, RateLimit } from '../store/store';
import { ClaimRanges } from './claim-ranges';
import type { EngineStores } from './engine-stores';
import type { Exchanges } from './exchanges';
import { Outbox } from './outbox';
import { type RegisteredHost, Registration } from './registration';
import type { Report } from './report';
import type { Sleeper } from './sleepers';
import type { WalFlusher } from './wal-flusher';

const FIRST_RETRY_MS = 100;
/** Between two tries of a claim that meets a lock. */
const LOCKED_MS = 20;
const LAST_RETRY_MS = 5_000;
/** How long results of a busy worker may wait for a flush that others share. */
const FLUSH_WITHIN_MS = 2;
/** How long one that was roused may wait for an answer, until another is roused as well: its connection may be dead. */
const SLOW_LOOK_MS = 50;

/** The worker that a loop fetches and reports for. */
export interface LoopHost extends Pick<RegisteredHost, 'register' | 'onLost'> {
  /** How many jobs more could run now, or be held for those that run; 0 while paused. */
  freeSlots(): number;
  /** Whether a job could run at once. */
  hasIdleSlot(): boolean;
  /** Milliseconds for which results may gather, while the slots have enough to go on with. */
  patience(): number;
  /** Runs a job; it is to be settled, or forgotten, later. */
  start(job: ClaimedJob): void;
  /** An exchange took so many milliseconds. */
  onExchange(ms: number): void;
  /** A fetch came back empty after there was work. */
  onDrained(): void;
  /** A delayed job, or the end of a rate limit, is due in so many milliseconds. */
  onDueIn(ms: number): void;
  /** It was roused, and so many others are to be as well: its slots were filled, or it did not look. */
  onRelayed(count: number): void;
  /** It was roused, and has no answer yet. */
  onSlow(): void;
  /** The exchange failed; it is tried again. */
  onError(error: Error): void;
  /** The worker's own limit, if it has one. */
  rateLimit(): RateLimit | undefined;
  /** What confirms commits that do not wait for the disk; undefined when each has to wait. */
  flusher(): WalFlusher | undefined;
  /** No job is to start before the one before it is known to be settled. */
  isSerial(): boolean;
  /** The worker is about to be given up, when its last jobs are done. */
  isClosing(): boolean;
}

/**
 * A worker's conversation with the database: one exchange at a time reports what is finished and
 * claims what there are slots for, so results pile up into batches by themselves while an exchange
 * is on its way.
 *
 *   busy    -> hungry  a slot stayed free: registered, whoever adds jobs notifies from now on
 *   hungry  -> asleep  a last look behind the wake lock found nothing; until the lock is free,
 *                      looks come every 2 to 100 ms
 *   hungry, asleep -> busy  notified, or a delayed job is due, and all slots were filled
 *
 * The commit of a busy exchange does not wait for the disk: its jobs start at once, and what it
 * reported counts as accepted when a flush has confirmed it.
 *
 * After an exchange whose answer or whose confirmation was lost the worker is resynced: what was
 * claimed unseen is given back, what was reported is reported again, and recognised by its token.
 */
export class ExchangeLoop implements Sleeper {
  private isHungry = false;
  private isAsleepNow = false;
  private hungrySince = 0;
  private isProdded = false;
  private isRoused = false;
  private slowLook: NodeJS.Timeout | undefined;
  private isWorkedSinceDrained = true;
  private isExchanging = false;
  /** The last claim met a lock: reports do not travel with the next one. */
  private isClaimLocked = false;
  private givesAnswerBack = false;
  private isStopped = false;
  private isForced = false;
  private retryMs = FIRST_RETRY_MS;
  /** What runs, or is yet to be reported or confirmed. */
  private readonly held = new Roster<ClaimedJob>();
  private exchangeCount = 0;
  private readonly ranges = new ClaimRanges();
  /** Jobs that wait to start. */
  private readonly starts = new Map<ClaimedJob, Promise<void>>();
  private running: Promise<void> | undefined;
  private interruptPause: (() => void) | undefined;
  private endGathering: (() => void) | undefined;
  private readonly registration: Registration;
  private readonly outbox: Outbox;

  constructor(
    stores: EngineStores,
    private readonly exchanges: Exchanges,
    private readonly queueId: number,
    private readonly host: LoopHost,
  ) {
    this.outbox = new Outbox(stores.onceInTurn, queueId, this.held, {
      onDue: () => this.wake(),
      onOutOfSync: () => {
        this.registration.isOutOfSync = true;
      },
      onError: (error) => host.onError(error),
    });
    this.registration = new Registration(stores.patient, queueId, this.held, {
      register: () => host.register(),
      onRenewed: () => {
        this.isHungry = false;
        this.isAsleepNow = false;
      },
      onLost: () => host.onLost(),
    });
  }

  /** Nothing runs short here, and whoever adds a job will say so. */
  isAsleep(): boolean {
    return this.isHungry && this.isAsleepNow;
  }

  /** Makes the worker known, before its first exchange. */
  async register(): Promise<void> {
    await this.registration.renew();
  }

  /** Looks for jobs, now or as soon as the current exchange is over. */
  prod(): void {
    this.isProdded = true;
    this.hurry();
    this.wake();
  }

  isIdle(): boolean {
    return this.isAsleep() && !this.running && this.canLook() && this.host.hasIdleSlot();
  }

  canLook(): boolean {
    return this.claimable() > 0;
  }

  hasLimit(): boolean {
    return this.host.rateLimit() !== undefined;
  }

  rouse(): void {
    clearTimeout(this.slowLook);
    this.slowLook = setTimeout(() => this.host.onSlow(), SLOW_LOOK_MS);
    this.standIn();
  }

  standIn(): void {
    this.isRoused = true;
    this.prod();
  }

  lookAnew(): void {
    this.isAsleepNow = false;
    this.rouse();
  }

  /** Where jobs can wait, or null when it does not know. */
  knownRanges(): string | null {
    this.ranges.follow(this.host.flusher());
    return this.ranges.text;
  }

  /** The slots run short: what gathers is to go now. */
  hurry(): void {
    this.endGathering?.();
  }

  /** Reports what became of a job. Resolves to null, or to why the database did not accept it. */
  settle(job: ClaimedJob, settlement: Settlement): Promise<Refusal | null> {
    return this.outbox.settle(job, settlement);
  }

  /** The job is no longer ours: its processor moved it. */
  forget(job: ClaimedJob): void {
    this.held.delete(job);
    this.prod();
  }

  /**
   * These will not run here: they go back as if they had never been claimed. So does what the
   * exchange that is on its way brings, for it comes after them.
   */
  giveBack(jobs: readonly ClaimedJob[]): void {
    if (jobs.length === 0) return;
    this.givesAnswerBack ||= this.isExchanging;
    for (const job of jobs) this.held.delete(job);
    this.registration.isOutOfSync = true;
    this.prod();
  }

  /** Resolves when no exchange is on its way, none is due, and what was claimed has started. */
  async quiet(): Promise<void> {
    await this.running;
    await Promise.all(this.starts.values());
  }

  /**
   * Claims nothing more and gives the worker up: jobs that it still holds are taken over when its lease would have run out.
   * @param isForced without delivering what is left to report
   */
  async stop(isForced: boolean): Promise<void> {
    this.isStopped = true;
    this.isForced ||= isForced;
    this.outbox.stop(isForced);
    // They have not run, and will not.
    if (isForced) this.giveBack([...this.starts.keys()]);
    this.hurry();
    this.wake();
    await this.running;
    await this.registration.end(this.isForced, this.host.onError);
  }

  /** Those that wait to start have theirs, and those whose reports are held up. */
  private freeSlots(): number {
    return Math.max(this.host.freeSlots() - this.starts.size - this.outbox.heldUpCount, 0);
  }

  private wake(): void {
    this.interruptPause?.();
    this.running ??= this.run()
      .catch((error: unknown) => this.host.onError(error as Error))
      .finally(() => {
        this.running = undefined;
        if (this.isDue()) this.wake();
        else if (this.isRoused) {
          this.isRoused = false;
          this.relay(1);
        }
      });
  }

  /** It has looked, as it was roused to do, or it will not: so many others are to be roused. */
  private relay(count: number): void {
    if (!this.isRoused) clearTimeout(this.slowLook);
    if (count > 0) this.host.onRelayed(count);
  }

  private async run(): Promise<void> {
    // Jobs that finish in the same turn of the event loop are reported together.
    if (this.held.size > 1) await nextTurn();
    while (this.isDue()) {
      await this.gather();
      if (this.isClaimLocked) this.outbox.holdUp(this.outbox.take());
      // Closed by force, or paused meanwhile.
      if (!this.isDue()) return;
      const limit = this.claimable();
      this.isProdded = false;
      // Who is roused while it is on its way looks once more.
      const isLook = this.isRoused && limit > 0;
      this.isRoused &&= !isLook;
      const answer = await this.exchange(this.outbox.take(), limit);
      const hasLooked = answer !== undefined && this.accept(answer, limit);
      if (isLook && !hasLooked) this.isRoused = true;
      if (!answer) continue;
      if (isLook && hasLooked) this.relay(!answer.hungry && answer.more ? 2 : 0);
      if (this.isHungry && !this.isAsleepNow) await this.pauseBeforeLook();
      else if (this.held.size > 1) await nextTurn();
    }
  }

  private claimable(): number {
    return this.isStopped ? 0 : this.freeSlots();
  }

  /** Whether there is anything to tell the database, or to ask of it. */
  private isDue(): boolean {
    if (!this.outbox.isEmpty) return true;
    if (this.isStopped) return false;
    const isClosing = this.host.isClosing();
    // What is not known to be in vain is tried before the end.
    if (this.registration.isOutOfSync && !(isClosing && this.retryMs > FIRST_RETRY_MS)) return true;
    if (isClosing && (this.held.size === 0 || this.retryMs > FIRST_RETRY_MS)) return false;
    // A worker whose slots are all taken, or that waits for its last jobs, is not to be notified.
    if (this.claimable() === 0) return this.isHungry && this.starts.size === 0;
    return this.isProdded || !this.isAsleep();
  }

  /** Waits for more to report, until the slots run short. */
  private async gather(): Promise<void> {
    const patience = this.host.patience();
    if (patience === 0) return;
    const { over, end } = timeout(patience);
    this.endGathering = end;
    await over;
  }

  /** One exchange; undefined when it has to be repeated. */
  private async exchange(reports: Report[], limit: number): Promise<Exchange | undefined> {
    try {
      const workerId = await this.registration.renew();
      this.isExchanging = true;
      this.givesAnswerBack = false;
      const answer = await this.send(workerId, reports, limit);
      this.retryMs = FIRST_RETRY_MS;
      if (answer.hungry && !this.isHungry) this.hungrySince = elapsed();
      this.isHungry = answer.hungry;
      this.isAsleepNow = answer.asleep;
      return answer;
    } catch (error) {
      if (isConflict(error)) {
        this.outbox.putBack(reports);
        this.isProdded = true;
      } else if (isLockTimeout(error)) {
        this.isProdded = true;
        if (reports.length > 0) this.outbox.holdUp(reports);
        else {
          this.isClaimLocked = true;
          await this.pause(LOCKED_MS);
        }
      } else if (isConnectionError(error) || isPassing(error) || reports.length === 0) {
        this.outbox.repeat(reports, error as Error);
        if (this.isForced) return undefined;
        await this.pause(this.retryMs);
        this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
      } else {
        // Nobody knows whether it has claimed before it failed.
        this.registration.isOutOfSync ||= limit > 0;
        if (reports.length === 1) this.outbox.reject(reports[0]!, error as Error);
        // One of them cannot be stored: the others are not to suffer for it.
        else for (const report of reports) await this.exchange([report], 0);
      }
      return undefined;
    } finally {
      this.isExchanging = false;
    }
  }

  private async send(workerId: string, reports: Report[], limit: number): Promise<Exchange> {
    const flusher = this.host.flusher();
    this.ranges.follow(flusher);
    const sentAt = elapsed();
    const { isHungry } = this;
    const answer = await this.exchanges.run(
      {
        queueId: this.queueId,
        workerId,
        epoch: this.registration.epoch,
        // Counted here: a database that forgets an exchange in a crash gives no token twice.
        token: `${workerId}-${++this.exchangeCount}`,
        reports: reports.map(({ settlement }) => settlement),
        limit,
        isHungry,
        isAsleep: this.isAsleepNow,
        // A claim alone can be made again; whoever hears of a report relies on it.
        mayDefer: flusher !== undefined && (reports.length === 0 || !this.host.isSerial()),
        rateLimit: this.host.rateLimit(),
        ranges: this.ranges.text,
        findsRanges: limit > 0 && this.ranges.areStale,
      },
      this.isClaimLocked,
    );
    this.isClaimLocked = false;
    this.host.onExchange(elapsed() - sentAt);
    // Only the hungry are told.
    answer.more ||= !isHungry;
    const isOnDisk =
      answer.deferred && reports.length > 0 ? flusher?.flushed(FLUSH_WITHIN_MS) : undefined;
    this.outbox.answered(reports, answer.refused, answer.now, isOnDisk);
    return answer;
  }

  /** Whether it took what the answer brought. */
  private accept(answer: Exchange, limit: number): boolean {
    if (answer.lost) {
      this.isProdded = true;
      this.registration.lost();
      return false;
    }
    if (this.isForced || this.givesAnswerBack) {
      this.givesAnswerBack = false;
      this.registration.isOutOfSync ||= answer.jobs.length > 0;
      return false;
    }
    if (answer.wakeIn !== null) this.host.onDueIn(answer.wakeIn);
    const count = answer.jobs.length;
    this.ranges.claimed(count, answer.ranges);
    for (const job of answer.jobs) {
      this.held.add(job);
      this.isWorkedSinceDrained = true;
      this.start(job);
    }
    empty(answer.jobs);
    if (limit > 0 && count === 0 && this.isWorkedSinceDrained) {
      this.isWorkedSinceDrained = false;
      void this.outbox.confirmed().then(() => this.host.onDrained());
    }
    return true;
  }

  /** Runs a job; one that was retried, after it is known that its last try is over. */
  private start(job: ClaimedJob): void {
    const startable = this.outbox.whenStartable(job);
    if (!startable) {
      this.host.start(job);
      return;
    }
    const start = startable.then(() => {
      this.starts.delete(job);
      if (this.isForced) return;
      // Nobody knows whether its last try is over.
      if (this.outbox.isUnconfirmed(job)) this.giveBack([job]);
      else this.host.start(job);
    });
    this.starts.set(job, start);
  }

  /**
   * The first look comes at once, later ones after a tenth of the time that some transaction has
   * already kept us waiting.
   */
  private pauseBeforeLook(): Promise<void> {
    const waited = elapsed() - this.hungrySince;
    return waited < 2 ? nextTurn() : this.pause(Math.min(Math.max(waited / 10, 2), 100));
  }

  /** Waits, until something new comes up. */
  private async pause(ms: number): Promise<void> {
    if (this.isStopped && this.outbox.isEmpty) return;
    const { over, end } = timeout(ms);
    this.interruptPause = end;
    await over;
  }
}

/** Over after so many milliseconds, or when it is ended. */
function timeout(ms: number): { over: Promise<void>; end: () => void } {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    end = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, end };
}
