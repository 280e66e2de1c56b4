import { sleep } from '../model/clock';
import type { ClaimedJob } from '../model/job-record';
import type { Store } from '../store/store';

/** How long a forced end waits for the database. */
const FORCED_MS = 1_000;

/** Whose registration it is. */
export interface RegisteredHost {
  /** Makes the worker known to the database, and returns the id under which it claims. */
  register(): Promise<string>;
  /** What the database knew of the worker before, such as that it is hungry, it knows no more. */
  onRenewed(): void;
  /** The worker was given up meanwhile: what it has claimed may run elsewhere. */
  onLost(): void;
}

/**
 * A worker as the database knows it: the id under which it claims, and an epoch, which ends when the two have to agree anew on what
 * the worker holds. That is after an answer that was lost, and when it gives back what it has claimed.
 */
export class Registration {
  private workerId: string | undefined;
  private currentEpoch = 0;
  /** What the database takes the worker to hold is not what it holds. */
  isOutOfSync = false;

  constructor(
    private readonly store: Pick<Store, 'resyncWorker' | 'unregisterWorker'>,
    private readonly queueId: number,
    private readonly held: Iterable<ClaimedJob>,
    private readonly host: RegisteredHost,
  ) {}

  get epoch(): number {
    return this.currentEpoch;
  }

  /** Makes the worker known where it is not, and agrees on what it holds where that is in doubt. Resolves to its id. */
  async renew(): Promise<string> {
    if (this.workerId !== undefined && this.isOutOfSync) {
      // Before the answer is there: what is given back meanwhile needs another one.
      this.isOutOfSync = false;
      const epoch = await this.resync(this.workerId).catch((error) => {
        this.isOutOfSync = true;
        throw error;
      });
      if (epoch === null) this.lost();
      else this.currentEpoch = epoch;
      this.host.onRenewed();
    }
    if (this.workerId === undefined) {
      this.isOutOfSync = false;
      this.workerId = await this.host.register();
      this.currentEpoch = 0;
      this.host.onRenewed();
    }
    return this.workerId;
  }

  /** The database does not know the worker any more. */
  lost(): void {
    this.workerId = undefined;
    this.host.onLost();
  }

  /** Gives the worker up: what it still holds is taken over when its lease would have run out. Once, however often it is called. */
  async end(isForced: boolean, onError: (error: Error) => void): Promise<void> {
    const { workerId } = this;
    this.workerId = undefined;
    if (workerId === undefined) return;
    const ending = this.giveUp(workerId).catch(onError);
    // A transaction may have locked one of its jobs, for as long as it likes.
    await (isForced ? Promise.race([ending, sleep(FORCED_MS, undefined, { ref: false })]) : ending);
  }

  private async giveUp(workerId: string): Promise<void> {
    if (this.isOutOfSync) await this.resync(workerId);
    await this.store.unregisterWorker(this.queueId, workerId);
  }

  /** The new epoch, or null when the worker is not known any more. */
  private resync(workerId: string): Promise<number | null> {
    const held = [...this.held].map(({ id, token }) => ({ id, token }));
    return this.store.resyncWorker(this.queueId, workerId, held);
  }
}
