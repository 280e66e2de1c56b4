import type { TransactionClient } from './db/transaction';
import type { Backend } from './engine/backend';
import { now } from './model/clock';
import { type Refusal, refusalError } from './model/errors';
import type { FailurePolicy, JobProgress, JobRecord, ParentKeys } from './model/job-record';
import { type BackoffStrategy, normalizeBackoff } from './options/backoff';
import type { JobJson, JobJsonSandbox } from './options/job-json';
import { failurePolicy, type JobsOptions } from './options/job-options';
import type { MetricsOptions } from './options/metrics-options';
import type { RepeatStrategy } from './options/repeat-options';
import type { RemoveOn } from './options/retention';
import type { Telemetry } from './options/telemetry-options';
import type { WorkerOptions } from './options/worker-options';
import type { Outcome, Store } from './store/store';

/** The queue of a job, as far as the job needs it: a Queue, a Worker, a flow's. */
export interface MinimalQueue {
  readonly name: string;
  readonly prefix: string;
  readonly qualifiedName: string;
  readonly opts: {
    settings?: { backoffStrategy?: BackoffStrategy; repeatStrategy?: RepeatStrategy };
    maxStartedAttempts?: number;
    removeOnComplete?: RemoveOn;
    removeOnFail?: RemoveOn;
    telemetry?: Telemetry;
    metrics?: MetricsOptions;
    /** Of a worker. */
    lockDuration?: number;
    name?: string;
    limiter?: WorkerOptions['limiter'];
  };
  getBackend(): Backend;
  queueId(): Promise<number>;
  /** The signal by which a job that runs here is cancelled. */
  cancellationOf?(job: object): AbortSignal | undefined;
  emit?(event: string, ...args: unknown[]): boolean;
}

/** A token that asks for no lock: what the methods of a job take for none. */
export const NO_TOKEN = '0';

/** Members of a job that are no data of it. */
type NoField =
  | 'queue'
  | 'queueName'
  | 'prefix'
  | 'withTransaction'
  | 'toJSON'
  | 'asJSON'
  | 'asJSONSandbox';

/** What a job is: its fields as of when it was read, and where its methods find it in the database. */
export class JobFields<
  DataType,
  ReturnType,
  NameType extends string,
  ProgressType extends JobProgress = JobProgress,
> {
  progress: ProgressType = 0 as ProgressType;
  returnvalue: ReturnType = null as ReturnType;
  stacktrace: string[] | null = null;
  /** Milliseconds, as it was given last; 0 once the job is no longer delayed. */
  delay: number;
  priority: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  attemptsStarted = 0;
  attemptsMade = 0;
  stalledCounter = 0;
  failedReason!: string;
  deferredFailure!: string;
  /** Milliseconds since 1970. */
  finishedOn?: number;
  /** Milliseconds since 1970. */
  processedOn?: number;
  /** The name of the worker that ran it last. */
  processedBy?: string;
  parentKey?: string;
  parent?: ParentKeys & { id: string };
  token?: string;
  /** The id of the scheduler that made it. */
  repeatJobKey?: string;
  /** For what it may stand: `opts.deduplication.id`. */
  deduplicationId?: string;
  /** `<prefix>:<queue>`: what a child gives as the queue of its parent. */
  readonly queueQualifiedName: string;
  opts: JobsOptions;
  protected boundStore: Store | undefined;

  constructor(
    readonly queue: MinimalQueue,
    public name: NameType,
    public data: DataType,
    opts: JobsOptions = {},
    public id?: string,
  ) {
    // As BullMQ's constructor does: jobs of schedulers have the backoff as it was given.
    this.opts =
      typeof opts.backoff === 'number' || opts.attempts === undefined
        ? {
            attempts: 0,
            ...opts,
            ...(opts.backoff && { backoff: normalizeBackoff(opts.backoff)! }),
          }
        : opts;
    this.queueQualifiedName = queue.qualifiedName;
    if (opts.deduplication) this.deduplicationId = opts.deduplication.id;
    this.delay = Math.max(opts.delay ?? 0, 0);
    this.priority = opts.priority ?? 0;
    this.timestamp = opts.timestamp ?? now();
    if (opts.parent) {
      this.parentKey = `${opts.parent.queue}:${opts.parent.id}`;
      this.parent = {
        id: opts.parent.id,
        queueKey: opts.parent.queue,
        ...marksOf(failurePolicy(opts)),
      };
    }
    this.boundStore = undefined;
  }

  /** Sets the fields to what the database returned. */
  protected restore(record: JobRecord): void {
    this.timestamp = record.timestamp;
    this.delay = record.delay;
    this.priority = record.priority;
    this.attemptsMade = record.attemptsMade;
    this.attemptsStarted = record.attemptsStarted;
    this.stalledCounter = record.stalledCounter;
    this.progress = (record.progress ?? 0) as ProgressType;
    this.returnvalue = (record.returnvalue ?? null) as ReturnType;
    this.stacktrace = record.stacktrace ?? [];
    if (record.failedReason != null) this.failedReason = record.failedReason;
    if (record.deferredFailure != null) this.deferredFailure = record.deferredFailure;
    if (record.processedOn != null) this.processedOn = record.processedOn;
    if (record.processedBy) this.processedBy = record.processedBy;
    if (record.finishedOn != null) this.finishedOn = record.finishedOn;
    if (record.token != null) this.token = record.token;
    if (record.repeatJobKey != null) this.repeatJobKey = record.repeatJobKey;
    if (record.parentKey && record.parentId) {
      this.parentKey = record.parentKey;
      this.parent = {
        id: record.parentId,
        queueKey: record.parentKey.slice(0, -record.parentId.length - 1),
        // Options are those of when it was added: a flow may have taken it as a child since.
        ...marksOf(record.onFailure === undefined ? failurePolicy(this.opts) : record.onFailure),
      };
    } else if (this.parentKey) {
      // It had one when it was added, and was detached from it.
      delete this.parentKey;
      delete this.parent;
    }
  }

  get queueName(): string {
    return this.queue.name;
  }

  get prefix(): string {
    return this.queue.prefix;
  }

  protected get key(): string {
    return `${this.queueQualifiedName}:${this.id}`;
  }

  protected get store(): Store {
    return this.boundStore ?? this.queue.getBackend().store;
  }

  /**
   * This job, bound to an open transaction of the application's: what its methods change commits or
   * rolls back with it.
   * @param tx what `pg` (after BEGIN), Prisma, Drizzle, Kysely, Knex, TypeORM, MikroORM, Sequelize,
   * postgres.js or PGlite hand out as an open transaction, or an object with `query(text, params)`
   * @throws TypeError for what is not an open transaction
   */
  withTransaction(tx: TransactionClient): this {
    const bound = Object.assign(Object.create(Object.getPrototypeOf(this)) as this, this);
    bound.boundStore = this.queue.getBackend().storeOn(tx);
    return bound;
  }

  /** Without the queue, and as plain as it was stored. */
  toJSON(): Pick<
    this,
    Exclude<keyof JobFields<DataType, ReturnType, NameType, ProgressType>, NoField>
  > {
    const { queue: _, boundStore: __, ...fields } = this;
    return fields;
  }

  /** With data, result and stack traces as JSON texts. */
  asJSON(): JobJson {
    const { failedReason, deferredFailure, finishedOn, processedOn, processedBy } = this;
    return {
      id: this.id!,
      name: this.name,
      data: JSON.stringify(this.data === undefined ? {} : this.data),
      opts: this.opts,
      progress: this.progress,
      attemptsMade: this.attemptsMade,
      attemptsStarted: this.attemptsStarted,
      stalledCounter: this.stalledCounter,
      timestamp: this.timestamp,
      stacktrace: JSON.stringify(this.stacktrace),
      returnvalue: JSON.stringify(this.returnvalue ?? null),
      ...(failedReason !== undefined && { failedReason }),
      ...(deferredFailure != null && { deferredFailure }),
      ...(finishedOn != null && { finishedOn }),
      ...(processedOn != null && { processedOn }),
      ...(processedBy != null && { processedBy }),
      ...(this.parentKey !== undefined && { parentKey: this.parentKey }),
      ...(this.parent && { parent: this.parent }),
      ...(this.repeatJobKey !== undefined && { repeatJobKey: this.repeatJobKey }),
      ...(this.deduplicationId !== undefined && { deduplicationId: this.deduplicationId }),
    } as JobJson;
  }

  /** Tells listeners of its queue or worker, unless it is bound to a transaction: that may yet roll back. */
  protected announce(event: string, ...args: unknown[]): void {
    if (!this.boundStore) this.queue.emit?.(event, ...args);
  }

  /** As `asJSON`, with what names its queue. */
  asJSONSandbox(): JobJsonSandbox {
    const { delay, priority, queueName, queueQualifiedName, prefix } = this;
    return { ...this.asJSON(), delay, priority, queueName, queueQualifiedName, prefix };
  }

  /** @throws Error with BullMQ's message for an outcome other than ok */
  protected accepted(outcome: Outcome, command: string, state?: string): void {
    if (outcome !== 'ok') throw refusalError(outcome as Refusal, this.id!, command, state);
  }
}

const policyMarks: Record<FailurePolicy, Partial<ParentKeys>> = {
  'fail-parent': { fpof: true },
  remove: { rdof: true },
  ignore: { idof: true },
  'continue-parent': { cpof: true },
};

function marksOf(policy: FailurePolicy | null | undefined): Partial<ParentKeys> {
  return policy ? policyMarks[policy] : {};
}
