import { clearTimeout, elapsed, setTimeout } from '../model/clock';
import type { ClaimedJob } from '../model/job-record';
import { Pace } from './pace';

/** The most jobs that 'auto' holds. */
const MOST = 500;
/** Milliseconds for which 'auto' holds jobs while no slot comes free. */
const LONGEST_HOLD_MS = 20;
/** Milliseconds for which results gather, at most. */
const PATIENCE_MS = 5;

/**
 * The jobs that a worker has claimed beyond those that run, for the slots that come free next.
 *
 * An exchange begins when no more of them are left than will run while it is on its way, or after a few milliseconds: one
 * for each job that ends would cost up to twice as much, and break up what jobs do at the same time.
 *
 * With 'auto' they are as many as will run until the next exchange is over, so that none waits for
 * long: for jobs that take their time, none. Where one proves slow all the same, those behind it go
 * back.
 */
export class Prefetch {
  private readonly held: ClaimedJob[] = [];
  private readonly pace: Pace | undefined;
  private wanted: number;
  /** So few are left that an exchange has to begin. */
  private reserve: number;
  /** When a job was last held, or a slot was last free for one. */
  private movedAt = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param giveBack makes others run these, as if they had never been claimed */
  constructor(
    setting: number | 'auto',
    private readonly giveBack: (jobs: ClaimedJob[]) => void,
  ) {
    this.pace = setting === 'auto' ? new Pace() : undefined;
    this.wanted = setting === 'auto' ? 0 : setting;
    this.reserve = Math.floor(this.wanted / 2);
  }

  /** How many jobs more to claim for this. */
  get room(): number {
    return this.wanted - this.held.length;
  }

  /** Milliseconds for which results may gather before they are reported: none when this runs short. */
  get patience(): number {
    return this.held.length > this.reserve ? PATIENCE_MS : 0;
  }

  hold(job: ClaimedJob): void {
    this.held.push(job);
    if (!this.pace) return;
    this.movedAt = elapsed();
    this.timer ??= setTimeout(() => this.checkHold(), LONGEST_HOLD_MS);
  }

  next(): ClaimedJob | undefined {
    if (this.pace) this.movedAt = elapsed();
    return this.held.shift();
  }

  /** Gives back what does not run yet. */
  release(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.held.length > 0) this.giveBack(this.held.splice(0));
  }

  runBegan(): void {
    this.pace?.began();
  }

  runEnded(): void {
    this.pace?.over();
  }

  /** An exchange took so many milliseconds. */
  exchanged(ms: number): void {
    const rate = this.pace?.take();
    if (rate === undefined) return;
    const exchangeMs = Math.min(ms, LONGEST_HOLD_MS);
    const meanwhile = Math.min(Math.round(rate * exchangeMs), MOST / 2);
    this.reserve = meanwhile;
    // An exchange brings what runs until the next one is over: while results gather, and while that one is on its way.
    this.wanted =
      meanwhile === 0 ? 0 : Math.min(Math.round(rate * (2 * exchangeMs + PATIENCE_MS)), MOST);
  }

  private checkHold(): void {
    this.timer = undefined;
    if (this.held.length === 0) return;
    const left = this.movedAt + LONGEST_HOLD_MS - elapsed();
    if (left > 0) {
      this.timer = setTimeout(() => this.checkHold(), left);
      return;
    }
    this.wanted = 0;
    // What ended before says nothing of those that run now.
    this.pace?.take();
    this.release();
  }
}
