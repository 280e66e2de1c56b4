import type { Store } from '../store/store';
import type { Listener } from './listener';
import { Sleepers } from './sleepers';

/** Everything that wakes the workers of this process, by queue. */
export class WakeUps {
  private readonly sleepers = new Map<number, Sleepers>();
  private stopHearing: (() => Promise<void>) | undefined;

  constructor(
    private readonly listener: Pick<Listener, 'subscribe'>,
    private readonly store: Pick<Store, 'channel' | 'wakeWorkers'>,
  ) {}

  /** The workers of a queue here. */
  of(queueId: number): Sleepers {
    let sleepers = this.sleepers.get(queueId);
    if (!sleepers) {
      const { listener, store } = this;
      sleepers = new Sleepers(
        (channel, onNotified) => listener.subscribe(channel, onNotified),
        () => store.wakeWorkers(queueId),
      );
      this.sleepers.set(queueId, sleepers);
    }
    return sleepers;
  }

  /** Hears what is told to this process alone. To be called before its workers are known under this id. */
  async hearAs(processId: number): Promise<void> {
    const channel = await this.store.channel('process', processId);
    const before = this.stopHearing;
    this.stopHearing = await this.listener.subscribe(channel, (queueId) => {
      if (queueId) this.of(Number(queueId)).told();
    });
    await before?.();
  }
}
