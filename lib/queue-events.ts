import type { BackendFactory } from './engine/backend-factory';
import { EventReader } from './engine/event-reader';
import type { QueueEventsListener } from './model/events';
import { checkQueueEventsOptions, type QueueEventsOptions } from './options/queue-options';
import { QueueBase } from './queue-base';

/**
 * Listens to what happens to the jobs of a queue, whoever does it. Each event comes once, and those
 * of one job in order. While somebody listens, events are written to the database; otherwise not,
 * unless a queue asks for a log (`streams.events.log`).
 *
 * Listeners get `(args, id)`, those of `drained` `(id)`. An event of a job is also emitted as
 * `<event>:<jobId>`. All who listen get the same events in the same order with the same ids: who
 * stores the id of the last one done, and gives it as `lastEventId` later, goes on exactly behind it.
 */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, an untyped result
export class QueueEvents<ReturnType = any> extends QueueBase<QueueEventsListener<ReturnType>> {
  declare readonly opts: QueueEventsOptions;
  private reader: EventReader | undefined;
  private running: Promise<void> | undefined;

  /** @throws Error for a `lastEventId` that cannot be one, and as other instances do */
  constructor(name: string, opts: QueueEventsOptions = {}, backendFactory?: BackendFactory) {
    checkQueueEventsOptions(opts);
    super(name, opts, backendFactory);
    // Each `waitUntilFinished` listens: many are no leak.
    this.setMaxListeners(0);
    if (opts.autorun ?? true) {
      this.running = this.start();
      this.running.catch((error) => {
        if (!this.closing) this.emit('error', error);
      });
    }
  }

  /** Begins to listen. For those with `autorun: false`. */
  async run(): Promise<void> {
    if (this.running) throw new Error('Queue Events is already running.');
    this.running = this.start();
    await this.running;
  }

  /** Resolves when every event from now on will be heard. */
  override async waitUntilReady(): Promise<void> {
    await super.waitUntilReady();
    await this.running;
  }

  private async start(): Promise<void> {
    const { lastEventId } = this.opts;
    this.reader = await this.untilConnected(async () => {
      const reader = new EventReader(
        this.backend,
        await this.queueId(),
        (event) => this.deliver(event),
        (error) => this.emit('error', error),
      );
      await reader.start(lastEventId === '$' ? undefined : lastEventId);
      return reader;
    });
  }

  private deliver({
    id,
    name,
    payload,
  }: {
    id: string;
    name: string;
    payload: Record<string, unknown>;
  }) {
    if (name === 'drained') {
      this.tell(name, [id]);
      return;
    }
    this.tell(name, [payload, id]);
    if (payload['jobId'] !== undefined) this.tell(`${name}:${payload['jobId']}`, [payload, id]);
  }

  override close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await this.running?.catch(() => {});
    await this.reader?.stop();
    await this.leave();
    this.tell('closed', []);
  }
}
