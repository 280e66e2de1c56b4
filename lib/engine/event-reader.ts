import type { EventCursor, EventPage, Store } from '../store/store';
import type { Backend } from './backend';

const PAGE = 1_000;
/** Without notifications, or in case one is missed. */
const LOOK_MS = 5_000;
/** Where nothing is notified: soon after there was something, then less and less often. */
const FIRST_LOOK_WITHOUT_LISTEN_MS = 100;
const LAST_LOOK_WITHOUT_LISTEN_MS = 1_000;
/** Events kept of a queue that is listened to; trimmed once in so many that were read. */
export const KEPT_EVENTS = 10_000;
const TRIM_EVERY = 1_000;

type Event = EventPage['events'][number];

/**
 * Reads the events of a queue, each once and none left out, whenever there is news: when notified,
 * and every 5 s; where LISTEN does not work, every 100 ms to 1 s. Registered as a listener, it makes transactions write the events of its queue.
 */
export class EventReader {
  private readonly store: Store;
  private cursor: EventCursor = { since: null, until: null, afterId: '0' };
  private listenerId: number | undefined;
  private reading: Promise<void> | undefined;
  private isDue = false;
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
  ) {
    this.store = backend.store;
  }

  /**
   * @param lastEventId begin after this event, as far as it is kept; without one, with what happens
   * from now on
   */
  async start(lastEventId?: string): Promise<void> {
    const since = await this.register();
    this.cursor =
      lastEventId === undefined
        ? { since, until: null, afterId: '0' }
        : { since: null, until: null, afterId: lastEventId };
    this.cleanups.push(
      this.backend.pulse.attendListener(() => void this.register().catch(this.onError)),
    );
    const channel = await this.store.channel('event', this.queueId);
    this.cleanups.push(await this.backend.listener.subscribe(channel, () => this.look()));
    this.look();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.reading;
    for (const cleanup of this.cleanups) await cleanup();
    if (this.listenerId !== undefined) {
      await this.store.stopListening(this.queueId, this.listenerId).catch(this.onError);
    }
  }

  private async register(): Promise<string> {
    const processId = await this.backend.pulse.processId();
    const { id, cursor } = await this.store.listenToEvents(this.queueId, processId);
    this.listenerId = id;
    return cursor;
  }

  private look(): void {
    this.isDue = true;
    this.reading ??= this.read()
      .catch(this.onError)
      .then(() => {
        this.reading = undefined;
        if (this.isStopped) return;
        clearTimeout(this.timer);
        const ms = this.backend.listener.isListening ? LOOK_MS : this.pollMs;
        this.timer = setTimeout(() => this.look(), ms);
        this.pollMs = Math.min(this.pollMs * 2, LAST_LOOK_WITHOUT_LISTEN_MS);
      });
  }

  private async read(): Promise<void> {
    while (this.isDue && !this.isStopped) {
      this.isDue = false;
      const { events, ...cursor } = await this.store.readEvents(this.queueId, this.cursor, PAGE);
      this.cursor = cursor;
      for (const event of events) this.onEvent(event);
      if (events.length > 0) this.pollMs = FIRST_LOOK_WITHOUT_LISTEN_MS;
      if (cursor.until !== null) this.isDue = true;
      this.readCount += events.length;
      if (this.readCount >= TRIM_EVERY) {
        this.readCount = 0;
        await this.store.trimEvents(this.queueId, KEPT_EVENTS);
      }
    }
  }
}
