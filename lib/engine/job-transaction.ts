import { isConnectionError, type Row } from '../db/database';
import { isBusy } from '../db/node-postgres';
import type { QueryClient } from '../db/query-client';
import type { TransactionPool, TransactionSession } from '../db/transaction-pool';
import { clearInterval, setInterval, sleep } from '../model/clock';
import { LockLostError, refusalError } from '../model/errors';
import type { Settlement } from '../model/job-record';
import type { StepReport } from '../model/step';
import type { TransactionOptions } from '../options/step-options';
import { type Outcome, type RefusedSettlement, type StepOutcome, Store } from '../store/store';

/** Milliseconds between two looks for the outcome of a commit that was not answered. */
const LOOK_AGAIN_MS = 50;
/** The longest that the server can wait. */
const MAX_IDLE_MS = 2 ** 31 - 1;

/** Which job runs, and by which right. */
export interface RunKey {
  queueId: number;
  jobId: string;
  token: string;
  /** Milliseconds without a sign of life after which the job is taken over. */
  lockDuration: number;
}

/** Where the transactions of a run take place. */
export interface TransactionHost {
  readonly store: Store;
  /** For what is asked beside it, on connections that are given up when they fall silent. */
  readonly stores: { readonly patient: Store };
  readonly transactions: TransactionPool;
}

/** What a transaction is told of its job. */
export interface TransactionJob<JobType, ReturnType> {
  /** The job, bound to the transaction. */
  bind(tx: QueryClient): JobType;
  /** The report that it is completed with this value. */
  completion(value: ReturnType): Settlement;
}

/** The answer to a statement, as `pg` gives it. */
export interface QueryAnswer<R extends Row = Row> {
  rows: R[];
  rowCount: number | null;
}

/**
 * A transaction of a running job. What is done through it, and through queues, flows and jobs that
 * are bound to it, commits together, and only while the run holds the lock of its job. It begins with its first
 * statement. All of it rejects once the work that it was given to is over.
 */
export interface JobTransaction<JobType = unknown, ReturnType = unknown> {
  /**
   * The job, bound to this transaction: `updateData`, `updateProgress`, `log`, `moveToDelayed` and
   * the others take effect when it commits.
   */
  readonly job: JobType;
  /** Runs a statement, as the method of a `pg` client; one after the other. */
  query<R extends Row = Row>(text: string, values?: unknown[]): Promise<QueryAnswer<R>>;
  query<R extends Row = Row>(config: {
    text: string;
    values?: unknown[];
    [option: string]: unknown;
  }): Promise<QueryAnswer<R>>;
  /** The `pg` client itself, with BEGIN run: for libraries that want one. Never end the transaction on it. */
  client(): Promise<TransactionSession['client']>;
  /**
   * Completes the job with this value when the transaction commits: what it has written and the
   * completed job exist together, or neither does. The processor is to return then.
   * @returns the value
   * @throws InvalidPayloadError for a value that JSON cannot hold
   */
  complete(value: ReturnType): ReturnType;
}

/**
 * The transaction of a run. That the run still holds the lock of its job is made sure of by the last statement before COMMIT, which
 * locks the job's row.
 *
 * unused --first statement--> open --commit--> over
 *                               '----rollback, abort--> over
 */
export class RunTransaction<JobType = unknown, ReturnType = unknown>
  implements JobTransaction<JobType, ReturnType>
{
  /** The functions of the database, in this transaction. For objects bound to it. */
  readonly store: Store;
  private completion: Settlement | undefined;
  private completedValue: ReturnType | undefined;
  private boundJob: JobType | undefined;
  private opening: Promise<TransactionSession> | undefined;
  private session: TransactionSession | undefined;
  private pid: number | undefined;
  private isOver = false;
  private signsOfLife: NodeJS.Timeout | undefined;
  /** The connection may be somebody else's by now. */
  private isGivenBack = false;
  private hasMovedJob = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: TransactionHost,
    private readonly run: RunKey,
    private readonly about: TransactionJob<JobType, ReturnType>,
    private readonly what: string,
    private readonly opts: TransactionOptions = {},
  ) {
    const executor = {
      query: async (text: string, values: readonly unknown[]) =>
        (await this.query(text, [...values])).rows,
    };
    this.store = new RunStore(executor, host.store.schema, run, what, () => {
      this.hasMovedJob = true;
    });
  }

  get job(): JobType {
    this.boundJob ??= this.about.bind(this);
    return this.boundJob;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the interface says what it takes, and returns
  async query(...args: any[]): Promise<QueryAnswer<any>> {
    const client = (await this.client()) as unknown as {
      query(...args: unknown[]): Promise<QueryAnswer>;
    };
    // One statement after the other: pg refuses to queue them itself from version 9 on.
    const answer = this.last.then(() => client.query(...args));
    this.last = answer.catch(() => {});
    return answer;
  }

  async client(): Promise<TransactionSession['client']> {
    if (this.isOver) throw new Error(`${this.what} is over: its transaction takes no statements`);
    return (await this.open()).client;
  }

  complete(value: ReturnType): ReturnType {
    this.completion = this.about.completion(value);
    this.completedValue = value;
    return value;
  }

  /** It was committed or undone, or is about to be. */
  get isEnded(): boolean {
    return this.isOver;
  }

  /** Whether anything was done in it. */
  get isUsed(): boolean {
    return this.opening !== undefined || this.completion !== undefined;
  }

  /** The job was moved in it, and is not this run's any more when it commits. */
  get isMoved(): boolean {
    return this.hasMovedJob;
  }

  /** What the job was completed with, if it was. */
  get completed(): { value: ReturnType } | undefined {
    return this.completion && { value: this.completedValue as ReturnType };
  }

  /** The job as it was used in the transaction, if it was. */
  get usedJob(): JobType | undefined {
    return this.boundJob;
  }

  /**
   * Saves this with all that was done, if the run still holds the job.
   * @throws LockLostError when it does not: everything was rolled back
   */
  async commit(report: StepReport): Promise<void> {
    const session = await this.open();
    this.end();
    await this.last;
    const store = this.host.store.on(clientExecutor(session));
    const { outcomes, moved, xid } = await store.saveSteps([{ ...report, in_transaction: true }]);
    this.check(outcomes[0]!);
    // A move may have been undone, by a rollback to a savepoint.
    this.hasMovedJob = moved;
    if (this.completion) await this.settle(store, this.completion);
    try {
      const { command } = await session.client.query('commit');
      if (command !== 'COMMIT') throw new Error(`${this.what} was rolled back by the server`);
    } catch (error) {
      if (!session.isBroken && !isConnectionError(error)) throw error;
      session.destroy();
      if ((await this.outcomeOf(xid, report)) === 'aborted') throw error;
    }
    this.isGivenBack = true;
    session.release();
  }

  /** Undoes everything. Does nothing when it is committed or undone. */
  async rollback(): Promise<void> {
    this.end();
    const session = await this.opening?.catch(() => undefined);
    if (!session) return;
    await this.last;
    if (this.isGivenBack) return;
    try {
      await session.client.query('rollback');
      this.isGivenBack = true;
      session.release();
    } catch {
      session.destroy();
    }
  }

  /** Undoes everything, whatever statement may be under way. Does nothing when it is committed or undone. */
  async abort(): Promise<void> {
    this.end();
    const { session, pid } = this;
    if (!session || this.isGivenBack) return;
    // First of all out of the pool: nobody else is to have the session that is ended.
    this.isGivenBack = true;
    session.destroy();
    if (pid !== undefined) await this.questions.endSession(pid).catch(() => {});
  }

  /**
   * What to report of an error within the transaction: when the server has ended its session and
   * the job was taken over meanwhile, that is what happened.
   */
  async explained(error: unknown): Promise<unknown> {
    const isLost = this.session?.isBroken || (this.opening && isConnectionError(error));
    if (!isLost) return error;
    const { queueId, jobId, token } = this.run;
    const outcome = await this.questions.checkRun(queueId, jobId, token).catch(() => 'ok' as const);
    return outcome === 'ok' || this.hasMovedJob
      ? error
      : new LockLostError(jobId, this.what, { cause: error });
  }

  private get questions(): Store {
    return this.host.stores.patient;
  }

  private open(): Promise<TransactionSession> {
    this.opening ??= this.begin();
    return this.opening;
  }

  private async begin(): Promise<TransactionSession> {
    const session = await this.host.transactions.connect();
    try {
      this.session = session;
      const { isolation } = this.opts;
      await session.client.query(isolation ? `begin isolation level ${isolation}` : 'begin');
      const { queueId, jobId, token, lockDuration } = this.run;
      const store = this.host.store.on(clientExecutor(session));
      const idleMs = Math.min(Math.ceil(lockDuration), MAX_IDLE_MS);
      const { outcome, pid } = await store.beginTransaction(queueId, jobId, token, idleMs);
      this.check(outcome);
      this.pid = pid;
      if (this.isOver) throw new Error(`${this.what} is over`);
      this.signsOfLife = setInterval(() => void this.giveSignOfLife(session), idleMs / 3).unref();
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  /** The server ends what is idle for too long: that of a process that has stopped, and of a run that has lost its job. */
  private async giveSignOfLife({ client }: TransactionSession): Promise<void> {
    const { queueId, jobId, token } = this.run;
    const outcome = await this.questions.checkRun(queueId, jobId, token).catch(() => 'ok' as const);
    if (outcome !== 'ok') clearInterval(this.signsOfLife);
    else if (!this.isOver && !isBusy(client)) {
      this.last = this.last.then(() => client.query('select 1')).catch(() => {});
    }
  }

  private end(): void {
    this.isOver = true;
    clearInterval(this.signsOfLife);
  }

  private async settle(store: Store, completion: Settlement): Promise<void> {
    const [refused] = await store.settleJobs(this.run.queueId, [completion]);
    if (!refused) return;
    const { outcome, id } = refused;
    if (outcome === 'pending_children' || outcome === 'failed_children') {
      throw refusalError(outcome, id, 'moveToFinished');
    }
    throw new LockLostError(id, this.what);
  }

  private check(outcome: StepOutcome): void {
    if (outcome === 'ok') return;
    if (outcome === 'already_done') {
      throw new Error(`${this.what} was done by another try: nothing of this one was stored`);
    }
    if (outcome === 'no_transaction') {
      throw new Error(
        `${this.what} was ended by a statement in it: leave BEGIN, COMMIT and ROLLBACK to the library`,
      );
    }
    throw new LockLostError(this.run.jobId, this.what);
  }

  /** Asks until the server knows: a transaction that seems to be open may be about to commit. */
  private async outcomeOf(xid: string, report: StepReport): Promise<'committed' | 'aborted'> {
    while (true) {
      const status = await this.questions.getCommitStatus(xid, report).catch((error) => {
        if (isConnectionError(error)) return 'in_progress' as const;
        throw error;
      });
      if (status !== 'in_progress') return status;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/** The functions of the database for what is bound to the transaction of a run. */
class RunStore extends Store {
  constructor(
    executor: ConstructorParameters<typeof Store>[0],
    schema: string,
    private readonly run: RunKey,
    private readonly what: string,
    /** The run has given its job up: the function that moved it has checked the token. */
    private readonly onMoved: () => void,
  ) {
    super(executor, schema);
  }

  override async delayJob(queueId: number, id: string, token: string, ms: number) {
    const outcome = await super.delayJob(queueId, id, this.tokenFor(queueId, id, token), ms);
    return this.noted(queueId, id, outcome);
  }

  override async releaseJob(queueId: number, id: string, token: string) {
    const outcome = await super.releaseJob(queueId, id, this.tokenFor(queueId, id, token));
    return this.noted(queueId, id, outcome);
  }

  override async waitForChildren(queueId: number, id: string, token: string, childKey?: string) {
    const own = this.tokenFor(queueId, id, token);
    const outcome = await super.waitForChildren(queueId, id, own, childKey);
    return outcome === 'nothing_pending' ? outcome : this.noted(queueId, id, outcome);
  }

  override async settleJobs(
    queueId: number,
    settlements: readonly Settlement[],
  ): Promise<RefusedSettlement[]> {
    const refused = await super.settleJobs(
      queueId,
      settlements.map((item) => ({ ...item, token: this.tokenFor(queueId, item.id, item.token) })),
    );
    const own = settlements.find(({ id }) => this.isOwn(queueId, id));
    if (own && !refused.some(({ id }) => id === own.id)) this.onMoved();
    return refused;
  }

  /** The run's own token, also for a call that asks for no lock. */
  private tokenFor(queueId: number, id: string, token: string): string {
    return this.isOwn(queueId, id) ? this.run.token : token;
  }

  private isOwn(queueId: number, id: string): boolean {
    return queueId === this.run.queueId && id === this.run.jobId;
  }

  private noted(queueId: number, id: string, outcome: Outcome): Outcome {
    if (!this.isOwn(queueId, id)) return outcome;
    if (outcome === 'ok') this.onMoved();
    else if (outcome !== 'failed_children') throw new LockLostError(id, this.what);
    return outcome;
  }
}

function clientExecutor({ client }: TransactionSession) {
  return {
    query: async (text: string, values: readonly unknown[]) =>
      (await client.query(text, [...values])).rows as Row[],
  };
}
