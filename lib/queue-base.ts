import type { TransactionClient } from './db/transaction';
import type { Backend } from './engine/backend';
import { acquireBackend, type BackendFactory } from './engine/backend-factory';
import { trace } from './engine/telemetry';
import { Job } from './job';
import { sleep } from './model/clock';
import { ConnectionClosedError } from './model/errors';
import { checkQueueName, DEFAULT_PREFIX, qualifiedName } from './model/names';
import { type KeysMap, QueueKeys } from './model/queue-keys';
import type { SpanKind } from './model/telemetry';
import type { BaseOptions } from './options/connection-options';
import type { Span } from './options/telemetry-options';
import type { Store } from './store/store';
import { type AnyListeners, type Named, TypedEmitter } from './typed-emitter';

/** Milliseconds between attempts while the database cannot be reached. */
const RECONNECT_MS = 1_000;

/**
 * What queues, workers and event readers have in common: a queue's name, and the backend that they
 * share.
 */
export class QueueBase<
  Listeners extends Named<Listeners> = AnyListeners,
> extends TypedEmitter<Listeners> {
  /** Set when `close` was called: resolves when it is done. */
  closing: Promise<void> | undefined;
  /** Whether that is done. */
  closed = false;
  /** `<prefix>:<name>`: how jobs elsewhere name this queue as the queue of their parent. */
  readonly qualifiedName: string;
  readonly backend: Backend;
  /** Set on an object that is bound to a transaction of the application's. */
  protected boundStore: Store | undefined;
  private readonly queueIdPromise: Promise<number>;

  /**
   * @param name of the queue; not empty, without colons
   * @param backendFactory default: what `setDefaultBackendFactory` was given
   * @throws Error for such a name; InvalidConnectionError for a connection that cannot be
   */
  constructor(
    readonly name: string,
    public opts: BaseOptions = {},
    backendFactory?: BackendFactory,
  ) {
    super();
    checkQueueName(name);
    this.qualifiedName = qualifiedName(this.prefix, name);
    this.backend = acquireBackend(name, opts, backendFactory);
    this.queueIdPromise = this.backend.queueId(this.prefix, name);
    this.queueIdPromise.catch((error) => {
      if (!this.closing) this.emit('error', error);
    });
  }

  get prefix(): string {
    return this.opts.prefix ?? DEFAULT_PREFIX;
  }

  /** The class of the jobs that this instance makes: for a subclass that has one of its own. */
  protected get Job(): typeof Job {
    return Job;
  }

  /** The names of the parts of this queue in BullMQ; nothing is stored under them here. */
  get keys(): KeysMap {
    return new QueueKeys(this.prefix).getKeys(this.name);
  }

  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  /** What this instance shares with others: `getBackend().connection.pool` is the `pg.Pool`. */
  getBackend(): Backend {
    return this.backend;
  }

  /**
   * The database functions: in the transaction to which this object is bound, or else each in its
   * own.
   */
  get store(): Store {
    return this.boundStore ?? this.backend.store;
  }

  /**
   * The number under which the database knows the queue. Makes the queue when it is new.
   * @throws ConnectionClosedError once this instance is closed, unless the pool is the application's
   */
  queueId(): Promise<number> {
    if (this.closed && this.backend.isPoolOwn) return Promise.reject(new ConnectionClosedError());
    return this.closing
      ? this.queueIdPromise
      : this.backend.queueId(this.prefix, this.name, this.boundStore);
  }

  /** What names it: what it works with has no JSON. */
  toJSON(): { name: string; prefix: string; qualifiedName: string } {
    const { name, prefix, qualifiedName } = this;
    return { name, prefix, qualifiedName };
  }

  /** Resolves when the database answers, its schema fits and the queue exists; rejects when not. */
  async waitUntilReady(): Promise<void> {
    await this.queueId();
  }

  /** Tells listeners here of a change, unless this is bound to a transaction: that may yet roll back. */
  protected announce(event: string, args: unknown[]): void {
    if (!this.boundStore) this.emit(event as never, ...(args as never));
  }

  protected override tell(event: string | symbol, args: unknown[]): boolean {
    if (event === 'error') {
      this.opts.logger?.error({ queue: this.qualifiedName, err: args[0] }, 'error');
    }
    return super.tell(event, args);
  }

  /**
   * Idempotent. The last instance on a connection ends its pool, unless the pool is the
   * application's. What is bound to a transaction has nothing to close.
   */
  close(): Promise<void> {
    if (this.boundStore) return Promise.resolve();
    this.closing ??= this.queueIdPromise.then(
      () => this.leave(),
      () => this.leave(),
    );
    return this.closing;
  }

  /** The end of closing: what it shares with others is theirs. */
  protected async leave(): Promise<void> {
    await this.backend.release();
    this.closed = true;
  }

  /** The same as `close`. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /**
   * Does something within a span named after it and the destination; without telemetry just does it.
   * @param work gets the span and, when it takes two parameters, the context as text, for a job to
   * carry
   * @param srcPropagationMetadata the context to go on from. Default: the active one.
   */
  trace<Result>(
    spanKind: SpanKind,
    operation: string,
    destination: string,
    work: (span?: Span, dstPropagationMetadata?: string) => Promise<Result> | Result,
    srcPropagationMetadata?: string,
  ): Promise<Result> {
    const { telemetry } = this.opts;
    return trace(
      telemetry,
      spanKind,
      this.name,
      operation,
      destination,
      work,
      srcPropagationMetadata,
    );
  }

  /** Tries until it works or the instance is closed; each failure is emitted as `error`. */
  protected async untilConnected<Result>(
    attempt: () => Promise<Result>,
    retryMs = RECONNECT_MS,
  ): Promise<Result | undefined> {
    while (!this.closing) {
      try {
        return await attempt();
      } catch (error) {
        if (this.closing) return undefined;
        this.emit('error', error);
        await sleep(retryMs);
      }
    }
    return undefined;
  }

  protected bind(tx: TransactionClient): this {
    const bound = Object.create(this) as this;
    bound.boundStore = this.backend.storeOn(tx);
    return bound;
  }
}
