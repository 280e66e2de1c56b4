import { clearTimeout, elapsed, setTimeout } from '../model/clock';

/** Between looks for a due job that somebody holds. */
const HELD_JOB_MS = 50;
/** Before others are told in place of those here: by then the other process that was told may have the job. */
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
  /** Looks for jobs, now or as soon as its current exchange is over. */
  prod(): void;
  /** The same for one of few that are woken: it tells when there may be jobs for more of them. */
  rouse(): void;
  /** Looks for jobs, and does not sleep before it knows anew that nothing can come unnoticed. */
  lookAnew(): void;
}

/**
 * The workers of one queue in this process. A notification wakes one of those that sleep, in turn; when all of its slots were filled and
 * there are more jobs it wakes two more, and so do they. All of them at once would ask for each job: with 1,000 idle
 * workers in 20 processes that took 77 ms (p99).
 *
 * Where workers sleep in many processes only some of these are told of a job. Who is told so, and has no worker that can look, has all
 * the others told.
 *
 * One that is woken and does not look, because it is paused or closed meanwhile, or has no answer for a while, wakes another
 * in its place. Those that are about to sleep look again. Where a worker has a limit of its own all look, for another one
 * may claim what it may not.
 *
 * What is due next is known here, not by the one that has seen it, which may be busy or gone by then. All look then: later delayed
 * jobs were added behind it without a notification.
 */
export class Sleepers {
  /** Those that were woken last come last. */
  private readonly sleepers = new Set<Sleeper>();
  private subscription: Promise<() => Promise<void>> | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private alarmAt = Number.POSITIVE_INFINITY;
  /** Others sleep in other processes, and were not told of what was told here. */
  private isToldAlone = false;
  private passingOn: NodeJS.Timeout | undefined;

  /**
   * @param subscribe has somebody called at each notification; resolves to how to end that
   * @param wakeOthers has the workers in all processes notified, if a job waits
   */
  constructor(
    private readonly subscribe: (
      channel: string,
      onNotified: () => void,
    ) => Promise<() => Promise<void>>,
    private readonly wakeOthers: () => Promise<void>,
  ) {}

  /** @param channel on which the queue notifies */
  async join(sleeper: Sleeper, channel: string): Promise<void> {
    this.sleepers.add(sleeper);
    this.subscription ??= this.subscribe(channel, () => this.notified());
    await this.subscription;
  }

  async leave(sleeper: Sleeper): Promise<void> {
    this.sleepers.delete(sleeper);
    if (this.sleepers.size > 0) return;
    this.clearAlarm();
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
      for (const sleeper of [...this.sleepers]) sleeper.lookAnew();
    }, wait);
  }

  /** There is a job, and few processes were told. */
  told(): void {
    this.isToldAlone = true;
    this.look();
  }

  /** A job may have come unnoticed. */
  look(): void {
    for (const sleeper of [...this.sleepers]) {
      if (!sleeper.isIdle()) sleeper.prod();
    }
    this.rouse(1);
  }

  /** Wakes so many, if as many sleep; or has others woken, if they may sleep elsewhere. */
  rouse(count: number): void {
    const sleepers = [...this.sleepers];
    const haveAll = sleepers.some((sleeper) => sleeper.hasLimit());
    let left = haveAll ? Number.POSITIVE_INFINITY : count;
    for (const sleeper of sleepers) {
      if (left === 0) return;
      if (!sleeper.isIdle()) continue;
      this.sleepers.delete(sleeper);
      this.sleepers.add(sleeper);
      sleeper.rouse();
      left--;
    }
    if (left === 0 || !this.isToldAlone) return;
    // It looks when its exchange is over, and passes it on if it is busy by then.
    const next = sleepers.find((sleeper) => sleeper.canLook());
    if (next) next.rouse();
    else this.passOn();
  }

  /** All processes are. */
  private notified(): void {
    this.isToldAlone = false;
    this.look();
  }

  private passOn(): void {
    this.isToldAlone = false;
    this.passingOn ??= setTimeout(() => {
      this.passingOn = undefined;
      // The heartbeats of the others find the job.
      this.wakeOthers().catch(() => {});
    }, PASS_ON_MS);
  }

  private clearAlarm(): void {
    clearTimeout(this.alarm);
    this.alarm = undefined;
    this.alarmAt = Number.POSITIVE_INFINITY;
  }
}
