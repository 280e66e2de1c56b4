import { CronExpressionParser } from 'cron-parser';
import type { RepeatOptions } from './repeat-options';

/**
 * The next time that a cron pattern matches: after `millis` and after the start, not after the end;
 * `millis` itself with `immediately`. Undefined when there is none.
 * @param millis milliseconds since 1970
 * @throws Error of cron-parser for a pattern or a time zone that cannot be
 */
export function defaultRepeatStrategy(millis: number, opts: RepeatOptions): number | undefined {
  const start = opts.startDate === undefined ? millis : new Date(opts.startDate).getTime();
  const currentDate = new Date(Math.max(millis, start));
  const { pattern = '', startDate: _, ...others } = opts;
  const expression = CronExpressionParser.parse(pattern, { ...others, currentDate });
  if (opts.immediately) return millis;
  try {
    return expression.next().getTime();
  } catch {
    // Thrown by a pattern that has no more matches before the end.
    return undefined;
  }
}

/**
 * The next slot of `every` or of a cron pattern after `millis`; of `every`, the current one with
 * `immediately`.
 * @throws Error when both or neither are given, or as defaultRepeatStrategy
 */
export function getNextMillis(millis: number, opts: RepeatOptions): number | undefined {
  if (opts.pattern && opts.every) {
    throw new Error('Both .pattern and .every options are defined for this repeatable job');
  }
  if (opts.every) {
    return Math.floor(millis / opts.every) * opts.every + (opts.immediately ? 0 : opts.every);
  }
  return defaultRepeatStrategy(millis, opts);
}
