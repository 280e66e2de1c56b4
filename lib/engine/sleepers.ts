import { clearTimeout, elapsed, setTimeout } from '../model/clock';

/** Between looks for a due job that somebody holds. */
const HELD_JOB_MS = 50;
/** Before others are told in place of those here: by then another process that was told may have the job. */
const PASS_ON_MS = 5;
/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A worker as those see it that wake it. */
export interface Sleeper {
  /** It sleeps, with a slot in which a job could run at once, and nothing has woken it yet. */
  isIdle(): boolean;
  /** Whether it can claim a job, were it only to hold it. */
  canLook(): boolean;
  /** Whether what it may claim depends on a limit of its own. */
  hasLimit(): boolean;
  /** Where jobs can wait, or null when it does not know. */
  knownRanges(): string | null;
  /** Looks for jobs, now or as soon as its current exchange is over. */
  prod(): void;
  /** The same for one of few that are woken: it tells when there may be jobs for more of them. */
  rouse(): void;
  /** As `rouse`, for one that has no answer. Has it none either, it does not say so: two would rouse each other for ever. */
  standIn(): void;
  /** As `rouse`, and does not sleep before it knows anew that nothing can come unnoticed. */
  lookAnew(): void;
}

/**
 * The workers of one queue in this process. A notification wakes one of those that sleep, in turn; when all of its slots were filled and
 * there are more jobs it wakes two more, and so do they. All of them at once would ask for each job: with 1,000 idle
 * workers in 20 processes that took 77 ms (p99).
 *
 * One that is woken and does not look, because it is paused or closed meanwhile, wakes another in its place; where it has no answer
 * for a while, another one looks as well. Those that are about to sleep look again. Where a worker has a limit of its own all look, for
 * another one may claim what it may not.
 *
 * Where workers sleep in many processes only some of these are told of a job. A process that is told so has all the others told
 * where its own may not do: nobody here can look, one that was woken has no answer, or limits of their own decide.
 *
 * What is due next is known here, not by the one that has seen it, which may be busy or gone by then. All look then: later delayed
 * jobs were added behind it without a notification. Other processes may not know of it.
 */
export class Sleepers {
  /** Those that were woken last come last. */
  private readonly sleepers = new Set<Sleeper>();
  private subscription: Promise<() => Promise<void>> | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private alarmAt = Number.POSITIVE_INFINITY;
  /** What those that sleep in other processes may not know. */
  private knownHere: 'nothing more' | 'a job' | 'what is due' = 'nothing more';
  private isToPassOn = false;
  private passingOn: Promise<void> | undefined;
  private endWait: (() => void) | undefined;

  /**
   * @param subscribe has somebody called at each notification; resolves to how to end that
   * @param wakeOthers has the workers in all processes notified, if a job waits in these ranges, or they are null; never rejects
   */
  constructor(
    private readonly subscribe: (
      channel: string,
      onNotified: () => void,
    ) => Promise<() => Promise<void>>,
    private readonly wakeOthers: (ranges: string | null) => Promise<void>,
  ) {}

  /** @param channel on which the queue notifies */
  async join(sleeper: Sleeper, channel: string): Promise<void> {
    this.sleepers.add(sleeper);
    this.subscription ??= this.subscribe(channel, () => this.notified());
    await this.subscription;
  }

  /** The last one leaves what is known here to others. */
  async leave(sleeper: Sleeper): Promise<void> {
    this.sleepers.delete(sleeper);
    if (this.sleepers.size > 0) return;
    if (this.alarm) this.passOn();
    this.clearAlarm();
    this.endWait?.();
    await this.passingOn;
    // Another one has come meanwhile.
    if (this.sleepers.size > 0) return;
    const unsubscribing = this.subscription?.then((unsubscribe) => unsubscribe());
    this.subscription = undefined;
    await unsubscribing;
  }

  /**
   * One has seen that something is due in so many milliseconds; 0 for a due job that an open transaction holds. The earliest
   * that any has seen counts: who looks then sees what comes next.
   */
  dueIn(ms: number): void {
    const wait = ms > 0 ? Math.min(ms, MAX_TIMER_MS) : HELD_JOB_MS;
    const at = elapsed() + wait;
    if (at >= this.alarmAt || this.sleepers.size === 0) return;
    clearTimeout(this.alarm);
    this.alarmAt = at;
    this.alarm = setTimeout(() => {
      this.clearAlarm();
      this.knownHere = 'what is due';
      for (const sleeper of [...this.sleepers]) sleeper.lookAnew();
    }, wait);
  }

  /** There is a job, and few processes were told. */
  told(): void {
    this.knownHere = 'a job';
    this.look();
  }

  /** A job may have come unnoticed. */
  look(): void {
    for (const sleeper of [...this.sleepers]) {
      if (!sleeper.isIdle()) sleeper.prod();
    }
    this.rouse(1);
  }

  /** Wakes so many, if as many sleep here, or elsewhere. */
  rouse(count: number): void {
    const sleepers = [...this.sleepers];
    const areLimited = sleepers.some((sleeper) => sleeper.hasLimit());
    let left = areLimited ? Number.POSITIVE_INFINITY : count;
    for (const sleeper of sleepers) {
      if (left === 0) return;
      if (!sleeper.isIdle()) continue;
      this.sleepers.delete(sleeper);
      this.sleepers.add(sleeper);
      sleeper.rouse();
      left--;
    }
    if (left === 0 || this.knownHere === 'nothing more') return;
    // It looks when its exchange is over, and passes it on if it is busy by then. Limits that end here end for others as well.
    const mayDo = !areLimited || this.knownHere === 'what is due';
    const next = mayDo ? sleepers.find((sleeper) => sleeper.canLook()) : undefined;
    if (next) next.rouse();
    else this.passOn();
  }

  /** One that was roused has no answer: its connection may be dead, or those of this process taken. */
  slow(): void {
    [...this.sleepers].find((sleeper) => sleeper.isIdle())?.standIn();
    if (this.knownHere !== 'nothing more') this.passOn();
  }

  /** All processes are. */
  private notified(): void {
    this.knownHere = 'nothing more';
    this.look();
  }

  /** Has the others told, once for all that comes up meanwhile. */
  private passOn(): void {
    this.knownHere = 'nothing more';
    this.isToPassOn = true;
    this.passingOn ??= this.passAllOn().finally(() => {
      this.passingOn = undefined;
      if (this.isToPassOn) this.passOn();
    });
  }

  private async passAllOn(): Promise<void> {
    while (this.isToPassOn) {
      const ranges = [...this.sleepers].map((sleeper) => sleeper.knownRanges());
      if (this.sleepers.size > 0) await this.wait();
      this.isToPassOn = false;
      await this.wakeOthers(ranges.find((known) => known !== null) ?? null);
    }
  }

  /** Until another process may have the job, or none here is left to wait. */
  private async wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.endWait = resolve;
      setTimeout(resolve, PASS_ON_MS);
    });
    this.endWait = undefined;
  }

  private clearAlarm(): void {
    clearTimeout(this.alarm);
    this.alarm = undefined;
    this.alarmAt = Number.POSITIVE_INFINITY;
  }
}
