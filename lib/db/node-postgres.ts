import type { Socket } from 'node:net';
import pg, {
  type Client,
  type ClientBase,
  type ClientConfig,
  type Pool,
  type PoolConfig,
  type PoolOptions,
} from 'pg';
import { clearTimeout, setTimeout } from '../model/clock';
import type { ResolvedConnection } from '../options/connection-options';
import { alignClock } from './aligned-clock';
import type { Executor, Row } from './database';

/**
 * Connections that a pool of ours opens unless its configuration says otherwise. Two are enough for
 * any number of workers: claims and results travel in batches, one exchange at a time.
 */
const DEFAULT_POOL_SIZE = 2;

/** How long a connection may take to be there, unless the configuration says otherwise. */
const CONNECT_MS = 10_000;

/** A network that has lost a connection without a word says so after about 20 s, unless the configuration says otherwise. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

export type { Pool };

/** A pool, and whether it is ours to end. */
export interface OpenPool {
  pool: Pool;
  isOwn: boolean;
}

export function openPool(
  connection: ResolvedConnection,
  onError: (error: Error) => void,
): OpenPool {
  if ('pool' in connection) return { pool: connection.pool, isOwn: false };
  const pool = poolOf({
    max: DEFAULT_POOL_SIZE,
    ...KEEP_ALIVE,
    application_name: 'tuskmq',
    ...connection.config,
    ...connectingInTime(connection.config),
  });
  // Without a listener, an idle connection that the server ends would end the process.
  pool.on('error', onError);
  return { pool, isOwn: true };
}

/** How long a server may take to confirm a farewell: one that has fallen silent never does. */
const FAREWELL_MS = 1_000;

const clientsByPool = new WeakMap<Pool, Set<ClientBase>>();

/** A pool of ours, which `endPool` can end. */
export function poolOf(config: PoolConfig): Pool {
  const pool = new pg.Pool(config);
  const clients = new Set<ClientBase>();
  clientsByPool.set(pool, clients);
  pool.on('connect', (client) => void clients.add(client));
  pool.on('remove', (client) => void clients.delete(client));
  return pool;
}

/** Ends a pool of ours, also when its server does not answer any more. */
export async function endPool(pool: Pool): Promise<void> {
  const clients = clientsByPool.get(pool)!;
  // The pool itself says that it has ended before its idle connections have.
  const gone = new Promise<void>((resolve) => {
    const look = () => {
      if (clients.size === 0) resolve();
    };
    pool.on('remove', look);
    look();
  });
  await inTime(Promise.all([pool.end(), gone]), () => {
    for (const client of clients) destroy(client);
  });
}

async function inTime(farewell: Promise<unknown>, giveUp: () => void): Promise<void> {
  const timer = setTimeout(giveUp, FAREWELL_MS);
  await farewell.finally(() => clearTimeout(timer));
}

type ClientClass = new (config: ClientConfig) => Client;

/**
 * Pool options by which a connection that is not there in time fails. pg's own would fail those as well that merely wait
 * until one of the pool is free, and goes by the timers that a test may have replaced.
 */
export function connectingInTime(config: PoolConfig): PoolConfig {
  const Base = (config.Client ?? pg.Client) as ClientClass;
  const ms = config.connectionTimeoutMillis || CONNECT_MS;
  class TimedClient extends Base {
    constructor(given: ClientConfig) {
      // A pool hides its password from enumeration.
      const { password } = given;
      super({ ...given, ...(password !== undefined && { password }), connectionTimeoutMillis: 0 });
      // Answers are read as text, whatever `pg` has been told.
      Object.assign(this, { binary: false });
    }

    override connect(): Promise<Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): unknown {
      const timer = setTimeout(() => socketOf(this)?.destroy(lateError(ms)), ms);
      if (!callback) return super.connect().finally(() => clearTimeout(timer));
      return super.connect((error: Error) => {
        clearTimeout(timer);
        callback(error);
      });
    }
  }
  return {
    Client: TimedClient as unknown as NonNullable<PoolConfig['Client']>,
    connectionTimeoutMillis: 0,
  };
}

function lateError(ms: number): Error {
  return Object.assign(new Error(`no connection within ${ms} ms`), { code: 'ETIMEDOUT' });
}

/** How many connections a pool may have. The application's need not be one of pg's. */
export function connectionsOf(pool: Pool): number {
  return Number((pool.options as PoolOptions | undefined)?.max) || DEFAULT_POOL_SIZE;
}

/** Of each connection once: a pooler hands out process ids of its own. */
export const directness = new WeakMap<ClientBase, boolean>();

/**
 * Whether the server at the other end is the same for as long as the connection lives. Behind a
 * pooler it may change with every transaction, and knows nothing of what was prepared, listened to
 * or locked on another.
 */
export async function findDirectness(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query('select pg_backend_pid()::text as pid');
  const { processID } = client as ClientBase & { processID?: number };
  const isDirect = rows[0].pid === String(processID);
  directness.set(client, isDirect);
  return isDirect;
}

/** Ends a connection without a farewell, which a server that does not answer would never confirm. */
export function destroy(client: ClientBase): void {
  socketOf(client)?.destroy();
}

/** Whether something is under way on a connection. */
export function isBusy(client: ClientBase): boolean {
  return !(client as unknown as { readyForQuery: boolean }).readyForQuery;
}

/** What has come over a connection so far, in bytes. */
export function bytesReadBy(client: ClientBase): number {
  return socketOf(client)?.bytesRead ?? 0;
}

/** A client of the application's may have none. */
function socketOf(client: ClientBase): Socket | undefined {
  return (client as { connection?: { stream?: Socket } }).connection?.stream;
}

/** A session of its own beside the pool: to listen on, or to migrate with. */
export interface Session extends Executor {
  connect(): Promise<void>;
  /** Whether the server at the other end is the same for as long as the session lives. */
  readonly isDirect: boolean;
  onNotification(listener: (channel: string, payload: string) => void): void;
  /** Once, when it has ended. */
  onEnd(listener: () => void): void;
  /** It will answer nothing any more. */
  readonly hasEnded: boolean;
  end(): Promise<void>;
  /** Ends it without a farewell: for a server that does not answer. */
  abandon(): void;
  /** The client itself, for libraries that want one. */
  readonly client: Client;
}

/** A session with the same server, user and database as the pool. */
export function openSession(pool: Pool): Session {
  // The pool hides its password from enumeration.
  const { application_name = 'tuskmq', password } = pool.options as ClientConfig;
  const SessionClient = connectingInTime(pool.options).Client as unknown as ClientClass;
  const client = new SessionClient({
    ...KEEP_ALIVE,
    ...pool.options,
    ...(password === undefined ? {} : { password }),
    application_name,
  });
  // One statement after the other: pg refuses to queue them itself from version 9 on.
  let last: Promise<unknown> = Promise.resolve();
  let isDirect = false;
  let hasEnded = false;
  const onEnds: (() => void)[] = [];
  const onEnd = () => {
    if (hasEnded) return;
    hasEnded = true;
    for (const listener of onEnds) listener();
  };
  client.on('error', onEnd);
  client.on('end', onEnd);
  return {
    client,
    get isDirect() {
      return isDirect;
    },
    get hasEnded() {
      return hasEnded;
    },
    connect: async () => {
      await client.connect();
      isDirect = await findDirectness(client);
    },
    query(text, values, name) {
      const query = { text, values: [...values], ...(isDirect && name && { name }) };
      const answer = last.then(async () => {
        await alignClock(client);
        return (await client.query(query)).rows as Row[];
      });
      last = answer.catch(() => {});
      return answer;
    },
    onNotification: (listener) => {
      client.on('notification', ({ channel, payload = '' }) => listener(channel, payload));
    },
    onEnd: (listener) => onEnds.push(listener),
    end: () => inTime(client.end(), () => destroy(client)),
    abandon: () => destroy(client),
  };
}
