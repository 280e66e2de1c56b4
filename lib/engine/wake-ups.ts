import type { Logger } from '../options/connection-options';
import type { Store } from '../store/store';
import type { Listener } from './listener';
import { Sleepers } from './sleepers';

/** Everything that wakes the workers of this process, by queue. */
export class WakeUps {
  private readonly sleepers = new Map<number, Sleepers>();

  constructor(
    private readonly listener: Pick<Listener, 'subscribe' | 'withSession'>,
    private readonly store: Pick<Store, 'channel' | 'on'>,
    private readonly logger: Logger,
  ) {}

  /** The workers of a queue here. */
  of(queueId: number): Sleepers {
    let sleepers = this.sleepers.get(queueId);
    if (!sleepers) {
      sleepers = new Sleepers(
        (channel, onNotified) => this.listener.subscribe(channel, onNotified),
        (ranges) => this.wakeOthers(queueId, ranges),
      );
      this.sleepers.set(queueId, sleepers);
    }
    return sleepers;
  }

  /**
   * Hears what is told to this process alone, for as long as it lives. To be called before its workers are known under
   * this id; it gets another one when its lease ran out.
   */
  async hearAs(processId: number): Promise<void> {
    const channel = await this.store.channel('process', processId);
    await this.listener.subscribe(channel, (queueId) => {
      if (queueId) this.of(Number(queueId)).told();
    });
  }

  /** On the session that listens: those of the pool may all be taken, which is why nobody here could look. */
  private async wakeOthers(queueId: number, ranges: string | null): Promise<void> {
    try {
      await this.listener.withSession((session) =>
        this.store.on(session).wakeWorkers(queueId, ranges),
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'cannot wake other workers; their heartbeats find the job');
    }
  }
}
