import { isConnectionError } from '../db/database';
import type { Session } from '../db/node-postgres';
import { clearTimeout, setTimeout } from '../model/clock';
import type { Logger } from '../options/connection-options';
import { WalFlusher } from './wal-flusher';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
/** How long a session may be silent before it is asked whether it lives, and then to answer. */
const SILENCE_MS = 5_000;

/** Is told what a notification says; nothing, when some may have been missed. */
type Subscriber = (payload?: string) => void;

/**
 * The one session of this process that listens, for all of its queues, workers and event readers.
 *
 * idle --subscribe--> connecting --ok--> listening --session ends or does not answer--> connecting --…
 *                       |  '--fails--> waits (50 ms, doubling up to 5 s) --> connecting
 *                       '--is no server's own session--> refused, for good: others poll
 *
 * Each time it comes to listen, subscribers are called once without a notification: something may
 * have been said meanwhile.
 */
export class Listener {
  private readonly subscribers = new Map<string, Set<Subscriber>>();
  private session: Session | undefined;
  private currentFlusher: WalFlusher | undefined;
  private connecting: Promise<void> | undefined;
  private retryMs = FIRST_RETRY_MS;
  private retryTimer: NodeJS.Timeout | undefined;
  private silenceTimer: NodeJS.Timeout | undefined;
  private isRefused = false;
  private isClosed = false;

  /**
   * @param open makes a session that is not connected yet
   * @param onListening is told each new session, before anything is listened to
   * @param flush lets a session flush the log of the server
   * @param onSilent is told when a session did not answer for so many milliseconds
   */
  constructor(
    private readonly open: () => Session,
    private readonly onListening: (session: Session) => Promise<void>,
    private readonly flush: (session: Session) => Promise<void>,
    private readonly onSilent: (ms: number) => void,
    private readonly logger: Logger,
    private readonly silenceMs = SILENCE_MS,
  ) {}

  /**
   * What confirms deferred commits, over the session that is there now. Undefined as long as there
   * is none: it is being connected then.
   */
  get flusher(): WalFlusher | undefined {
    if (!this.session) void this.connect();
    return this.currentFlusher;
  }

  /** Whether notifications would arrive now. */
  get isListening(): boolean {
    return this.session !== undefined;
  }

  /** Whether LISTEN does not work on this connection. */
  get cannotListen(): boolean {
    return this.isRefused;
  }

  /**
   * Resolves when the channel is listened to, or the first attempt has failed; from then on the
   * listener tries by itself.
   */
  async subscribe(channel: string, onNotified: Subscriber): Promise<() => Promise<void>> {
    let subscribers = this.subscribers.get(channel);
    if (!subscribers) {
      subscribers = new Set();
      this.subscribers.set(channel, subscribers);
      if (this.session) await this.tell(this.session, 'listen', channel);
    }
    subscribers.add(onNotified);
    await this.connect();
    return () => this.unsubscribe(channel, onNotified);
  }

  private async unsubscribe(channel: string, onNotified: Subscriber): Promise<void> {
    const subscribers = this.subscribers.get(channel);
    subscribers?.delete(onNotified);
    if (subscribers?.size === 0) {
      this.subscribers.delete(channel);
      if (this.session) await this.tell(this.session, 'unlisten', channel);
    }
  }

  /** The current session, connected: for locks that are to live as long as it does. */
  async withSession(use: (session: Session) => Promise<void>): Promise<void> {
    await this.connect();
    if (this.session) await use(this.session);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    clearTimeout(this.silenceTimer);
    this.subscribers.clear();
    await this.connecting;
    const { session } = this;
    this.session = undefined;
    this.currentFlusher = undefined;
    await session?.end().catch(() => {});
  }

  private connect(): Promise<void> {
    if (this.session || this.isRefused || this.isClosed || this.retryTimer)
      return Promise.resolve();
    this.connecting ??= this.establish().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  private async establish(): Promise<void> {
    const session = this.open();
    session.onEnd(() => this.lost(session));
    session.onNotification((channel, payload) => {
      this.heard(session);
      this.notify(channel, payload);
    });
    try {
      await session.connect();
      if (!session.isDirect) return this.refuse(session);
      await this.onListening(session);
      for (const channel of this.subscribers.keys()) await session.query(`listen "${channel}"`, []);
      // It may have ended since the answer to the last statement, in the same packet.
      if (session.hasEnded) throw new Error('the session ended while it began to listen');
      this.session = session;
      this.currentFlusher = new WalFlusher(() => this.flushOn(session));
      this.retryMs = FIRST_RETRY_MS;
      this.heard(session);
      for (const channel of this.subscribers.keys()) this.notify(channel);
    } catch (error) {
      this.logger.warn({ err: error }, 'cannot listen for notifications, polling until it works');
      void session.end().catch(() => {});
      this.retryLater();
    }
  }

  /** A session that cannot flush is of no use: commits that wait for it would wait for ever. */
  private async flushOn(session: Session): Promise<void> {
    try {
      await this.flush(session);
    } catch (error) {
      if (isConnectionError(error)) this.giveUp(session);
      throw error;
    }
  }

  private giveUp(session: Session): void {
    session.abandon();
    this.lost(session);
  }

  /** A notification would go to whoever has the server then, and a lock stay with it. */
  private refuse(session: Session): void {
    this.isRefused = true;
    this.logger.warn(
      {},
      'this connection leads to a connection pooler: LISTEN and prepared statements do not work there; polling instead, see docs/poolers.md',
    );
    void session.end().catch(() => {});
  }

  /** Puts off the question whether the session lives. */
  private heard(session: Session): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => void this.ask(session), this.silenceMs);
    this.silenceTimer.unref();
  }

  /** A connection that was cut without a word is never heard of again, nor does it say so. */
  private async ask(session: Session): Promise<void> {
    if (this.session !== session) return;
    const timeout = setTimeout(() => {
      this.giveUp(session);
      this.onSilent(this.silenceMs);
    }, this.silenceMs);
    try {
      await session.query('select 1', []);
      if (this.session === session) this.heard(session);
    } catch {
      this.giveUp(session);
    } finally {
      clearTimeout(timeout);
    }
  }

  private lost(session: Session): void {
    if (this.session !== session) return;
    this.session = undefined;
    this.currentFlusher = undefined;
    clearTimeout(this.silenceTimer);
    if (!this.isClosed) {
      this.logger.warn({}, 'the listening connection was lost');
      this.retryLater();
    }
  }

  private retryLater(): void {
    if (this.isClosed || this.retryTimer) return;
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      void this.connect();
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  private async tell(session: Session, verb: 'listen' | 'unlisten', channel: string) {
    try {
      await session.query(`${verb} "${channel}"`, []);
    } catch (error) {
      this.logger.warn({ err: error, channel }, `cannot ${verb}`);
    }
  }

  private notify(channel: string, payload?: string): void {
    for (const onNotified of this.subscribers.get(channel) ?? []) onNotified(payload);
  }
}
