/** What a worker counts for `queue.getMetrics`. */
export interface MetricsOptions {
  /** Minutes to keep, each with its count of completed and of failed jobs. Default: one week. */
  maxDataPoints?: number | undefined;
}

/** Spans of time in minutes, for `maxDataPoints`. The month is BullMQ's, of eight weeks. */
export enum MetricsTime {
  ONE_MINUTE = 1,
  FIVE_MINUTES = 5,
  FIFTEEN_MINUTES = 15,
  THIRTY_MINUTES = 30,
  ONE_HOUR = 60,
  ONE_WEEK = 10_080,
  TWO_WEEKS = 20_160,
  ONE_MONTH = 80_640,
}

/**
 * How many minutes to keep; undefined when nothing is to be counted.
 * @throws Error for a number that cannot be
 */
export function metricsPoints(metrics: MetricsOptions | undefined): number | undefined {
  if (!metrics) return undefined;
  const { maxDataPoints = MetricsTime.ONE_WEEK } = metrics;
  if (!Number.isInteger(maxDataPoints) || maxDataPoints < 0 || maxDataPoints > 2 ** 31 - 1) {
    throw new Error('metrics.maxDataPoints must be an integer greater or equal than 0');
  }
  return maxDataPoints;
}
