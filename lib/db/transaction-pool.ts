import type { Pool, PoolClient } from 'pg';
import { setTimeout } from '../model/clock';
import { ConnectionClosedError } from '../model/errors';
import { acquireClient } from './acquire-client';
import {
  bytesReadBy,
  connectingInTime,
  destroy,
  endPool,
  isBusy,
  KEEP_ALIVE,
  poolOf,
} from './node-postgres';

/** A connection that somebody has for the time of one transaction. */
export interface TransactionSession {
  readonly client: PoolClient;
  /** The connection is gone. */
  readonly isBroken: boolean;
  /** Gives it back, at the end of a transaction. */
  release(): void;
  /** Ends it, and with it whatever it is doing. */
  destroy(): void;
}

/** Connections at a time, unless somebody has asked for another number. */
const DEFAULT_MAX = 10;

/**
 * Connections for the transactions of jobs, beside the pool through which jobs are claimed and
 * reported: a transaction holds its connection for as long as the application likes, and must not
 * keep the others waiting. Opened on demand, and closed after ten idle seconds.
 */
export class TransactionPool {
  private pool: Pool | undefined;
  private max: number | undefined;
  private readonly sessions = new Set<TransactionSession>();
  private isClosed = false;

  /**
   * @param model the pool whose server, user and database are meant
   * @param onError hears of idle connections that were lost
   */
  constructor(
    private readonly model: Pool,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Allows so many connections, unless somebody has asked for more. */
  allow(max: number): void {
    this.max = Math.max(this.max ?? 0, max);
    if (this.pool) this.pool.options.max = this.max;
  }

  /**
   * Resolves when a connection is free.
   * @throws ConnectionClosedError once this is closed
   */
  async connect(): Promise<TransactionSession> {
    if (this.isClosed) throw new ConnectionClosedError();
    this.pool ??= this.open();
    let isBroken = false;
    const onLost = () => {
      isBroken = true;
    };
    const client = await acquireClient(this.pool, onLost);
    // `close` would wait for it.
    if (this.isClosed) {
      client.release(true);
      throw new ConnectionClosedError();
    }
    const giveBack = (isDestroyed: boolean) => {
      if (!this.sessions.delete(session)) return;
      // After `release`, the pool itself listens to what becomes of an idle one.
      client.release(isDestroyed);
      if (!isDestroyed) client.off('error', onLost);
    };
    const session: TransactionSession = {
      client,
      get isBroken() {
        return isBroken;
      },
      release: () => giveBack(isBroken),
      destroy: () => {
        destroy(client);
        giveBack(true);
      },
    };
    this.sessions.add(session);
    return session;
  }

  /**
   * For when the server has fallen silent on another connection: gives up those on which nothing comes for so many
   * milliseconds while a statement is under way.
   */
  abandon(ms: number): void {
    for (const session of this.sessions) {
      const { client } = session;
      const heard = bytesReadBy(client);
      setTimeout(() => {
        const isSilent = isBusy(client) && bytesReadBy(client) === heard;
        if (isSilent && this.sessions.has(session)) destroy(client);
      }, ms).unref();
    }
  }

  /** Ends all connections; transactions that are still open are rolled back. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const session of this.sessions) session.destroy();
    if (this.pool) await endPool(this.pool);
  }

  private open(): Pool {
    // The pool hides its password from enumeration.
    const { password } = this.model.options;
    const pool = poolOf({
      ...KEEP_ALIVE,
      ...this.model.options,
      ...(password === undefined ? {} : { password }),
      ...connectingInTime(this.model.options),
      min: 0,
      max: this.max ?? DEFAULT_MAX,
      idleTimeoutMillis: 10_000,
    });
    pool.on('error', this.onError);
    return pool;
  }
}
