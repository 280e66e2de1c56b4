import { useInstances } from '../helpers/instances';
import { START, schedule } from '../helpers/schedule';

const on = useInstances();
const every = { every_ms: 1000 };

describe('upsert_scheduler', () => {
  test('makes one job, due at the first slot', async () => {
    const s = await schedule(on);
    const { outcome, job } = await s.upsert({
      ...every,
      startDate: START + 500,
      opts: { lifo: true },
    });
    expect({ outcome, job }).toEqual({
      outcome: 'ok',
      job: {
        id: `repeat:s:${START + 500}`,
        delay: 500,
        timestamp: START,
        opts: {
          lifo: true,
          attempts: 0,
          repeat: { count: 1 },
          jobId: `repeat:s:${START + 500}`,
          delay: 500,
          timestamp: START,
        },
      },
    });
    expect(await s.slots()).toEqual(['500 delayed']);
    expect((await s.queue.getJob(job!.id))?.repeatJobKey).toBe('s');
  });

  test('replaces the pending job, waiting or delayed, and leaves its slot where it is', async () => {
    const s = await schedule(on);
    await s.upsert({ ...every, name: 'old' });
    s.setClock(300);
    await s.upsert({ ...every, name: 'new' });
    expect(await s.slots()).toEqual(['0 waiting']);
    expect((await s.queue.getJob(`repeat:s:${START}`))?.name).toBe('new');
  });

  test('begins anew with another interval', async () => {
    const s = await schedule(on);
    await s.upsert({ ...every, startDate: START + 500 });
    s.setClock(120);
    await s.upsert({ every_ms: 2000 });
    expect(await s.slots()).toEqual(['120 waiting']);
  });

  test('goes from an interval to a pattern and back', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.upsert({ pattern: '* * * * *' }, 60_000);
    expect(await s.slots()).toEqual(['60000 delayed']);
    s.setClock(10);
    await s.upsert(every);
    expect(await s.slots()).toEqual(['10 waiting']);
  });

  test('leaves an active job alone, which then makes no successor', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.setState(0, 'active');
    s.setClock(200);
    await s.upsert(every);
    expect(await s.advance(0)).toBe('not_current');
    expect(await s.slots()).toEqual(['0 active', '1000 delayed']);
  });

  test('finds a free slot for an interval, beyond jobs that are in the way', async () => {
    const s = await schedule(on);
    await s.queue.addBulk(
      [0, 1000, 2000].map((slot) => ({
        name: 'x',
        data: {},
        opts: { jobId: `repeat:s:${START + slot}` },
      })),
    );
    await s.upsert(every);
    expect((await s.slots()).at(-1)).toBe('3000 delayed');
  });

  test('gives up after 33 slots, and changes nothing', async () => {
    const s = await schedule(on);
    const blocked = Array.from({ length: 33 }, (_, i) => START + i * 1000);
    await s.queue.addBulk(
      blocked.map((slot) => ({ name: 'x', data: {}, opts: { jobId: `repeat:s:${slot}` } })),
    );
    expect(await s.upsert(every)).toEqual({ outcome: 'slots_taken' });
    expect(await s.queue.getJobSchedulersCount()).toBe(0);
    expect(await s.queue.getWaitingCount()).toBe(33);
  });

  test('refuses a slot of a pattern for which there is a job, and keeps what was pending', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.queue.add('x', {}, { jobId: `repeat:s:${START + 60_000}` });
    expect(await s.upsert({ pattern: '* * * * *' }, 60_000)).toEqual({ outcome: 'slot_used' });
    expect(await s.slots()).toEqual(['0 waiting', '60000 waiting']);
    expect((await s.queue.getJobScheduler('s'))?.every).toBe(1000);
  });

  test.each([
    ['an end in the past', { endDate: START - 1 }, 'past_end'],
    ['an end before the first slot', { endDate: START + 5, startDate: START + 10 }, 'over'],
    ['a limit that is used up', { run_limit: 3, run_count: 4 }, 'over'],
  ])('makes nothing for %s', async (_, settings, outcome) => {
    const s = await schedule(on);
    expect(await s.upsert({ ...every, ...settings })).toEqual({ outcome });
    expect(await s.slots()).toEqual([]);
    expect(await s.queue.getJobSchedulersCount()).toBe(0);
  });

  test('makes one job of two upserts at the same time', async () => {
    const s = await schedule(on);
    const other = await s.session();
    await s.client.query('begin');
    await s.upsert({ ...every, name: 'first' });
    const second = other.upsert({ ...every, name: 'second' });
    await s.client.query('commit');
    expect((await second).outcome).toBe('ok');
    expect(await s.slots()).toEqual(['0 waiting']);
    expect((await s.queue.getJobScheduler('s'))?.name).toBe('second');
  });

  test('keeps template data as it was given, and its priority', async () => {
    const s = await schedule(on);
    const data = { z: 1, a: 'nul \0', big: 12345678901234567890n.toString() };
    await s.upsert({ ...every, data, opts: { priority: 7 } });
    expect(await s.slots()).toEqual(['0 prioritized']);
    expect((await s.queue.getJob(`repeat:s:${START}`))?.data).toEqual(data);
    expect((await s.queue.getJobScheduler('s'))?.template).toEqual({ data, opts: { priority: 7 } });
  });
});
