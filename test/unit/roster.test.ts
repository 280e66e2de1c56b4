import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InFlight } from '../../lib/model/in-flight';
import { Roster, Transient } from '../../lib/model/roster';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

class Guest extends Transient {
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

test('what is in a roster is not added again', () => {
  const roster = new Roster<Guest>();
  const guest = new Guest(1);
  roster.add(guest);
  expect(() => roster.add(guest)).toThrow('What is in a roster cannot be added to one');
  expect(() => new Roster<Guest>().add(guest)).toThrow(
    'What is in a roster cannot be added to one',
  );
  roster.delete(guest);
  roster.add(guest);
  expect([...roster]).toEqual([guest]);
});

/** Adds some, and deletes them. In a function of its own, or variables would keep them. */
function passThrough(roster: Roster<Guest>): WeakRef<Guest>[] {
  const guests = [0, 1, 2].map((name) => new Guest(name));
  for (const guest of guests) roster.add(guest);
  for (const guest of guests) roster.delete(guest);
  return guests.map((guest) => new WeakRef(guest));
}

test('a roster keeps nothing of what has left it', async () => {
  const roster = new Roster<Guest>();
  const left = passThrough(roster);
  // The target of a WeakRef is kept until the end of the turn in which that was made.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(left.map((ref) => ref.deref()?.name)).toEqual([undefined, undefined, undefined]);
  expect(roster.size).toBe(0);
});

test('what has left an old roster does not outlive the next collections of what is young', () => {
  const oldSpace = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')!.space_used_size;
  const roster = new Roster<Guest>();
  const present: Guest[] = [];
  const pass = (count: number) => {
    for (let i = 0; i < count; i++) {
      const guest = new Guest(i);
      roster.add(guest);
      present.push(guest);
      if (present.length > 50) roster.delete(present.shift()!);
    }
  };
  pass(1_000);
  // Into the old generation with it.
  collect();
  collect();
  const before = oldSpace();
  for (let round = 0; round < 20; round++) {
    pass(1_000);
    collect({ type: 'minor' });
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
