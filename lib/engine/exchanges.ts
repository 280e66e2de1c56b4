import { isConnectionError, isLockTimeout, isPassing } from '../db/database';
import { clearTimeout, nextTurn, queueMicrotask, setTimeout } from '../model/clock';
import type { Exchange, ExchangeRequest, Store } from '../store/store';

/** Shared transactions at a time, where the pool has as many connections: with more, fewer would share one. */
const MOST_LANES = 4;
/** Milliseconds after which a transaction no longer occupies its lane: most likely it waits for a lock, or for a connection. */
const LONGEST_MS = 100;
/** The most exchanges in one transaction, and their size: what is claimed first waits for the rest. */
const MOST_EXCHANGES = 50;
const MOST_JOBS = 200;
/** Characters of a result that count as one job. */
const RESULT_LENGTH = 10_000;

interface Waiting {
  request: ExchangeRequest;
  resolve(exchange: Exchange): void;
  reject(error: Error): void;
}

/** The database, for exchanges. */
interface ExchangeStores {
  onceInTurn: Pick<Store, 'settleAndClaim'>;
  hasty: Pick<Store, 'settleAndClaim' | 'settleAndClaimAll'>;
}

/**
 * The exchanges of all workers of a process. Those that come while others are on their way travel
 * together in the next transaction, and share its round trip and its commit. Each is answered for
 * itself: when a whole batch is refused, each of its exchanges is tried alone. None waits for a lock: it rejects, for reports to go apart,
 * and claims to be tried again in turn.
 */
export class Exchanges {
  private waiting: Waiting[] = [];
  private busyLanes = 0;
  private isLeaving = false;
  /** Whether the last ones travelled together: then others are about to join. */
  private isCrowded = false;
  private readonly lanes: number;

  /** @param connections how many there are for this and all else */
  constructor(
    private readonly stores: ExchangeStores,
    connections: number,
  ) {
    this.lanes = Math.min(connections, MOST_LANES);
  }

  /**
   * Resolves to the answer of the database, or rejects as `Store.settleAndClaim` does.
   * @param isInTurn it has met a lock before: after all others that wait for locks
   */
  run(request: ExchangeRequest, isInTurn = false): Promise<Exchange> {
    if (isInTurn) return this.stores.onceInTurn.settleAndClaim(request);
    if (!mayShare(request)) return this.stores.hasty.settleAndClaim(request);
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      this.leaveSoon();
    });
  }

  private leaveSoon(): void {
    if (this.isLeaving || this.busyLanes === this.lanes) return;
    this.isLeaving = true;
    if (this.isCrowded) void nextTurn().then(() => this.leave());
    else queueMicrotask(() => this.leave());
  }

  private leave(): void {
    this.isLeaving = false;
    while (this.waiting.length > 0 && this.busyLanes < this.lanes) void this.send(this.takeBatch());
  }

  /** One of each queue: another would wait for locks with what the first has locked, against the order in which all lock. */
  private takeBatch(): Waiting[] {
    const batch = new Map<number, Waiting>();
    const left: Waiting[] = [];
    let size = 0;
    for (const call of this.waiting) {
      const { request } = call;
      const fits =
        batch.size === 0 ||
        (batch.size < MOST_EXCHANGES &&
          size + sizeOf(request) <= MOST_JOBS &&
          !batch.has(request.queueId));
      if (fits) {
        batch.set(request.queueId, call);
        size += sizeOf(request);
      } else left.push(call);
    }
    this.waiting = left;
    this.isCrowded = batch.size > 1;
    return [...batch.values()];
  }

  private async send(batch: Waiting[]): Promise<void> {
    let isCounted = true;
    const leaveLane = () => {
      if (!isCounted) return;
      isCounted = false;
      this.busyLanes--;
      if (this.waiting.length > 0) this.leaveSoon();
    };
    this.busyLanes++;
    const timer = setTimeout(leaveLane, LONGEST_MS);
    await (batch.length === 1 ? this.sendAlone(batch[0]!) : this.sendTogether(batch));
    clearTimeout(timer);
    leaveLane();
  }

  private sendAlone({ request, resolve, reject }: Waiting): Promise<void> {
    return this.stores.hasty.settleAndClaim(request).then(resolve, reject);
  }

  private async sendTogether(batch: Waiting[]): Promise<void> {
    // Queues with limits are locked in this order by everybody.
    batch.sort((a, b) => a.request.queueId - b.request.queueId);
    try {
      const answers = await this.stores.hasty.settleAndClaimAll(
        batch.map(({ request }) => request),
      );
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!);
    } catch (error) {
      // Nobody knows whether it has happened; or it would be no better alone.
      const isCommon = isConnectionError(error) || (isPassing(error) && !isLockTimeout(error));
      if (isCommon) for (const { reject } of batch) reject(error as Error);
      else await Promise.all(batch.map((call) => this.sendAlone(call)));
    }
  }
}

/** In jobs. */
function sizeOf({ reports, limit }: ExchangeRequest): number {
  return reports.reduce(
    (size, { value }) => size + 1 + (value?.length ?? 0) / RESULT_LENGTH,
    limit,
  );
}

/**
 * Whether others may run in the same transaction. Not beside a job that may have a parent, whose lock comes before
 * those of all jobs; nor beside one that frees a deduplication id, or goes back because it was not moved,
 * which lock more than jobs; nor beside the last look before sleeping, which holds a lock for which producers wait.
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
