import type { Job } from './job';
import { toInteger } from './model/whole-number';
import { QueueMetrics } from './queue-metrics';
import type { GlobalLimits } from './store/store';

/** What limits all workers of a queue together. */
export class QueueLimits<JobBase extends Job = Job> extends QueueMetrics<JobBase> {
  /**
   * Lets at most so many jobs of this queue be active at the same time. 1, or 0 when that replaces an
   * earlier limit.
   */
  async setGlobalConcurrency(concurrency: number): Promise<number> {
    return this.setLimits({
      concurrency: toInteger('concurrency', atLeastOne(concurrency, 'concurrency')),
    });
  }

  /** Jobs that may be active at the same time, or null. */
  async getGlobalConcurrency(): Promise<number | null> {
    return (await this.settings()).concurrency;
  }

  /** 1, or 0 when there was no limit. */
  removeGlobalConcurrency(): Promise<number> {
    return this.endLimits({ concurrency: null });
  }

  /** Whether as many jobs are active as `setGlobalConcurrency` allows. */
  async isMaxed(): Promise<boolean> {
    return (await this.settings()).isMaxed;
  }

  /**
   * Lets at most `max` jobs be claimed in windows of `duration` milliseconds; the first claim begins
   * one. `max` goes before the `limiter` of a worker, its `duration` before this one. The number of
   * these that were not set before.
   */
  async setGlobalRateLimit(max: number, duration: number): Promise<number> {
    return this.setLimits({
      rate_max: toInteger('max', atLeastOne(max, 'max')),
      rate_ms: atLeastOne(duration, 'duration'),
    });
  }

  async getGlobalRateLimit(): Promise<{ max: number; duration: number } | null> {
    const { rateMax, rateMs } = await this.settings();
    return rateMax !== null && rateMs !== null ? { max: rateMax, duration: rateMs } : null;
  }

  /** The number of settings that were set before. */
  removeGlobalRateLimit(): Promise<number> {
    return this.endLimits({ rate_max: null, rate_ms: null });
  }

  /**
   * Lets no worker claim anything for so many milliseconds. In a processor, throw a `RateLimitError`
   * then.
   */
  async rateLimit(expireTimeMs: number): Promise<void> {
    await this.store.rateLimitQueue(await this.queueId(), expireTimeMs);
  }

  /**
   * Milliseconds until the rate limit's window ends, or -2 when none is open.
   * @param maxJobs jobs allowed in a window; default: those of `setGlobalRateLimit`. 0 as long as
   * fewer were claimed in it.
   */
  async getRateLimitTtl(maxJobs?: number): Promise<number> {
    const { rateMax, claimed, windowEndsIn } = await this.settings();
    const most = maxJobs ?? rateMax;
    if (most !== null && (claimed ?? 0) < most) return 0;
    return windowEndsIn ?? -2;
  }

  /** Ends the window of the rate limit that is open now. 1, or 0 when there was none. */
  async removeRateLimitKey(): Promise<number> {
    return (await this.store.rateLimitQueue(await this.queueId(), 0)) ? 1 : 0;
  }

  private async setLimits(limits: GlobalLimits): Promise<number> {
    const replaced = await this.store.limitQueue(await this.queueId(), limits);
    return Object.keys(limits).length - replaced;
  }

  private async endLimits(limits: GlobalLimits): Promise<number> {
    return this.store.limitQueue(await this.queueId(), limits);
  }
}

/** @throws Error for what is no limit: BullMQ takes it, and then runs nothing or everything */
function atLeastOne(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`${name} must be an integer greater than 0`);
  }
  return value;
}
