import pino from 'pino';
import { isConnectionError } from '../db/database';
import {
  connectionsOf,
  type OpenPool,
  openPool,
  openSession,
  type Pool,
} from '../db/node-postgres';
import { type PoolExecutor, poolExecutor } from '../db/pool-executor';
import { type TransactionClient, transactionExecutor } from '../db/transaction';
import { TransactionPool } from '../db/transaction-pool';
import { missingParentError, raisedError, refusalError } from '../model/errors';
import type { JobSpec } from '../model/job-record';
import type { StepReport } from '../model/step';
import {
  type BaseOptions,
  DEFAULT_SCHEMA,
  type Logger,
  type ResolvedConnection,
  resolveConnection,
} from '../options/connection-options';
import { checkSchema, migrateSchema } from '../store/migrator';
import { type JobUpdate, type LogRow, type Outcome, Store } from '../store/store';
import { Batcher } from './batcher';
import { ensureQueue } from './ensure-queue';
import { Exchanges } from './exchanges';
import { JobTransaction } from './job-transaction';
import { Listener } from './listener';
import { Pulse } from './pulse';
import { WakeUps } from './wake-ups';

/** What one add did: an id for each job, and when. */
export interface AddedUnit {
  ids: string[];
  now: number;
}

/** Jobs in a unit from which it does not share its transaction. */
const LARGE_UNIT = 100;

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
  /** The same for what workers do by themselves: statements that are brief. */
  readonly engineStore: Store;
  /** What the workers report and claim. */
  readonly exchanges: Exchanges;
  private readonly adder: Batcher<readonly JobSpec[], AddedUnit>;
  readonly dataUpdater: Batcher<JobUpdate, true>;
  readonly progressUpdater: Batcher<JobUpdate, true>;
  /** Resolves to the number of rows in the log. */
  readonly jobLogger: Batcher<LogRow, number>;
  /** Saves the results of steps that have no transaction of their own. */
  readonly steps: Batcher<StepReport, Outcome>;
  /** For the transactions of running jobs. */
  readonly transactions: TransactionPool;
  readonly listener: Listener;
  readonly pulse: Pulse;
  readonly wakeUps: WakeUps;
  private readonly executor: PoolExecutor;
  private readonly queueIds = new Map<string, Promise<number>>();
  private readonly open: OpenPool;
  private registeredProcessId: number | undefined;
  /** Whether any of the users lets the schema be migrated. */
  private migrates = false;
  private users = 0;
  private readiness: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  /** The backend for these options, made when there is none. Nobody's until it is retained. */
  static of(opts: BaseOptions): Backend {
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
    const patient = new Store(this.executor.brief('patiently'), schema);
    this.engineStore = patient;
    const inTurn = new Store(this.executor.brief('in turn'), schema);
    const hasty = new Store(this.executor.brief('never'), schema);
    this.exchanges = new Exchanges(
      {
        settleAndClaim: (request, isInTurn) =>
          (isInTurn ? inTurn : patient).settleAndClaim(request),
        settleAndClaimAll: (requests) => hasty.settleAndClaimAll(requests),
      },
      connectionsOf(pool),
    );
    const storeFor = (isInTurn: boolean) => (isInTurn ? inTurn : hasty);
    this.adder = new Batcher((units, isInTurn) => addUnits(storeFor(isInTurn), units));
    this.dataUpdater = new Batcher(async (updates, isInTurn) =>
      updated('updateData', updates, await storeFor(isInTurn).updateData(updates)),
    );
    this.progressUpdater = new Batcher(async (updates, isInTurn) =>
      updated('updateProgress', updates, await storeFor(isInTurn).updateProgress(updates)),
    );
    this.jobLogger = new Batcher(async (rows, isInTurn) =>
      logged(rows, await storeFor(isInTurn).addLogs(rows)),
    );
    this.steps = new Batcher(
      async (reports, isInTurn) =>
        (await storeFor(isInTurn).saveSteps(reports)).outcomes as Outcome[],
    );
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
    this.pulse = new Pulse(
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
      (ms) => this.executor.abandon(ms, 'brief'),
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

  private async prepare(): Promise<void> {
    if (!this.migrates) return checkSchema(this.executor, this.store.schema);
    const session = openSession(this.connection.pool);
    session.onEnd(() => {});
    try {
      await session.connect();
      await migrateSchema(session, this.store.schema);
    } finally {
      await session.end();
    }
  }

  /**
   * The id of a queue, which is made when it is new, on a connection of ours: never in the caller's
   * transaction.
   */
  queueId(prefix: string, name: string): Promise<number> {
    const key = `${prefix}:${name}`;
    let id = this.queueIds.get(key);
    if (!id) {
      id = this.ready().then(() => ensureQueue(this.store, prefix, name));
      this.queueIds.set(key, id);
      id.catch(() => this.queueIds.delete(key));
    }
    return id;
  }

  /**
   * Adds jobs together or not at all: in the transaction of `bound`, or else in one that other adds
   * of this moment share. Large units go alone, so that nobody waits for them.
   */
  add(specs: readonly JobSpec[], bound?: Store): Promise<AddedUnit> {
    return !bound && specs.length <= LARGE_UNIT
      ? this.adder.run(specs)
      : addUnit(bound ?? this.store, specs);
  }

  /** The store on the application's open transaction. */
  storeOn(tx: TransactionClient): Store {
    if (tx instanceof JobTransaction) return tx.store;
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
    await this.pulse.close();
    await this.listener.close();
    await this.transactions.close();
    if (!this.open.isOwn) return;
    await this.executor.quiet();
    await this.open.pool.end();
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

async function addUnit(store: Store, specs: readonly JobSpec[]): Promise<AddedUnit> {
  const [added] = await addUnits(store, [specs]);
  if (added instanceof Error) throw added;
  return added!;
}

/** Adds units of jobs in one call: a result or an Error for each. */
async function addUnits(
  store: Store,
  units: readonly (readonly JobSpec[])[],
): Promise<(AddedUnit | Error)[]> {
  const added = await store.addJobs(units).catch((error) => {
    throw raisedError(error);
  });
  const missing = new Map(added.missing_parents?.map(({ unit, key }) => [unit, key]));
  let position = 0;
  return units.map((jobs, unit) => {
    const from = position;
    position += jobs.length;
    const parentKey = missing.get(unit);
    if (parentKey !== undefined) return missingParentError(parentKey);
    return { ids: added.ids.slice(from, position), now: added.now };
  });
}

/** A result or an Error for each update. */
function updated(
  command: string,
  updates: readonly JobUpdate[],
  missing: readonly number[],
): (true | Error)[] {
  const results: (true | Error)[] = updates.map(() => true);
  for (const i of missing) results[i] = refusalError('missing', updates[i]!.id, command);
  return results;
}

/** The number of rows or an Error for each row of a log. */
function logged(rows: readonly LogRow[], counts: readonly (number | null)[]): (number | Error)[] {
  return counts.map((count, i) => count ?? refusalError('missing', rows[i]!.id, 'addLog'));
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
