import type { Client } from 'pg';
import { MetricsTime, type Queue, type WorkerOptions } from '../../lib';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();
const metrics = { maxDataPoints: MetricsTime.ONE_HOUR };
const START = Date.parse('2030-01-01T00:00:00Z');
const minutes = (count: number) => count * 60_000;

interface Finisher {
  client: Client;
  /** Lets a job of the queue finish so many milliseconds after START. */
  finish(at: number, outcome?: 'completed' | 'failed', points?: number): Promise<void>;
}

/** A session that finishes jobs by a clock of its own. */
async function finisher(queue: Queue): Promise<Finisher> {
  const client = await on.client();
  const queueId = await queue.queueId();
  return {
    client,
    async finish(at, outcome = 'completed', points = 60) {
      const { id } = await queue.add('a', {});
      const settlement = { id, token: 't', outcome, value: 'null', metrics_points: points };
      await client.query(`set tuskmq.now = '${new Date(START + at).toISOString()}'`);
      await client.query("select tuskmq.claim_jobs($1, 1, 't', 30000, '', null, null)", [queueId]);
      const { rows } = await client.query('select tuskmq.settle_jobs($1, $2) as refused', [
        queueId,
        JSON.stringify([settlement]),
      ]);
      expect(rows).toEqual([{ refused: null }]);
    },
  };
}

const rowsOf = async (queue: Queue) =>
  on.sql(
    'select minute, writer, count::int from tuskmq.finish_count where queue_id = $1 order by minute, writer',
    [await queue.queueId()],
  );

describe('a worker with metrics', () => {
  const finished = async (queue: Queue, opts: WorkerOptions) => {
    const attempts = { attempts: 2 };
    await queue.addBulk(
      ['ok', 'ok', 'retry', 'fail'].map((name) => ({ name, data: {}, opts: attempts })),
    );
    const processor = async ({ name, attemptsMade }: { name: string; attemptsMade: number }) => {
      if (name === 'fail' || (name === 'retry' && attemptsMade === 0)) throw new Error(name);
    };
    const ends = { completed: 0, failed: 0 };
    on.worker(queue, processor, opts)
      .on('completed', () => ends.completed++)
      .on('failed', (job) => job?.finishedOn && ends.failed++);
    await until(() => ends.completed === 3 && ends.failed === 1);
  };

  test('counts jobs that are completed and that fail for good, not their tries', async () => {
    const queue = on.queue();
    const before = Date.now();
    await finished(queue, { metrics });
    const completed = await queue.getMetrics('completed');
    expect(completed).toEqual({
      meta: { count: 3, prevTS: expect.any(Number), prevCount: expect.any(Number) },
      data: expect.any(Array),
      count: expect.any(Number),
    });
    expect(completed.meta.prevTS).toBeGreaterThan(before - minutes(5));
    expect((await queue.getMetrics('failed')).meta.count).toBe(1);
  });

  test('counts jobs that are removed as they finish', async () => {
    const queue = on.queue();
    await finished(queue, { metrics, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } });
    expect(await queue.getCompletedCount()).toBe(0);
    expect((await queue.getMetrics('completed')).meta.count).toBe(3);
    expect((await queue.getMetrics('failed')).meta.count).toBe(1);
  });

  test('counts jobs that are fetched and finished by hand', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, null, { metrics });
    await queue.addBulk([
      { name: 'a', data: {} },
      { name: 'b', data: {} },
    ]);
    await (await worker.getNextJob('t'))!.moveToCompleted('x', 't', false);
    await (await worker.getNextJob('t'))!.moveToFailed(new Error('x'), 't');
    expect((await queue.getMetrics('completed')).meta.count).toBe(1);
    expect((await queue.getMetrics('failed')).meta.count).toBe(1);
  });

  test('does not count a result that is refused', async () => {
    const queue = on.queue();
    const worker = on.worker(queue, null, { metrics });
    await queue.add('a', {});
    const job = await worker.getNextJob('t');
    await expect(job!.moveToCompleted('x', 'another', false)).rejects.toThrow('Lock mismatch');
    expect((await queue.getMetrics('completed')).meta.count).toBe(0);
  });

  test('is the only one that counts', async () => {
    const queue = on.queue();
    await finished(queue, {});
    expect(await rowsOf(queue)).toEqual([]);
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 0, prevTS: 0, prevCount: 0 },
      data: [],
      count: 0,
    });
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 31])('refuses %p data points', (maxDataPoints) => {
    expect(() => on.worker('q', null, { metrics: { maxDataPoints } })).toThrow(
      'metrics.maxDataPoints must be an integer greater or equal than 0',
    );
  });
});

describe('getMetrics', () => {
  test('returns the counts of past minutes, newest first, with 0 for empty ones', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    await finish(minutes(0) + 59_999);
    await finish(minutes(1));
    await finish(minutes(1) + 1);
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 3, prevTS: START + minutes(1), prevCount: 1 },
      data: [1],
      count: 1,
    });
    await finish(minutes(4) + 7);
    await finish(minutes(4) + 8);
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 5, prevTS: START + minutes(4) + 7, prevCount: 3 },
      data: [0, 0, 2, 1],
      count: 4,
    });
  });

  test('returns no point in the first minute', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    await finish(5);
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 1, prevTS: START + 5, prevCount: 0 },
      data: [],
      count: 0,
    });
  });

  test('keeps completed and failed jobs apart', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    await finish(0, 'failed');
    for (const minute of [1, 2, 3]) await finish(minutes(minute), 'completed', 2);
    expect(await queue.getMetrics('failed')).toMatchObject({
      meta: { count: 1, prevTS: START, prevCount: 0 },
      data: [],
    });
    expect(await queue.getMetrics('completed')).toMatchObject({ data: [1, 1] });
  });

  test('keeps the last minutes that the worker wants, and counts all', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    for (const minute of [0, 1, 1, 2, 3, 3, 3, 4, 5]) await finish(minutes(minute), 'completed', 3);
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 9, prevTS: START + minutes(5), prevCount: 8 },
      data: [1, 3, 1],
      count: 3,
    });
    await finish(minutes(100), 'completed', 3);
    expect(await queue.getMetrics('completed')).toMatchObject({
      meta: { count: 10, prevCount: 9 },
      data: [0, 0, 0],
    });
    expect(await rowsOf(queue)).toEqual([
      { minute: 0, writer: 0, count: 9 },
      { minute: (START + minutes(100)) / 60_000, writer: expect.any(Number), count: 1 },
    ]);
  });

  test('keeps no minute for 0 data points', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    for (const minute of [0, 1, 2]) await finish(minutes(minute), 'completed', 0);
    expect(await queue.getMetrics('completed')).toMatchObject({
      meta: { count: 3 },
      data: [],
      count: 0,
    });
  });

  test.each([
    [0, 1, [3, 2]],
    [1, -1, [2, 1]],
    [-2, -1, [2, 1]],
    [0, -2, [3, 2]],
    [2, 9, [1]],
    [3, -1, []],
    [-9, 0, [3]],
  ])('returns the minutes from %i to %i, of all that are kept', async (start, end, data) => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    for (const minute of [0, 1, 1, 2, 2, 2, 3]) await finish(minutes(minute));
    expect(await queue.getMetrics('completed', start, end)).toMatchObject({ data, count: 3 });
  });
});

describe('the counts of a queue', () => {
  test('are written by sessions that do not wait for each other', async () => {
    const queue = on.queue();
    const [one, other] = [await finisher(queue), await finisher(queue)];
    await one.client.query('begin');
    await one.finish(0);
    await other.finish(1);
    expect((await queue.getMetrics('completed')).meta.count).toBe(1);
    await one.client.query('commit');
    expect((await queue.getMetrics('completed')).meta.count).toBe(2);
  });

  test('take one row for a minute that is over, however many sessions have counted', async () => {
    const queue = on.queue();
    const [one, other] = [await finisher(queue), await finisher(queue)];
    await one.finish(0);
    await other.finish(1);
    await one.finish(minutes(1));
    expect(await rowsOf(queue)).toEqual([
      { minute: START / 60_000, writer: 0, count: 2 },
      { minute: START / 60_000 + 1, writer: expect.any(Number), count: 1 },
    ]);
  });

  test('of a minute that somebody still counts in are folded later', async () => {
    const queue = on.queue();
    const [late, other] = [await finisher(queue), await finisher(queue)];
    await late.finish(0);
    await late.client.query('begin');
    await late.finish(1);
    await other.finish(minutes(1));
    await late.client.query('commit');
    await other.finish(minutes(2));
    expect(await queue.getMetrics('completed')).toMatchObject({ meta: { count: 4 }, data: [1, 2] });
    expect((await rowsOf(queue)).slice(0, -1)).toEqual([
      { minute: START / 60_000, writer: 0, count: 2 },
      { minute: START / 60_000 + 1, writer: 0, count: 1 },
    ]);
  });

  test('go when the queue is obliterated', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    await finish(0);
    await queue.obliterate();
    expect((await queue.getMetrics('completed')).meta.count).toBe(0);
  });
});

describe('exportPrometheusMetrics', () => {
  test('tells of jobs by state, and of all that were completed and failed', async () => {
    const queue = on.queue();
    const { finish } = await finisher(queue);
    for (const minute of [0, 1]) await finish(minutes(minute));
    await finish(0, 'failed');
    await queue.add('a', {}, { delay: 60_000 });
    expect(await queue.exportPrometheusMetrics()).toBe(
      [
        '# HELP bullmq_job_count Number of jobs in the queue by state',
        '# TYPE bullmq_job_count gauge',
        `bullmq_job_count{queue="${queue.name}", state="active"} 0`,
        `bullmq_job_count{queue="${queue.name}", state="completed"} 2`,
        `bullmq_job_count{queue="${queue.name}", state="delayed"} 1`,
        `bullmq_job_count{queue="${queue.name}", state="failed"} 1`,
        `bullmq_job_count{queue="${queue.name}", state="prioritized"} 0`,
        `bullmq_job_count{queue="${queue.name}", state="waiting"} 0`,
        `bullmq_job_count{queue="${queue.name}", state="waiting-children"} 0`,
        '# HELP bullmq_job_completed_total Total number of completed jobs',
        '# TYPE bullmq_job_completed_total counter',
        `bullmq_job_completed_total{queue="${queue.name}"} 2`,
        '# HELP bullmq_job_failed_total Total number of failed jobs',
        '# TYPE bullmq_job_failed_total counter',
        `bullmq_job_failed_total{queue="${queue.name}"} 1`,
      ].join('\n'),
    );
  });

  test('adds the labels given, escaped as the name of the queue is', async () => {
    const queue = on.queue('a "quoted" \\ name');
    const text = await queue.exportPrometheusMetrics({ env: 'x"y\\z\n', zone: 'b' });
    const name = 'queue="a \\"quoted\\" \\\\ name"';
    const labels = 'env="x\\"y\\\\z\\n", zone="b"';
    expect(text.split('\n')).toContain(`bullmq_job_completed_total{${name}, ${labels}} 0`);
    expect(text.split('\n')).toContain(`bullmq_job_count{${name}, state="active", ${labels}} 0`);
  });
});

test('MetricsTime names spans of time in minutes', () => {
  expect(MetricsTime).toMatchObject({
    ONE_MINUTE: 1,
    FIVE_MINUTES: 5,
    FIFTEEN_MINUTES: 15,
    THIRTY_MINUTES: 30,
    ONE_HOUR: 60,
    ONE_WEEK: 7 * 24 * 60,
    TWO_WEEKS: 14 * 24 * 60,
    ONE_MONTH: 56 * 24 * 60,
  });
});
