import { setTimeout as sleep } from 'node:timers/promises';
import { type Sleeper, Sleepers } from '../../lib/engine/sleepers';
import { deferred, until } from '../helpers/wait';

/** Some who sleep, and what is done to them: a name for each that is roused, in brackets for each that is prodded. */
async function scene(count: number) {
  const done: string[] = [];
  let notify = () => {};
  let isSubscribed = false;
  let gate: Promise<void> | undefined;
  const sleepers = new Sleepers(
    async (_, onNotified) => {
      notify = onNotified;
      isSubscribed = true;
      return async () => {
        isSubscribed = false;
      };
    },
    async (ranges) => {
      await gate;
      done.push(`others ${ranges}`);
    },
  );
  const all = Array.from({ length: count }, (_, i) => {
    const state = { isIdle: true, canLook: true, hasLimit: false };
    const sleeper: Sleeper = {
      isIdle: () => state.isIdle,
      canLook: () => state.canLook,
      hasLimit: () => state.hasLimit,
      knownRanges: () => (i === 1 ? 'ranges' : null),
      prod: () => done.push(`(${i})`),
      rouse: () => {
        state.isIdle = false;
        done.push(`${i}`);
      },
      standIn: () => {
        state.isIdle = false;
        done.push(`${i} instead`);
      },
      lookAnew: () => done.push(`${i} anew`),
    };
    return { state, sleeper };
  });
  for (const { sleeper } of all) await sleepers.join(sleeper, 'channel');
  const take = () => done.splice(0);
  const holdPassing = (until: Promise<void>) => {
    gate = until;
  };
  return {
    holdPassing,
    sleepers,
    all,
    take,
    notify: () => notify(),
    isSubscribed: () => isSubscribed,
  };
}

test('a notification wakes one that sleeps, in turn, and has those look again that do not', async () => {
  const { all, take, notify } = await scene(3);
  notify();
  expect(take()).toEqual(['0']);
  notify();
  expect(take()).toEqual(['(0)', '1']);
  all[0]!.state.isIdle = true;
  all[1]!.state.isIdle = true;
  notify();
  expect(take()).toEqual(['2']);
  all[2]!.state.isIdle = true;
  notify();
  expect(take()).toEqual(['0']);
});

test('as many more are woken as are asked for, while there are some', async () => {
  const { sleepers, take } = await scene(3);
  sleepers.rouse(2);
  expect(take()).toEqual(['0', '1']);
  sleepers.rouse(2);
  expect(take()).toEqual(['2']);
  sleepers.rouse(2);
  expect(take()).toEqual([]);
});

test('all look where one has a limit of its own', async () => {
  const { sleepers, all, take, notify } = await scene(3);
  all[1]!.state.hasLimit = true;
  notify();
  expect(take()).toEqual(['0', '1', '2']);
  for (const { state } of all) state.isIdle = true;
  sleepers.rouse(1);
  expect(take()).toEqual(['0', '1', '2']);
});

test('what is due has all look, at the earliest time that any has seen, whoever that was', async () => {
  const { sleepers, all, take } = await scene(3);
  sleepers.dueIn(60_000);
  sleepers.dueIn(20);
  sleepers.dueIn(40_000);
  await sleepers.leave(all[0]!.sleeper);
  await until(() => take().join() === '1 anew,2 anew');
  // Nothing is due until somebody has seen something again.
  await sleep(20);
  expect(take()).toEqual([]);
  sleepers.dueIn(0);
  await until(() => take().join() === '1 anew,2 anew');
});

test('nothing is due for those who have left', async () => {
  const { sleepers, all, take } = await scene(1);
  sleepers.dueIn(1);
  await sleepers.leave(all[0]!.sleeper);
  sleepers.dueIn(1);
  await sleepers.join(all[0]!.sleeper, 'channel');
  await sleep(20);
  expect(take()).toEqual(['others null']);
  sleepers.dueIn(1);
  await until(() => take().join() === '0 anew');
});

test('who has left is woken no more, and the last one ends the subscription', async () => {
  const { sleepers, all, take, notify, isSubscribed } = await scene(2);
  await sleepers.leave(all[0]!.sleeper);
  notify();
  expect(take()).toEqual(['1']);
  expect(isSubscribed()).toBe(true);
  await sleepers.leave(all[1]!.sleeper);
  expect(isSubscribed()).toBe(false);
  await sleepers.join(all[0]!.sleeper, 'channel');
  expect(isSubscribed()).toBe(true);
  notify();
  expect(take()).toEqual(['0']);
});

describe('a process that was told of a job of which few others know', () => {
  test('has one of its workers look, like any other', async () => {
    const { sleepers, take } = await scene(2);
    sleepers.told();
    expect(take()).toEqual(['0']);
    await sleep(20);
    expect(take()).toEqual([]);
  });

  test('leaves it to one that looks already where none sleeps', async () => {
    const { sleepers, all, take } = await scene(3);
    for (const { state } of all) state.isIdle = false;
    all[0]!.state.canLook = false;
    sleepers.told();
    expect(take()).toEqual(['(0)', '(1)', '(2)', '1']);
    await sleep(20);
    expect(take()).toEqual([]);
  });

  test('has all others told where none can look, once for all that it is told meanwhile', async () => {
    const { sleepers, all, take } = await scene(2);
    for (const { state } of all) Object.assign(state, { isIdle: false, canLook: false });
    sleepers.told();
    sleepers.told();
    expect(take()).toEqual(['(0)', '(1)', '(0)', '(1)']);
    await until(() => take().join() === 'others ranges');
    await sleep(20);
    expect(take()).toEqual([]);
  });

  test('has them told once more for what it was told while they were', async () => {
    const { sleepers, all, take, holdPassing } = await scene(1);
    Object.assign(all[0]!.state, { isIdle: false, canLook: false });
    const held = deferred();
    holdPassing(held.promise);
    for (let i = 0; i < 5; i++) {
      sleepers.told();
      await sleep(10);
    }
    take();
    held.resolve();
    const passed: string[] = [];
    await until(() => passed.push(...take()) === 2);
    await sleep(20);
    expect([...passed, ...take()]).toEqual(['others null', 'others null']);
  });

  test('has them told at once where its workers are gone', async () => {
    const { sleepers, all, take } = await scene(1);
    await sleepers.leave(all[0]!.sleeper);
    sleepers.told();
    await sleep(0);
    expect(take()).toEqual(['others null']);
  });

  test('has them told before the last of its workers is gone', async () => {
    const { sleepers, all, take } = await scene(1);
    Object.assign(all[0]!.state, { isIdle: false, canLook: false });
    sleepers.told();
    await sleepers.leave(all[0]!.sleeper);
    expect(take()).toEqual(['(0)', 'others null']);
  });

  test('has them told where more are to be woken than sleep here', async () => {
    const { sleepers, all, take } = await scene(2);
    sleepers.told();
    for (const { state } of all) state.canLook = false;
    sleepers.rouse(2);
    expect(take()).toEqual(['0', '1']);
    await until(() => take().join() === 'others ranges');
  });

  test('has them told where what its workers may claim is limited', async () => {
    const { sleepers, all, take } = await scene(1);
    all[0]!.state.hasLimit = true;
    sleepers.told();
    expect(take()).toEqual(['0']);
    await until(() => take().join() === 'others null');
  });

  test('has them told, and another one look, where the one that looks has no answer', async () => {
    const { sleepers, take } = await scene(3);
    sleepers.told();
    sleepers.slow();
    expect(take()).toEqual(['0', '1 instead']);
    await until(() => take().join() === 'others ranges');
    sleepers.slow();
    expect(take()).toEqual(['2 instead']);
    await sleep(20);
    expect(take()).toEqual([]);
  });

  test('leaves the others alone when all of them have been told since', async () => {
    const { sleepers, all, take, notify } = await scene(1);
    sleepers.told();
    notify();
    all[0]!.state.canLook = false;
    sleepers.rouse(1);
    await sleep(20);
    expect(take()).toEqual(['0', '(0)']);
  });
});

test('what is due is known to others when the last of the workers here is gone', async () => {
  const { sleepers, all, take } = await scene(1);
  sleepers.dueIn(60_000);
  await sleepers.leave(all[0]!.sleeper);
  expect(take()).toEqual(['others null']);
});

test('others are told where nobody here can look for what is due', async () => {
  const { sleepers, all, take } = await scene(1);
  Object.assign(all[0]!.state, { isIdle: false, canLook: false });
  sleepers.dueIn(1);
  await until(() => take().join() === '0 anew');
  // As it does when it does not look.
  sleepers.rouse(1);
  await until(() => take().join() === 'others null');
});

test('one that joins while the last one leaves hears of jobs', async () => {
  const { sleepers, all, take, notify, isSubscribed, holdPassing } = await scene(2);
  await sleepers.leave(all[1]!.sleeper);
  const held = deferred();
  holdPassing(held.promise);
  sleepers.dueIn(60_000);
  const leaving = sleepers.leave(all[0]!.sleeper);
  await sleepers.join(all[1]!.sleeper, 'channel');
  held.resolve();
  await leaving;
  expect(isSubscribed()).toBe(true);
  take();
  notify();
  expect(take()).toEqual(['1']);
});

test('limits that end here end for others as well: one that is busy leaves that to those who look', async () => {
  const { sleepers, all, take } = await scene(2);
  for (const { state } of all) Object.assign(state, { isIdle: false, hasLimit: true });
  sleepers.dueIn(1);
  await until(() => take().join() === '0 anew,1 anew');
  sleepers.rouse(1);
  expect(take()).toEqual(['0']);
  await sleep(20);
  expect(take()).toEqual([]);
});
