/**
 * Spans of time in minutes, which is to say in data points of metrics. Source: BullMQ's
 * `MetricsTime`, whose month is four of its two weeks.
 */
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
