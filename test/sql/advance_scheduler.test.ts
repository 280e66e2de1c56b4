import { record, useInstances } from '../helpers/instances';
import { repeatOf, START, schedule } from '../helpers/schedule';
import { until } from '../helpers/wait';

const on = useInstances();
const every = { every_ms: 1000 };

describe('advance_scheduler', () => {
  test('makes the next job once, however often it is called', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.setState(0, 'active');
    expect(await s.advance(0)).toBe('ok');
    expect(await s.advance(0)).toBe('not_current');
    expect(await s.slots()).toEqual(['0 active', '1000 delayed']);
  });

  test('makes it once for many at the same time', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.setState(0, 'active');
    const sessions = await Promise.all(Array.from({ length: 8 }, () => s.session()));
    const outcomes = await Promise.all(sessions.map((session) => session.advance(0)));
    expect(outcomes.sort()).toEqual([...Array(7).fill('not_current'), 'ok']);
    expect(await s.slots()).toEqual(['0 active', '1000 delayed']);
  });

  test('makes it whatever became of the job meanwhile', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.setState(0, 'failed');
    expect(await s.advance(0)).toBe('ok');
    expect(await s.slots()).toEqual(['0 failed', '1000 delayed']);
  });

  test('counts the iterations, in all and since the last upsert', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.setState(0, 'active');
    await s.advance(0);
    await s.upsert({ ...every, name: 'again' });
    await s.setState(1000, 'active');
    await s.advance(1000);
    const job = await s.queue.getJob(`repeat:s:${START + 2000}`);
    expect(repeatOf(job!)).toEqual({ count: 2 });
    expect((await s.queue.getJobScheduler('s'))?.iterationCount).toBe(3);
  });

  test('skips slots that were missed, and keeps to the rhythm', async () => {
    const s = await schedule(on);
    await s.upsert({ ...every, offset_ms: 300 });
    s.setClock(7_450);
    await s.setState(300, 'active');
    await s.advance(300);
    expect(await s.slots()).toEqual(['300 active', '8300 delayed']);
  });

  test('takes the slot of a pattern that it is given, and the template of now', async () => {
    const s = await schedule(on);
    await s.upsert({ pattern: '* * * * *', name: 'mail', data: { a: 1 } }, 60_000);
    await s.setState(60_000, 'active');
    expect(await s.advance(60_000, 120_000)).toBe('ok');
    const job = await s.queue.getJob(`repeat:s:${START + 120_000}`);
    expect(job).toMatchObject({ name: 'mail', data: { a: 1 }, delay: 120_000 });
    expect(job?.opts.prevMillis).toBe(START + 120_000);
  });

  test('says when a job is in the way of a pattern, and stays where it is', async () => {
    const s = await schedule(on);
    await s.upsert({ pattern: '* * * * *' }, 0);
    await s.queue.add('x', {}, { jobId: `repeat:s:${START + 60_000}` });
    const heard = record(await on.events(s.queue), 'duplicated');
    expect(await s.advance(0, 60_000)).toBe('id_taken');
    expect(await s.advance(0, 120_000)).toBe('ok');
    await until(() => heard.length > 0);
    expect(heard[0]![1]).toEqual({ jobId: `repeat:s:${START + 60_000}` });
  });

  test('goes round a job that is in the way of an interval', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.queue.add('x', {}, { jobId: `repeat:s:${START + 1000}` });
    expect(await s.advance(0)).toBe('ok');
    expect((await s.slots()).at(-1)).toBe('2000 delayed');
  });

  test.each([
    ['its limit', { run_limit: 1 }],
    ['its end', { endDate: START + 999 }],
  ])('ends a schedule at %s, and keeps its record', async (_, settings) => {
    const s = await schedule(on);
    await s.upsert({ ...every, ...settings });
    await s.setState(0, 'active');
    expect(await s.advance(0)).toBe('over');
    expect(await s.slots()).toEqual(['0 active']);
    expect((await s.queue.getJobScheduler('s'))?.next).toBe(START);
  });

  test('makes a last job at the very end', async () => {
    const s = await schedule(on);
    await s.upsert({ ...every, endDate: START + 1000 });
    expect(await s.advance(0)).toBe('ok');
    expect(await s.advance(1000)).toBe('over');
  });

  test('makes nothing once the scheduler is removed', async () => {
    const s = await schedule(on);
    await s.upsert(every);
    await s.setState(0, 'active');
    expect(await s.remove()).toBe(true);
    expect(await s.remove()).toBe(false);
    expect(await s.advance(0)).toBe('not_current');
    expect(await s.slots()).toEqual(['0 active']);
  });
});
