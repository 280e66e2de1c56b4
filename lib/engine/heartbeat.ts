import { hostname } from 'node:os';
import { clearTimeout, nextTurn, setTimeout } from '../model/clock';
import type { Logger } from '../options/connection-options';
import type { RegisteredWorker, Store } from '../store/store';

/** Milliseconds between heartbeats, unless a lease is so short that it needs more. */
const PERIOD_MS = 500;
/** Milliseconds after which a heartbeat was lost with its connection, unless a lease would be over before. */
const SILENCE_MS = 10_000;

/** What the heartbeat keeps alive and looks after: a worker. */
export interface LeasedWorker {
  readonly queueId: number;
  readonly lockDuration: number;
  readonly lockRenewTime: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
  checksStalled(): boolean;
  isAsleep(): boolean;
  /** Where jobs of the queue can wait, or null when it does not know. */
  knownRanges(): string | null;
  /** A job of this queue was taken over from somebody dead. */
  onStalled(jobId: string): void;
  /** The queue has work although this worker, and maybe others of the queue, sleep. */
  onClaimable(): void;
  /** The lease ran out unnoticed: what runs here may have been taken over by others. */
  onLeaseLost(): void;
  /** The lease of all that runs here begins anew. */
  onLeaseRenewed(): void;
}

/**
 * The heartbeat of this process: one statement every 500 ms for all of its workers. It renews the
 * leases of what runs here, takes over what others left, and wakes sleepers that missed a
 * notification, which is all there is where LISTEN does not work.
 *
 * stopped --first worker--> beating --last worker leaves--> stopped
 */
export class Heartbeat {
  private readonly workers = new Set<LeasedWorker>();
  private registration: Promise<number> | undefined;
  /** Under which this process was known last: whoever registers it anew, all are told that have to know. */
  private lastId: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private isClosed = false;
  private readonly onReregistered = new Set<() => void>();

  /**
   * @param sender what the heartbeat itself is sent by
   * @param onRegistered is told the id of this process each time it is registered anew
   * @param onSilent is told when the database has not answered for so many milliseconds
   */
  constructor(
    private readonly store: Store,
    private readonly sender: Pick<Store, 'heartbeat'>,
    private readonly onRegistered: (processId: number) => Promise<void>,
    private readonly onSilent: (ms: number) => void,
    private readonly logger: Logger,
  ) {}

  /** The id under which this process is known to the database. */
  processId(): Promise<number> {
    this.registration ??= this.register().catch((error) => {
      this.registration = undefined;
      throw error;
    });
    return this.registration;
  }

  /** Makes a worker known under this process. Resolves to the id under which it claims. */
  registerWorker(queueId: number, worker: RegisteredWorker): Promise<string> {
    return this.whileKnown((processId) => this.store.registerWorker(queueId, processId, worker));
  }

  /** Lets events of a queue be written for this process. Resolves to where in their order now is. */
  registerListener(queueId: number): Promise<{ id: number; after: string }> {
    return this.whileKnown((processId) => this.store.listenToEvents(queueId, processId));
  }

  /** Registers this process anew when the answer is null: its lease ran out, and it was forgotten. */
  private async whileKnown<Answer>(
    ask: (processId: number) => Promise<Answer | null>,
  ): Promise<Answer> {
    const processId = await this.processId();
    const answer = await ask(processId);
    if (answer !== null) return answer;
    if ((await this.registration) === processId) this.registration = undefined;
    return this.whileKnown(ask);
  }

  /** Keeps the lease alive from now on. Returns how to stop. */
  attend(worker: LeasedWorker): () => void {
    this.workers.add(worker);
    this.schedule(0);
    return () => this.workers.delete(worker);
  }

  /**
   * Keeps the process alive for something that is no worker. `onReregistered` is called when the process
   * had to be registered anew.
   */
  attendListener(onReregistered: () => void): () => void {
    this.onReregistered.add(onReregistered);
    this.schedule(0);
    return () => this.onReregistered.delete(onReregistered);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.beating;
    const processId = await this.registration?.catch(() => undefined);
    if (processId !== undefined) {
      await this.store.unregisterProcess(processId).catch((error: unknown) => {
        this.logger.warn({ err: error }, 'cannot unregister; the lease will run out');
      });
    }
  }

  private async register(): Promise<number> {
    const { id } = await this.store.registerProcess(hostname(), process.pid);
    await this.onRegistered(id);
    const isAnew = this.lastId !== undefined;
    this.lastId = id;
    if (isAnew) {
      for (const tell of this.onReregistered) tell();
      for (const worker of this.workers) worker.onLeaseLost();
    }
    return id;
  }

  private schedule(ms: number): void {
    if (this.isClosed || this.beating) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.beating = this.beat().finally(() => {
        this.beating = undefined;
        if (this.workers.size > 0 || this.onReregistered.size > 0) this.schedule(this.periodMs());
      });
    }, ms);
  }

  private periodMs(): number {
    let ms = PERIOD_MS;
    for (const { lockDuration, lockRenewTime, stalledInterval } of this.workers) {
      ms = Math.min(ms, lockDuration / 3, lockRenewTime, stalledInterval);
    }
    return Math.max(ms, 20);
  }

  private silenceMs(): number {
    let ms = SILENCE_MS;
    for (const { lockDuration } of this.workers) ms = Math.min(ms, lockDuration / 2);
    return ms;
  }

  private async beat(): Promise<void> {
    const silenceMs = this.silenceMs();
    let isOver = false;
    const timeout = setTimeout(async () => {
      // An answer may be there already, where the process was too busy to read it.
      await nextTurn();
      // It may have got its connection only after a while.
      if (!isOver) this.onSilent(silenceMs / 2);
    }, silenceMs);
    try {
      const workers = [...this.workers];
      const checked = new Map<number, number>();
      for (const worker of workers) {
        if (worker.checksStalled()) checked.set(worker.queueId, worker.maxStalledCount);
      }
      const asleep = workers.filter((worker) => worker.isAsleep());
      const answer = await this.sender.heartbeat(
        await this.processId(),
        [...checked].map(([queueId, maxStalledCount]) => ({ queueId, maxStalledCount })),
        asleepQueues(asleep),
      );
      if (!answer.known) {
        this.logger.warn({}, 'the lease of this process ran out; registering it anew');
        this.registration = undefined;
        await this.processId();
      } else {
        for (const worker of workers) worker.onLeaseRenewed();
      }
      for (const { queueId, id } of answer.stalled ?? []) {
        workers
          .find((worker) => worker.checksStalled() && worker.queueId === queueId)
          ?.onStalled(id);
      }
      for (const queueId of answer.claimable ?? []) {
        asleep.find((worker) => worker.queueId === queueId)?.onClaimable();
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'heartbeat failed');
    } finally {
      isOver = true;
      clearTimeout(timeout);
    }
  }
}

/** Each queue once, with what any of its workers knows of it. */
function asleepQueues(
  workers: readonly LeasedWorker[],
): { queueId: number; ranges: string | null }[] {
  const ranges = new Map<number, string | null>();
  for (const worker of workers) {
    ranges.set(worker.queueId, ranges.get(worker.queueId) ?? worker.knownRanges());
  }
  return [...ranges].map(([queueId, known]) => ({ queueId, ranges: known }));
}
