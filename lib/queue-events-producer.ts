import { toJsonText } from './model/json';
import { QueueBase } from './queue-base';

/** Publishes events of the application to those who listen to a queue with QueueEvents. */
export class QueueEventsProducer extends QueueBase {
  private last: Promise<unknown> = Promise.resolve();

  /**
   * One after the other, in the order of the calls, also of those that nobody waits for.
   * @param event its `eventName`, and whatever else JSON can hold: what listeners get
   * @param maxEvents keep about so many events of the queue. Default: as many as listeners need.
   * @throws TypeError for an event without a name
   */
  async publishEvent<Event extends { eventName: string }>(
    event: Event,
    maxEvents?: number,
  ): Promise<void> {
    const { eventName, ...payload } = event;
    if (typeof eventName !== 'string') throw new TypeError('An event needs a name: eventName');
    const text = toJsonText(payload, `The event ${eventName}`);
    const { last } = this;
    const published = this.queueId().then(async (queueId) => {
      await last;
      await this.store.publishEvent(queueId, eventName, text);
      if (maxEvents !== undefined) await this.store.trimEvents(queueId, maxEvents);
    });
    this.last = published.catch(() => {});
    return published;
  }
}
