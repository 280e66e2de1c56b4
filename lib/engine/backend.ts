import pino from 'pino';
import { isConnectionError } from '../db/database';
import {
  connectionsOf,
  endPool,
  type OpenPool,
  openPool,
  openSession,
  type Pool,
  type Session,
} from '../db/node-postgres';
import { type PoolExecutor, poolExecutor } from '../db/pool-executor';
import { type TransactionClient, transactionExecutor } from '../db/transaction';
import { TransactionPool } from '../db/transaction-pool';
import { sleep } from '../model/clock';
import {
  type BaseOptions,
  checkBaseOptions,
  DEFAULT_SCHEMA,
  type Logger,
  type ResolvedConnection,
  resolveConnection,
} from '../options/connection-options';
import { checkSchema, migrateSchema } from '../store/migrator';
import { Store } from '../store/store';
import type { EngineStores } from './engine-stores';
import { ensureQueue } from './ensure-queue';
import { Exchanges } from './exchanges';
import { Heartbeat } from './heartbeat';
import { RunTransaction } from './job-transaction';
import { Listener } from './listener';
import { SharedWrites } from './shared-writes';
import { WakeUps } from './wake-ups';

/** How long to wait for a connection of the application's pool. */
const POOL_PATIENCE_MS = 200;
/** What that time resolves to. */
const LATE = Symbol('late');
/** Milliseconds for which a transaction waits for the id of a queue before it looks whether it has made that itself. */
const QUEUE_PATIENCE_MS = 50;
/** Transactions that are silent for so many times as long as a heartbeat was are given up with it, where nothing else tells. */
const SILENT_TRANSACTION = 3;

const backends = new Map<string, Backend>();
const identities = new WeakMap<object, number>();
let identityCount = 0;

/**
 * All that instances with the same connection and schema share in this process: one pool, one
 * listening session, one heartbeat, one queue of adds. It lives as long as one of them is open.
 */
export class Backend {
  /** Where BullMQ's users find the pool. */
  readonly connection: { readonly pool: Pool };
  readonly store: Store;
  /** The same for what the engine does by itself. */
  readonly stores: EngineStores;
  /** What the workers report and claim. */
  readonly exchanges: Exchanges;
  readonly writes: SharedWrites;
  /** For the transactions of running jobs. */
  readonly transactions: TransactionPool;
  readonly listener: Listener;
  readonly heartbeat: Heartbeat;
  readonly wakeUps: WakeUps;
  private readonly executor: PoolExecutor;
  private readonly queueIds = new Map<string, Promise<number>>();
  /** Those that everybody sees. */
  private readonly committedQueues = new Set<string>();
  /** The ids that a transaction knows, which may have made the queues itself. */
  private readonly queueIdsWithin = new WeakMap<Store, Map<string, Promise<number>>>();
  private readonly open: OpenPool;
  private registeredProcessId: number | undefined;
  /** Whether any of the users lets the schema be migrated. */
  private migrates = false;
  private users = 0;
  private readiness: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private lastBeside: Promise<unknown> = Promise.resolve();

  /** The backend for these options, made when there is none. Nobody's until it is retained. */
  static of(opts: BaseOptions): Backend {
    checkBaseOptions(opts);
    const connection = resolveConnection(opts.connection);
    const schema = opts.schema ?? DEFAULT_SCHEMA;
    const key = JSON.stringify([identify(connection), schema]);
    let backend = backends.get(key);
    if (!backend) {
      const logger = opts.logger ?? (pino({ level: 'silent' }) as Logger);
      backend = new Backend(key, connection, schema, logger);
      backends.set(key, backend);
    }
    backend.migrates ||= opts.migrate ?? true;
    if (opts.transactionConnections) backend.transactions.allow(opts.transactionConnections);
    return backend;
  }

  /** Whether it is ours to end, not the application's. */
  get isPoolOwn(): boolean {
    return this.open.isOwn;
  }

  /** Whether anybody keeps it open. */
  get isInUse(): boolean {
    return this.users > 0;
  }

  /** Keeps the backend open until `release`, once for each user. */
  retain(): this {
    this.users++;
    return this;
  }

  private constructor(
    private readonly key: string,
    connection: ResolvedConnection,
    schema: string,
    readonly logger: Logger,
  ) {
    this.open = openPool(connection, (error) => {
      logger.warn({ err: error }, 'an idle connection was lost');
    });
    const { pool } = this.open;
    this.connection = { pool };
    this.executor = poolExecutor(this.open);
    this.store = new Store(this.executor, schema);
    this.stores = {
      patient: new Store(this.executor.brief('patiently'), schema),
      inTurn: new Store(this.executor.brief('in turn'), schema),
      onceInTurn: new Store(this.executor.brief('once in turn'), schema),
      hasty: new Store(this.executor.brief('never'), schema),
    };
    const { patient, hasty } = this.stores;
    this.exchanges = new Exchanges(this.stores, connectionsOf(pool));
    this.writes = new SharedWrites(this.store, this.stores);
    this.transactions = new TransactionPool(pool, (error) => {
      logger.warn({ err: error }, 'an idle connection was lost');
    });
    this.listener = new Listener(
      () => openSession(pool),
      async (session) => {
        const processId = this.registeredProcessId;
        if (processId !== undefined) await this.store.on(session).holdProcessLock(processId);
      },
      (session) => this.store.on(session).flushWal(),
      (ms) => {
        this.executor.abandon(ms);
        this.transactions.abandon(ms);
      },
      logger,
    );
    this.wakeUps = new WakeUps(this.listener, patient, logger);
    this.heartbeat = new Heartbeat(
      patient,
      // One that waits for a lock is simply the next one.
      hasty,
      async (processId) => {
        this.registeredProcessId = processId;
        await this.listener.withSession(async (session) => {
          await this.store.on(session).holdProcessLock(processId);
        });
        await this.wakeUps.hearAs(processId);
      },
      (ms) => {
        this.executor.abandon(ms, 'brief');
        // Else the session that listens would tell.
        if (this.listener.cannotListen) this.transactions.abandon(ms * SILENT_TRANSACTION);
      },
      logger,
    );
  }

  /** Resolves when the database answers and its schema fits. Tries anew after a failure. */
  ready(): Promise<void> {
    this.readiness ??= this.prepare().catch((error) => {
      this.readiness = undefined;
      throw isConnectionError(error) ? unreachableError(error as Error) : error;
    });
    return this.readiness;
  }

  private prepare(): Promise<void> {
    const { schema } = this.store;
    if (this.migrates) return this.besidePool((session) => migrateSchema(session, schema));
    return this.onPoolOrBeside(checkSchema(this.executor, schema), (session) =>
      checkSchema(session, schema),
    );
  }

  /** Does something in a session of its own. */
  private async besidePool<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = openSession(this.connection.pool);
    try {
      await session.connect();
      return await work(session);
    } finally {
      await session.end();
    }
  }

  /**
   * The id of a queue, which is made when it is new, on a connection of ours: never in the caller's
   * transaction.
   * @param tx the transaction for which it is asked: it may have made the queue itself, from SQL, and nobody else sees that
   */
  queueId(prefix: string, name: string, tx?: Store): Promise<number> {
    const key = `${prefix}:${name}`;
    const id = this.sharedQueueId(key, prefix, name);
    if (!tx || this.committedQueues.has(key)) return id;
    let within = this.queueIdsWithin.get(tx);
    if (!within) {
      within = new Map();
      this.queueIdsWithin.set(tx, within);
    }
    let seen = within.get(key);
    if (!seen) {
      seen = soonOr(id, () => tx.findQueue(prefix, name));
      within.set(key, seen);
      const asked = within;
      seen.catch(() => asked.delete(key));
    }
    return seen;
  }

  /** Whether everybody sees the queue, as far as is known here. */
  isCommitted(prefix: string, name: string): boolean {
    return this.committedQueues.has(`${prefix}:${name}`);
  }

  private sharedQueueId(key: string, prefix: string, name: string): Promise<number> {
    let id = this.queueIds.get(key);
    if (!id) {
      id = this.ready().then(() => this.ensureQueue(prefix, name));
      this.queueIds.set(key, id);
      id.then(
        () => this.committedQueues.add(key),
        () => this.queueIds.delete(key),
      );
    }
    return id;
  }

  private ensureQueue(prefix: string, name: string): Promise<number> {
    return this.onPoolOrBeside(ensureQueue(this.store, prefix, name), (session) =>
      ensureQueue(this.store.on(session), prefix, name),
    );
  }

  /**
   * The application may hold all connections of its pool, in transactions that wait for this: then beside it, one after the
   * other. What only has the methods of a pool does not say where its server is.
   */
  private async onPoolOrBeside<Result>(
    onPool: Promise<Result>,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    if (this.open.isOwn || !this.open.pool.options) return onPool;
    const late = sleep(POOL_PATIENCE_MS, LATE, { ref: false });
    const first = await Promise.race([onPool, late]);
    if (first !== LATE) return first as Result;
    const beside = this.lastBeside.then(() => this.besidePool(work));
    this.lastBeside = beside.catch(() => {});
    // There may be no connection more than those of the pool.
    return Promise.race([onPool, beside.catch(() => onPool)]);
  }

  /** The store on the application's open transaction. */
  storeOn(tx: TransactionClient): Store {
    if (tx instanceof RunTransaction) return tx.store;
    return this.store.on(transactionExecutor(tx));
  }

  /** Gives the backend back; the last user closes it. */
  async release(): Promise<void> {
    if (--this.users > 0) return;
    backends.delete(this.key);
    this.closing ??= this.close();
    await this.closing;
  }

  private async close(): Promise<void> {
    await this.readiness?.catch(() => {});
    await this.heartbeat.close();
    await this.listener.close();
    await this.transactions.close();
    if (!this.open.isOwn) return;
    await this.executor.quiet();
    await endPool(this.open.pool);
  }
}

/**
 * Node reports a refused connection to a host of several addresses as an AggregateError without a
 * message.
 */
function unreachableError(error: Error & { code?: string; errors?: Error[] }): Error {
  const reason = error.message || error.errors?.map(({ message }) => message).join(', ');
  return Object.assign(
    new Error(
      `Cannot reach PostgreSQL: ${reason || error.code}. Is "connection" right, and the server up?`,
      {
        cause: error,
      },
    ),
    { code: error.code },
  );
}

/**
 * What makes two connections the same: the settings, or the object where it holds more than
 * settings.
 */
function identify(connection: ResolvedConnection): unknown {
  if ('config' in connection) {
    const { config } = connection;
    const isPlain = Object.values(config).every((value) => Object(value) !== value);
    if (isPlain) return config;
  }
  const object = 'pool' in connection ? connection.pool : connection.config;
  if (!identities.has(object)) identities.set(object, ++identityCount);
  return identities.get(object);
}

/** What is there soon, or what is found by looking otherwise. */
async function soonOr(id: Promise<number>, look: () => Promise<number | null>): Promise<number> {
  const first = await Promise.race([id, sleep(QUEUE_PATIENCE_MS, LATE, { ref: false })]);
  return first === LATE ? ((await look()) ?? id) : first;
}
