import { toJsonText } from './model/json';
import { QueueBase } from './queue-base';

/** Publishes events of the application to those who listen to a queue with QueueEvents. */
export class QueueEventsProducer extends QueueBase {
  /** @param event its `eventName`, and whatever else JSON can hold: what listeners get */
  async publishEvent({ eventName, ...payload }: { eventName: string; [field: string]: unknown }) {
    const text = toJsonText(payload, `The event ${eventName}`);
    await this.store.publishEvent(await this.queueId(), eventName, text);
  }
}
