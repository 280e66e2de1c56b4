import { Pool } from 'pg';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

describe('a result that the database refuses', () => {
  test('is told as an error, and does not hold its job for ever', async () => {
    const queue = on.queue();
    // More milliseconds than the database has a type for.
    await queue.add('a', {}, { removeOnComplete: { age: 1e300 } });
    await queue.add('b', {});
    const worker = on.worker(queue, async () => {}, { concurrency: 2 });
    const heard = record(worker, 'completed', 'failed', 'error');
    await until(() => heard.some(([event]) => event === 'failed'));
    expect(heard.filter(([event]) => event === 'error').length).toBeGreaterThan(0);
    expect(await queue.getJobState('2')).toBe('completed');
    expect(await queue.getJob('1')).toMatchObject({
      failedReason: 'job stalled more than allowable limit',
    });
  });

  test('is known by its code, for the pool may be of another copy of pg, with other classes of errors', async () => {
    const pool = new Pool({ connectionString: on.url });
    pool.on('error', () => {});
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
      client.query = (async (...args: unknown[]) =>
        query(...args).catch(({ message, code }) => {
          throw Object.assign(new Error(message), { code });
        })) as typeof client.query;
    });
    const queue = on.queue();
    await queue.add('a', {}, { removeOnComplete: { age: 1e300 } });
    const worker = on.worker(queue, async () => {}, { connection: pool });
    const heard = record(worker, 'failed', 'error');
    await until(() => heard.some(([event]) => event === 'failed'));
    expect(heard.filter(([event]) => event === 'error')).toHaveLength(2);
    await worker.close();
    await pool.end();
  });

  test('may be a long wait or a large number to keep: these are stored as the longest there is', async () => {
    const queue = on.queue();
    await queue.add('a', {}, { attempts: 2, backoff: 1e30 });
    await queue.add('b', {}, { removeOnComplete: { age: 16.1, count: Number.MAX_SAFE_INTEGER } });
    const worker = on.worker(queue, async (job) => {
      if (job.name === 'a') throw new Error('no');
    });
    const heard = record(worker, 'completed', 'failed');
    await until(() => heard.length === 2);
    expect(await queue.getJobState('1')).toBe('delayed');
    expect(await queue.getJobState('2')).toBe('completed');
  });
});
