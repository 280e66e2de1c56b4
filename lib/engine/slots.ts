import type { ClaimedJob } from '../model/job-record';
import { Roster, Transient } from '../model/roster';
import { Prefetch } from './prefetch';

/** A job that runs here. */
export class Run<JobType> extends Transient {
  /** Its worker was given up while it ran. */
  isLost = false;
  /** The database is told, or has been, what became of it. */
  isReported = false;

  constructor(
    readonly job: JobType,
    public controller: AbortController | undefined,
  ) {
    super();
  }
}

/** The worker that has the slots. */
export interface SlotsHost {
  /** Whether it fetches jobs: not while it is paused or closes. */
  isFetching(): boolean;
  /** Begins to run a job, in a slot that is free. */
  begin(job: ClaimedJob): void;
  /** Makes others run these. */
  giveBack(jobs: readonly ClaimedJob[]): void;
  /** The slots run short: what is to be told to the database is to be told now. */
  hurry(): void;
}

/** The slots of a worker: what runs in them, and the jobs that are held for those that come free. */
export class Slots<JobType extends { id?: string }> {
  readonly prefetch: Prefetch;
  /** Also of one job more than one: one that was moved may run again before its last run has ended. */
  private readonly runs = new Roster<Run<JobType>>();
  private count: number;

  /** @param prefetch how many jobs to hold */
  constructor(
    concurrency: number,
    prefetch: number | 'auto',
    private readonly host: SlotsHost,
  ) {
    this.count = concurrency;
    this.prefetch = new Prefetch(prefetch, (jobs) => host.giveBack(jobs));
  }

  /** How many jobs may run at the same time. May be changed at any time. */
  get concurrency(): number {
    return this.count;
  }

  set concurrency(concurrency: number) {
    this.count = concurrency;
    this.fill();
  }

  /** How many jobs more to fetch: to run now, or to hold until a slot is free. */
  room(): number {
    if (!this.host.isFetching()) return 0;
    const idle = Math.ceil(this.count) - this.runs.size;
    return Math.max(idle + this.prefetch.room, 0);
  }

  hasIdle(): boolean {
    return this.runs.size < this.count;
  }

  /** A job was claimed: it runs now, or waits for a slot, or goes back. */
  take(job: ClaimedJob): void {
    if (this.hasIdle()) this.host.begin(job);
    else if (this.host.isFetching()) this.prefetch.hold(job);
    else this.host.giveBack([job]);
  }

  /** A job has a slot from now on. */
  enter(run: Run<JobType>): void {
    this.runs.add(run);
    this.prefetch.runBegan();
  }

  /** It has none any more, if it had one: the next job has it. */
  leave(run: Run<JobType>): void {
    if (!this.runs.delete(run)) return;
    this.prefetch.runEnded();
    this.fill();
    if (this.prefetch.patience === 0) this.host.hurry();
  }

  /** The lease is lost: what is held goes back, what runs is marked. Returns the ids of jobs that had no mark yet. */
  markLost(): string[] {
    this.prefetch.release();
    const lost = [...this.runs].filter(({ isLost }) => !isLost);
    for (const run of lost) run.isLost = true;
    return lost.map(({ job }) => job.id!);
  }

  runningIds(): string[] {
    return [...this.runs].map(({ job }) => job.id!);
  }

  /** Asks the processor of a job to stop. Whether the job runs here and has a signal. */
  cancel(jobId: string, reason?: string): boolean {
    let isAsked = false;
    for (const { job, controller } of this.runs) {
      if (job.id !== jobId || !controller) continue;
      controller.abort(reason);
      isAsked = true;
    }
    return isAsked;
  }

  cancelAll(reason?: string): void {
    for (const { controller } of this.runs) controller?.abort(reason);
  }

  /** The signal by which a job that runs here is cancelled; made for those that ask for it. */
  cancellationOf(job: object): AbortSignal | undefined {
    for (const run of this.runs) {
      if (run.job !== job) continue;
      run.controller ??= new AbortController();
      return run.controller.signal;
    }
    return undefined;
  }

  /** Lets jobs run that are held here. */
  private fill(): void {
    while (this.host.isFetching() && this.hasIdle()) {
      const next = this.prefetch.next();
      if (!next) return;
      this.host.begin(next);
    }
  }
}
