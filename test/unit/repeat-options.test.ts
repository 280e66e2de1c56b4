import { type RepeatOptions, resolveRepeatOptions } from '../../lib/options/repeat-options';
import { defaultRepeatStrategy, getNextMillis } from '../../lib/options/repeat-strategy';

const at = (iso: string) => Date.parse(iso);

describe('resolveRepeatOptions', () => {
  test('turns dates of any form into milliseconds since 1970', () => {
    const date = '2030-01-01T00:00:00.000Z';
    const resolved = { pattern: '* * * * *', startDate: at(date), endDate: at(date) };
    for (const given of [date, new Date(date), at(date)]) {
      expect(
        resolveRepeatOptions({ pattern: '* * * * *', startDate: given, endDate: given }),
      ).toEqual(resolved);
    }
  });

  test('keeps options that it does not know, and rounds numbers up', () => {
    expect(
      resolveRepeatOptions({ every: 0.5, limit: 1.2, hashSeed: 'x' } as RepeatOptions),
    ).toEqual({ every: 1, limit: 2, hashSeed: 'x' });
  });

  test.each<[RepeatOptions, string]>([
    [{}, 'Either .pattern or .every options must be defined for this repeatable job'],
    [{ every: 0 }, 'Either .pattern or .every options must be defined for this repeatable job'],
    [
      { every: 1, pattern: '* * * * *' },
      'Both .pattern and .every options are defined for this repeatable job',
    ],
    [
      { every: 1, immediately: true, startDate: 1 },
      'Both .immediately and .startDate options are defined for this repeatable job',
    ],
    [{ every: -1 }, 'The .every option of a job scheduler must be a number from 1 up'],
    [{ every: Number.POSITIVE_INFINITY }, 'The .every option of a job scheduler must be a number'],
    [{ every: 1, limit: -1 }, 'The .limit option of a job scheduler must be a number from 0 up'],
    [{ every: 1, offset: Number.NaN }, 'The .offset option of a job scheduler must be a number'],
    [{ every: 1, count: -1 }, 'The .count option of a job scheduler must be a number from 0 up'],
    [{ every: 1, startDate: 'soon' }, 'The .startDate option of a job scheduler is not a date'],
    [{ every: 1, endDate: 'never' }, 'The .endDate option of a job scheduler is not a date'],
  ])('refuses %j', (opts, message) => {
    expect(() => resolveRepeatOptions(opts)).toThrow(message);
  });
});

describe('defaultRepeatStrategy', () => {
  const next = (from: string, opts: RepeatOptions) => {
    const millis = defaultRepeatStrategy(at(from), opts);
    return millis === undefined ? undefined : new Date(millis).toISOString();
  };

  test.each<[string, RepeatOptions, string | undefined]>([
    ['2030-01-01T00:00:00Z', { pattern: '15 3 * * *' }, '2030-01-01T03:15:00.000Z'],
    ['2030-01-01T03:15:00Z', { pattern: '15 3 * * *' }, '2030-01-02T03:15:00.000Z'],
    ['2030-01-01T00:00:00.500Z', { pattern: '*/2 * * * * *' }, '2030-01-01T00:00:02.000Z'],
    [
      '2030-01-01T00:00:00Z',
      { pattern: '0 0 * * *', startDate: '2030-05-05T12:00:00Z' },
      '2030-05-06T00:00:00.000Z',
    ],
    ['2030-01-01T00:00:00Z', { pattern: '0 0 * * *', endDate: '2030-01-01T23:00:00Z' }, undefined],
  ])('finds after %s for %j the slot %s', (from, opts, slot) => {
    expect(next(from, { tz: 'UTC', ...opts })).toBe(slot);
  });

  test('follows the time zone through the change to summer time and back', () => {
    const opts = { pattern: '30 9 * * *', tz: 'Europe/Berlin' };
    expect(next('2030-03-30T12:00:00Z', opts)).toBe('2030-03-31T07:30:00.000Z');
    expect(next('2030-10-26T12:00:00Z', opts)).toBe('2030-10-27T08:30:00.000Z');
  });

  test('returns the time that it is given with immediately', () => {
    expect(defaultRepeatStrategy(12_345, { pattern: '0 0 * * *', immediately: true })).toBe(12_345);
  });

  test.each([['non'], ['* * * * * * *'], ['60 * * * *'], ['0 0 30 2 *']])(
    'refuses "%s"',
    (pattern) => {
      expect(() => defaultRepeatStrategy(0, { pattern })).toThrow();
    },
  );

  test('refuses a time zone that does not exist', () => {
    expect(() => defaultRepeatStrategy(0, { pattern: '* * * * *', tz: 'Nowhere/Land' })).toThrow();
  });
});

describe('getNextMillis', () => {
  test('aligns every to its multiples', () => {
    expect(getNextMillis(1_234, { every: 1_000 })).toBe(2_000);
    expect(getNextMillis(2_000, { every: 1_000 })).toBe(3_000);
    expect(getNextMillis(1_234, { every: 1_000, immediately: true })).toBe(1_000);
  });

  test('reads patterns as the default strategy does', () => {
    const millis = at('2030-01-01T00:00:00Z');
    const opts = { pattern: '0 12 * * *', tz: 'UTC' };
    expect(getNextMillis(millis, opts)).toBe(defaultRepeatStrategy(millis, opts));
  });

  test('refuses a pattern together with every', () => {
    expect(() => getNextMillis(0, { every: 1, pattern: '* * * * *' })).toThrow(
      'Both .pattern and .every options are defined for this repeatable job',
    );
  });
});
