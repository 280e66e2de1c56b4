import { isConnectionError } from '../db/database';
import { clearTimeout, nextTurn, setTimeout } from '../model/clock';
import type { Exchange, ExchangeRequest, Store } from '../store/store';

/** Transactions at a time: as many as a pool of ours has connections. */
const LANES = 2;
/** Milliseconds after which a transaction counts no more: it waits for a lock, and nobody is to wait with it. */
const LONGEST_MS = 100;
/** The most exchanges in one transaction, and the most jobs in them: what is claimed first waits for the rest. */
const MOST_EXCHANGES = 25;
const MOST_JOBS = 200;

interface Waiting {
  request: ExchangeRequest;
  resolve(exchange: Exchange): void;
  reject(error: Error): void;
}

/**
 * The exchanges of all workers of a process. Those that come while others are on their way travel
 * together in the next transaction, and share its round trip and its commit. Each is answered for
 * itself: when a whole batch is refused, each of its exchanges is tried alone.
 */
export class Exchanges {
  private waiting: Waiting[] = [];
  private busyLanes = 0;
  private isLeaving = false;
  /** Whether the last ones travelled together: then others are about to join. */
  private isCrowded = false;

  constructor(private readonly store: Store) {}

  /** Resolves to the answer of the database, or rejects as `Store.settleAndClaim` does. */
  run(request: ExchangeRequest): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      this.leaveSoon();
    });
  }

  private leaveSoon(): void {
    if (this.isLeaving || this.busyLanes === LANES) return;
    this.isLeaving = true;
    if (this.isCrowded) void nextTurn().then(() => this.leave());
    else queueMicrotask(() => this.leave());
  }

  private leave(): void {
    this.isLeaving = false;
    while (this.waiting.length > 0 && this.busyLanes < LANES) void this.send(this.takeBatch());
  }

  /** The first that waits, and others that may travel with it. */
  private takeBatch(): Waiting[] {
    const [first, ...others] = this.waiting as [Waiting, ...Waiting[]];
    const batch = [first];
    this.waiting = [];
    let jobs = sizeOf(first.request);
    for (const call of others) {
      const fits =
        batch.length < MOST_EXCHANGES &&
        jobs + sizeOf(call.request) <= MOST_JOBS &&
        mayShare(first.request) &&
        mayShare(call.request);
      (fits ? batch : this.waiting).push(call);
      if (fits) jobs += sizeOf(call.request);
    }
    this.isCrowded = batch.length > 1;
    return batch;
  }

  private async send(batch: Waiting[]): Promise<void> {
    let isCounted = true;
    const uncount = () => {
      if (!isCounted) return;
      isCounted = false;
      this.busyLanes--;
      if (this.waiting.length > 0) this.leaveSoon();
    };
    this.busyLanes++;
    const timer = setTimeout(uncount, LONGEST_MS);
    await (batch.length === 1 ? this.sendAlone(batch[0]!) : this.sendTogether(batch));
    clearTimeout(timer);
    uncount();
  }

  private sendAlone({ request, resolve, reject }: Waiting): Promise<void> {
    return this.store.settleAndClaim(request).then(resolve, reject);
  }

  private async sendTogether(batch: Waiting[]): Promise<void> {
    // Queues with limits are locked in this order by everybody.
    batch.sort((a, b) => a.request.queueId - b.request.queueId);
    try {
      const answers = await this.store.settleAndClaimAll(batch.map(({ request }) => request));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!);
    } catch (error) {
      // After a lost connection nobody knows what was claimed.
      if (isConnectionError(error)) for (const { reject } of batch) reject(error as Error);
      else await Promise.all(batch.map((call) => this.sendAlone(call)));
    }
  }
}

function sizeOf({ reports, limit }: ExchangeRequest): number {
  return reports.length + limit;
}

/**
 * Not with what is locked before any job, which would come after the jobs of another exchange; and not
 * holding the wake lock, for which producers wait.
 */
function mayShare({ reports, isHungry, isAsleep }: ExchangeRequest): boolean {
  return (
    (!isHungry || isAsleep) &&
    reports.every(
      ({ outcome, has_parent, deduplication_id }) =>
        outcome !== 'moved' && !has_parent && deduplication_id === undefined,
    )
  );
}
