import { clearTimeout, setTimeout } from '../model/clock';
import type { EventPage } from '../store/store';
import type { Backend } from './backend';

const PAGE = 1_000;
/** Without notifications, or in case one is missed. */
const LOOK_MS = 5_000;
/** Where nothing is notified: soon after there was something, then less and less often. */
const FIRST_LOOK_WITHOUT_LISTEN_MS = 100;
const LAST_LOOK_WITHOUT_LISTEN_MS = 1_000;
const LOOK_AFTER_ERROR_MS = 500;
/** Events are trimmed to what is kept once in so many that were read. */
const TRIM_EVERY = 1_000;

type Event = EventPage['events'][number];

/**
 * Reads the events of a queue, each once and none left out, whenever there is news: when notified,
 * and every 5 s; where LISTEN does not work, every 100 ms to 1 s. Registered as a listener, it makes transactions write the events of its queue.
 */
export class EventReader {
  /** A place in the order of events, which is the same for all readers: all before it is read. */
  private after = '0';
  private listenerId: number | undefined;
  private reading: Promise<void> | undefined;
  private isDue = false;
  private hasFailed = false;
  private isStopped = false;
  private readCount = 0;
  private pollMs = FIRST_LOOK_WITHOUT_LISTEN_MS;
  private timer: NodeJS.Timeout | undefined;
  private readonly cleanups: (() => unknown)[] = [];

  constructor(
    private readonly backend: Backend,
    private readonly queueId: number,
    private readonly onEvent: (event: Event) => void,
    private readonly onError: (error: Error) => void,
  ) {}

  /**
   * @param lastEventId begin after this event, as far as it is kept; without one, with what happens
   * from now on
   * @throws as the database; nothing is left behind then, and it is for another reader to try again
   */
  async start(lastEventId?: string): Promise<void> {
    try {
      const now = await this.register();
      this.after = lastEventId ?? now;
      this.cleanups.push(
        this.backend.heartbeat.attendListener(() => void this.register().catch(this.onError)),
      );
      const channel = await this.backend.store.channel('event', this.queueId);
      this.cleanups.push(await this.backend.listener.subscribe(channel, () => this.look()));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.look();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.reading;
    for (const cleanup of this.cleanups) await cleanup();
    if (this.listenerId !== undefined) {
      await this.backend.store
        .stopListening(this.queueId, this.listenerId)
        .catch((error) => this.onError(error));
    }
  }

  private async register(): Promise<string> {
    const { id, after } = await this.backend.heartbeat.registerListener(this.queueId);
    this.listenerId = id;
    return after;
  }

  private look(): void {
    this.isDue = true;
    this.reading ??= this.read()
      .then(
        () => {
          this.hasFailed = false;
        },
        (error) => {
          this.hasFailed = true;
          this.onError(error);
        },
      )
      .then(() => {
        this.reading = undefined;
        if (this.isStopped) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(), this.nextLookMs());
      });
  }

  private nextLookMs(): number {
    if (this.hasFailed) return LOOK_AFTER_ERROR_MS;
    if (this.backend.listener.isListening) return LOOK_MS;
    const ms = this.pollMs;
    this.pollMs = Math.min(ms * 2, LAST_LOOK_WITHOUT_LISTEN_MS);
    return ms;
  }

  private async read(): Promise<void> {
    const { store } = this.backend;
    while (this.isDue && !this.isStopped) {
      this.isDue = false;
      const { events, after, more } = await store.readEvents(this.queueId, this.after, PAGE);
      this.after = after;
      for (const event of events) this.onEvent(event);
      if (events.length > 0) this.pollMs = FIRST_LOOK_WITHOUT_LISTEN_MS;
      if (more) this.isDue = true;
      this.readCount += events.length;
      if (this.readCount >= TRIM_EVERY) {
        this.readCount = 0;
        await store.trimEvents(this.queueId);
      }
    }
  }
}
