import { Pool } from 'pg';
import { record, refuseResults, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

describe('a result that the database refuses', () => {
  beforeEach(() => refuseResults(on, 'poison'));
  test('fails its job for that reason', async () => {
    const queue = on.queue();
    await queue.add('poison', {});
    await queue.add('b', {});
    const worker = on.worker(queue, async ({ name }) => name, { concurrency: 2 });
    const heard = record(worker, 'completed', 'failed', 'error');
    await until(() => heard.length === 2);
    expect(heard.map(([event]) => event).sort()).toEqual(['completed', 'failed']);
    expect(await queue.getJobState('2')).toBe('completed');
    expect(await queue.getJob('1')).toMatchObject({ failedReason: 'this result is refused' });
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
    await queue.add('poison', {});
    const worker = on.worker(queue, async ({ name }) => name, { connection: pool });
    const heard = record(worker, 'failed', 'error');
    await until(() => heard.some(([event]) => event === 'failed'));
    expect(heard.map(([event]) => event)).toEqual(['failed']);
    await worker.close();
    await pool.end();
  });

  test('may be a long wait or a large number to keep: these are stored as the longest there is', async () => {
    const queue = on.queue();
    await queue.add('a', {}, { attempts: 2, backoff: 1e30 });
    await queue.add(
      'b',
      {},
      {
        removeOnComplete: { age: Number.MAX_SAFE_INTEGER, count: Number.MAX_SAFE_INTEGER },
      },
    );
    const worker = on.worker(queue, async (job) => {
      if (job.name === 'a') throw new Error('no');
    });
    const heard = record(worker, 'completed', 'failed');
    await until(() => heard.length === 2);
    expect(await queue.getJobState('1')).toBe('delayed');
    expect(await queue.getJobState('2')).toBe('completed');
  });
});

describe.each(['a\0b', 'a\ud800'])('an id that no job can have, such as %j', (id) => {
  test('finds nothing', async () => {
    const queue = on.queue();
    await queue.add('a', {});
    expect(await queue.getJob(id)).toBeUndefined();
    expect(await queue.getJobState(id)).toBe('unknown');
    expect(await queue.getJobLogs(id)).toEqual({ logs: [], count: 0 });
    expect(await queue.remove(id)).toBe(1);
    expect(await queue.getDeduplicationJobId(id)).toBeNull();
    expect(await queue.removeDeduplicationKey(id)).toBe(0);
    expect(await queue.getJobScheduler(id)).toBeUndefined();
    expect(await queue.removeJobScheduler(id)).toBe(false);
    expect(await queue.getJobSteps(id)).toEqual([]);
    await expect(queue.addJobLog(id, 'row')).rejects.toThrow('Missing key for job');
    await expect(queue.updateJobProgress(id, 1)).rejects.toThrow('Missing key for job');
    await expect(queue.signal(id, 's')).rejects.toThrow('Missing key for job');
    expect(await queue.count()).toBe(1);
  });

  test('is refused before anything is sent, so that a transaction goes on', async () => {
    const queue = on.queue();
    const client = await on.client();
    await client.query('begin');
    const bound = queue.withTransaction(client);
    const cannot = /cannot contain the character U\+0000/;
    await expect(bound.add(id, {})).rejects.toThrow(cannot);
    await expect(bound.add('a', {}, { jobId: id })).rejects.toThrow(cannot);
    await expect(bound.add('a', {}, { deduplication: { id } })).rejects.toThrow(cannot);
    await expect(bound.add('a', {}, { parent: { id, queue: 'q' } })).rejects.toThrow(cannot);
    await expect(bound.upsertJobScheduler(id, { every: 1_000 })).rejects.toThrow(cannot);
    await bound.add('b', {});
    await client.query('commit');
    expect(await queue.count()).toBe(1);
  });
});
