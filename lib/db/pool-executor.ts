import type { ClientBase, CustomTypesConfig, PoolClient } from 'pg';
import { clearTimeout, elapsed, nextTurn, setTimeout } from '../model/clock';
import { InFlight } from '../model/in-flight';
import { Roster, Transient } from '../model/roster';
import { acquireClient } from './acquire-client';
import { alignClock } from './aligned-clock';
import { type Executor, isConnectionError, isLockTimeout, markUnsent, type Row } from './database';
import { LockQueue } from './lock-queue';
import { bytesReadBy, destroy, directness, findDirectness, type OpenPool } from './node-postgres';

/** How long a statement of ours may take that is brief: one that takes longer was lost with its connection. */
const LONGEST_STATEMENT_MS = 60_000;

/**
 * Every value as the server sent it: the application may have type parsers of its own, and most
 * answers are one JSON text.
 */
const unparsed: CustomTypesConfig = { getTypeParser: () => asSent };

const asSent = (value: string) => value;

/**
 * What a statement does about a lock that somebody holds: tries at once and then in turn until it has it, only in turn, once when it is its
 * turn, or not at all.
 */
export type Waits = 'patiently' | 'in turn' | 'once in turn' | 'never';

/**
 * The pool as an executor: each statement is a transaction of its own, and keeps no connection while it waits for a lock
 * (`LockQueue`). Where the role or the database has a `lock_timeout`, that holds instead.
 */
export interface PoolExecutor extends Executor {
  /**
   * The same for statements of the engine, which are brief: their connection is given up when they take too long.
   * With `once in turn` and `never` they reject when they would have to wait for a lock.
   */
  brief(waits: Waits): Executor;
  /** Resolves when no statement is under way or waits: a pool that ends leaves queued ones hanging. */
  quiet(): Promise<void>;
  /**
   * For when the server has fallen silent on another connection: gives up those on which nothing has come since a statement
   * was sent, so many milliseconds ago, at once or as soon as that is so, and uses none again that is older than this moment.
   */
  abandon(ms: number, which?: 'all' | 'brief'): void;
}

class UnderWay extends Transient {
  readonly since = elapsed();
  bytesRead: number;

  constructor(
    readonly client: PoolClient,
    readonly isBrief: boolean,
  ) {
    super();
    this.bytesRead = bytesReadBy(client);
  }
}

/** @param longestMs what a brief statement may take */
export function poolExecutor(
  { pool, isOwn }: OpenPool,
  longestMs = LONGEST_STATEMENT_MS,
): PoolExecutor {
  const queries = new InFlight();
  const busy = new Roster<UnderWay>();
  const knownSince = new WeakMap<PoolClient, number>();
  const locks = new LockQueue();
  let hasOwnTimeout: Promise<boolean> | undefined;
  let distrustedUntil = Number.NEGATIVE_INFINITY;

  const acquire = async (): Promise<PoolClient> => {
    // The statement is told of a lost connection as well; without a listener this would end the process.
    const client = await acquireClient(pool, ignore).catch((error: Error) => {
      throw HAS_ENDED.test(error.message) ? error : markUnsent(error);
    });
    const since = knownSince.get(client) ?? elapsed();
    knownSince.set(client, since);
    if (since > distrustedUntil) return client;
    // A pool with one client only hands out the same again.
    knownSince.delete(client);
    destroy(client);
    client.release(true);
    return acquire();
  };

  const giveUp = (until: number, which: 'all' | 'brief') => {
    for (const { client, since, bytesRead, isBrief } of busy) {
      const isSilent = since <= until && bytesReadBy(client) === bytesRead;
      if (isSilent && (isBrief || which === 'all')) destroy(client);
    }
  };

  const run = async (
    isBrief: boolean,
    text: string,
    values: readonly unknown[],
    name: string | undefined,
    isInTurn = false,
  ) => {
    const client = await acquire();
    const underWay = new UnderWay(client, isBrief);
    busy.add(underWay);
    // What has come before a statement is no answer to it.
    const onSent = () => {
      underWay.bytesRead = bytesReadBy(client);
    };
    const timer = isBrief
      ? setTimeout(async () => {
          // An answer may be there already, where the process was too busy to read it.
          await nextTurn();
          if (busy.has(underWay)) destroy(client);
        }, longestMs)
      : undefined;
    let failure: Error | undefined;
    try {
      const query = { text, values: [...values], types: unparsed };
      if (name !== undefined)
        Object.assign(query, await prepared(client, isOwn, text, name, isInTurn, onSent));
      await alignClock(client);
      onSent();
      return (await client.query(query)).rows as Row[];
    } catch (error) {
      failure = isServers(error as Error) ? (error as Error) : lostError(error as Error);
      throw failure;
    } finally {
      clearTimeout(timer);
      busy.delete(underWay);
      client.off('error', ignore);
      client.release(failure && !isServers(failure) ? failure : undefined);
    }
  };

  /** Whether the users of the role or the database want to be told when a lock is not to be had. */
  const tellsOfLocks = (): Promise<boolean> => {
    hasOwnTimeout ??= run(true, OWN_LOCK_TIMEOUT, [], undefined).then(
      ([row]) => row!['reset_val'] !== '0',
      (error) => {
        hasOwnTimeout = undefined;
        throw error;
      },
    );
    return hasOwnTimeout;
  };

  const waiting = async (
    attempt: (isInTurn: boolean) => Promise<Row[]>,
    waits: Waits,
    what: string,
  ): Promise<Row[]> => {
    const inTurn = () => attempt(true);
    if (waits === 'once in turn') return locks.tryOnce(inTurn);
    if (waits === 'in turn') {
      return (await tellsOfLocks()) ? attempt(false) : locks.enter(inTurn, what);
    }
    try {
      return await attempt(false);
    } catch (error) {
      if (waits === 'never' || !isLockTimeout(error) || (await tellsOfLocks())) throw error;
      return locks.enter(inTurn, what);
    }
  };

  const executor = (isBrief: boolean, waits: Waits): Executor => ({
    commitsEach: true,
    query: (text, values, name) =>
      queries.add(
        waiting((isInTurn) => run(isBrief, text, values, name, isInTurn), waits, name ?? text),
      ),
  });

  return {
    ...executor(false, 'patiently'),
    brief: (waits) => executor(true, waits),
    async quiet() {
      while (queries.size > 0) await queries.settled();
    },
    abandon(ms, which = 'all') {
      distrustedUntil = elapsed();
      giveUp(distrustedUntil - ms, which);
      setTimeout(giveUp, ms, distrustedUntil, which).unref();
    },
  };
}

/**
 * A statement of that name as it is to be sent on this connection: prepared where that is possible, and with little patience
 * for locks, with less when others wait for their turn behind it. Connections of ours have the first from their first statement on; on
 * others each call says it for itself.
 */
async function prepared(
  client: ClientBase,
  isOwn: boolean,
  text: string,
  name: string,
  isInTurn: boolean,
  onSent: () => void,
): Promise<{ text: string; name?: string }> {
  let isDirect = directness.get(client);
  if (isDirect === undefined) {
    isDirect = await findDirectness(client);
    onSent();
    if (isDirect && isOwn) await client.query(`select ${hurry(PATIENCE, false)}`);
  }
  const isSaid = isDirect && isOwn && !isInTurn;
  if (isSaid || !text.startsWith(CALL)) return { text, ...(isDirect && { name }) };
  const patience = isInTurn ? PATIENCE_IN_TURN : PATIENCE;
  const hasty = `${CALL.replace(' ', ` ${hurry(patience, true)}, `)}${text.slice(CALL.length)}`;
  return { text: hasty, ...(isDirect && { name: `${name}/${patience}` }) };
}

/** How a call of one of our functions begins. */
const CALL = 'select "';

/** How long a statement waits for a lock, unless the role or the database says how long. */
const PATIENCE = '200ms';
const PATIENCE_IN_TURN = '20ms';

/** An expression that has the server wait for locks no longer than that. */
const hurry = (patience: string, isLocal: boolean) =>
  `case when current_setting('lock_timeout') in ('0', '${PATIENCE}') then set_config('lock_timeout', '${patience}', ${isLocal}) end`;

const OWN_LOCK_TIMEOUT = `select reset_val from pg_settings where name = 'lock_timeout'`;

const ignore = () => {};

/** pg-pool's refusal when the application has ended its pool: no try will be better. */
const HAS_ENDED = /pool after calling end/;

/**
 * What pg says of a statement that the server may carry out all the same, such as `query_timeout`: the connection
 * is given up, and nobody knows what became of it.
 */
function lostError(cause: Error): Error {
  if (isConnectionError(cause) || HAS_ENDED.test(cause.message)) return cause;
  return Object.assign(new Error(cause.message, { cause }), { code: '08006' });
}

/**
 * Whether the server said no to a statement, over a connection that is as good as before. By its SQLSTATE:
 * the application's pool may be of a copy of pg with classes of its own.
 */
function isServers(error: Error & { code?: unknown }): boolean {
  return /^[0-9A-Z]{5}$/.test(String(error.code)) && !isConnectionError(error);
}
