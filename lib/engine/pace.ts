import { elapsed } from '../model/clock';

/** How fast the slots of a worker get through jobs, while they have some. */
export class Pace {
  private running = 0;
  private ended = 0;
  /** Milliseconds in which something ran, before the current stretch. */
  private busyMs = 0;
  private busySince = 0;

  began(): void {
    if (this.running++ === 0) this.busySince = elapsed();
  }

  over(): void {
    this.ended++;
    if (--this.running === 0) this.busyMs += elapsed() - this.busySince;
  }

  /** Jobs that ended in a millisecond of work, since it was asked last; undefined when none has. */
  take(): number | undefined {
    if (this.ended === 0) return undefined;
    const at = elapsed();
    const busyMs = this.busyMs + (this.running > 0 ? at - this.busySince : 0);
    const rate = this.ended / Math.max(busyMs, 0.001);
    this.ended = 0;
    this.busyMs = 0;
    this.busySince = at;
    return rate;
  }
}
