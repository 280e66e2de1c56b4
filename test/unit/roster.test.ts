import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InFlight } from '../../lib/model/in-flight';
import { Passing, Roster } from '../../lib/model/roster';

class Guest extends Passing {
  readonly luggage: number[];

  constructor(readonly name: number) {
    super();
    this.luggage = new Array(50).fill(name);
  }
}

test('a roster holds what was added and not deleted', () => {
  const roster = new Roster<Guest>();
  const guests = [0, 1, 2, 3, 4].map((name) => new Guest(name));
  for (const guest of guests) roster.add(guest);
  expect(roster.delete(guests[1]!)).toBe(true);
  expect(roster.delete(guests[4]!)).toBe(true);
  expect(roster.size).toBe(3);
  expect(guests.map((guest) => roster.has(guest))).toEqual([true, false, true, true, false]);
  expect([...roster].map(({ name }) => name).sort()).toEqual([0, 2, 3]);
  for (const guest of [...roster]) roster.delete(guest);
  expect([...roster]).toEqual([]);
  roster.add(guests[4]!);
  expect([...roster]).toEqual([guests[4]]);
});

test('what is not in a roster, or no longer, cannot be deleted from it', () => {
  const roster = new Roster<Guest>();
  const [first, second, stranger] = [new Guest(1), new Guest(2), new Guest(3)];
  roster.add(first);
  roster.add(second);
  expect(roster.delete(stranger)).toBe(false);
  expect(roster.delete(first)).toBe(true);
  expect(roster.delete(first)).toBe(false);
  expect([...roster]).toEqual([second]);
});

test('members may come and go while a roster is gone through', () => {
  const roster = new Roster<Guest>();
  for (const name of [0, 1, 2, 3]) roster.add(new Guest(name));
  const met: number[] = [];
  for (const guest of roster) {
    met.push(guest.name);
    roster.delete(guest);
    roster.add(new Guest(guest.name + 10));
  }
  expect(met).toEqual([0, 1, 2, 3]);
  expect([...roster].map(({ name }) => name).sort()).toEqual([10, 11, 12, 13]);
});

test('what has left an old roster does not outlive the next collections of what is young', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  const oldSpace = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')!.space_used_size;
  const roster = new Roster<Guest>();
  const present: Guest[] = [];
  const passThrough = (count: number) => {
    for (let i = 0; i < count; i++) {
      const guest = new Guest(i);
      roster.add(guest);
      present.push(guest);
      if (present.length > 50) roster.delete(present.shift()!);
    }
  };
  passThrough(1_000);
  // Into the old generation with it.
  gc();
  gc();
  const before = oldSpace();
  for (let round = 0; round < 20; round++) {
    passThrough(1_000);
    gc({ type: 'minor' });
  }
  // 20,000 guests of 450 bytes have passed. A Set would have kept nearly all of them.
  expect(oldSpace() - before).toBeLessThan(2_000_000);
});

test('promises are in flight until they settle, whatever becomes of them', async () => {
  const inFlight = new InFlight();
  let resolve = () => {};
  let reject = (_: Error) => {};
  const kept = inFlight.add(
    new Promise<void>((keep) => {
      resolve = keep;
    }),
  );
  const broken = inFlight.add(
    new Promise<void>((_, fail) => {
      reject = fail;
    }),
  );
  const all = inFlight.settled();
  expect(inFlight.size).toBe(2);
  reject(new Error('broken'));
  await expect(broken).rejects.toThrow('broken');
  expect(inFlight.size).toBe(1);
  resolve();
  await kept;
  await all;
  expect(inFlight.size).toBe(0);
});
