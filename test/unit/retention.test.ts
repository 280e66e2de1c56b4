import { retention } from '../../lib/options/retention';

test.each([
  [undefined, {}],
  [null, {}],
  [false, {}],
  [true, { remove: true }],
  [0, { remove: true }],
  [-1, {}],
  [{ count: 0 }, { remove: true }],
  [{ count: 2, age: null }, { keep_count: 2 }],
  [{ count: null, age: null }, {}],
  [
    { age: 1.5, count: null },
    { keep_age_ms: 1_500, keep_limit: 1_000 },
  ],
  [
    { age: Number.MAX_SAFE_INTEGER, limit: 5 },
    { keep_age_ms: 31_622_400_000_000, keep_limit: 5 },
  ],
])('%j is stored as %j', (wish, stored) => {
  expect(retention(wish as never, undefined)).toEqual(stored);
  expect(retention(undefined, wish as never)).toEqual(stored);
});
