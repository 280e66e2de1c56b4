import { useInstances } from '../helpers/instances';

const on = useInstances();

describe('_next_slot', () => {
  test.each<[string, (number | null)[], number]>([
    ['is now for the first one', [null, 1000, null, null, 5300], 5300],
    ['is the start, when that is still to come', [null, 1000, null, 9100, 5300], 9100],
    ['is now, when the start is over', [null, 1000, null, 5000, 5300], 5300],
    ['is the next aligned one with an offset', [null, 1000, 400, null, 5300], 5400],
    ['is one interval later, when that of now is over', [null, 1000, 200, null, 5300], 6200],
    ['is never now itself with an offset', [null, 1000, 300, null, 5300], 6300],
    ['comes one interval after the one before', [5300, 1000, 300, null, 5310], 6300],
    ['comes in time, however early its job was run', [9300, 1000, 300, null, 5300], 10300],
    ['may be this very moment', [4300, 1000, 300, null, 5300], 5300],
    ['skips what was missed and keeps the offset', [1300, 1000, 300, null, 5310], 6300],
    ['skips no more than was missed', [1300, 1000, 300, null, 5290], 5300],
  ])('%s', async (_, [previous, every, offset, start, now], slot) => {
    const [row] = await on.sql('select tuskmq._next_slot($1, $2, $3, $4, $5)::integer as slot', [
      previous,
      every,
      offset,
      start,
      now,
    ]);
    expect(row!['slot']).toBe(slot);
  });
});
