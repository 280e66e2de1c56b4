import type { EventStreamOptions } from '../options/queue-options';
import type { Backend } from './backend';

/** What a queue wants to be stored of its events: told to the database once, before anything else. */
export class EventLog {
  private telling: Promise<void> | undefined;
  private stopTending: (() => void) | undefined;
  private isClosed = false;

  constructor(
    private readonly backend: Backend,
    private readonly options: EventStreamOptions,
  ) {}

  /** Resolves when the database knows. Tries anew after a failure. */
  isTold(queueId: number): Promise<void> {
    this.telling ??= this.tell(queueId).catch((error) => {
      this.telling = undefined;
      throw error;
    });
    return this.telling;
  }

  close(): void {
    this.isClosed = true;
    this.stopTending?.();
  }

  private async tell(queueId: number): Promise<void> {
    await this.backend.store.configureEvents(queueId, this.options);
    // A log is trimmed with heartbeats; where there are only producers, nobody else has one.
    if (this.options.log && !this.isClosed) {
      this.stopTending = this.backend.heartbeat.attendListener(() => {});
    }
  }
}
