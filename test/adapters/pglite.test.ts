import type { PGlite } from '@electric-sql/pglite';
import { FlowProducer, Queue } from '../../lib';
import { openPglite } from './pglite';

let db: PGlite;
let queue: Queue;
let flow: FlowProducer;
let names = 0;

beforeAll(async () => {
  const opened = await openPglite();
  db = opened.db;
  await db.exec('create table orders (id text)');
  flow = new FlowProducer({ connection: opened.pool, migrate: false });
  queue = new Queue('keeper', { connection: opened.pool, migrate: false });
});

/** A queue that exists: in a transaction, PGlite would let nobody else make it. */
async function newQueue(): Promise<Queue> {
  const made = new Queue(`q${++names}`, queue.opts);
  await made.waitUntilReady();
  return made;
}

afterAll(async () => {
  await flow.close();
  await queue.close();
  await db.close();
});

describe('a transaction of PGlite', () => {
  test('makes jobs, flows and a row visible at commit', async () => {
    const queue = await newQueue();
    const data = { nul: 'a\u0000b', big: Number.MAX_SAFE_INTEGER, unicode: '日本 $1 ?' };
    await db.transaction(async (tx) => {
      await tx.query('insert into orders values ($1)', ['o1']);
      await queue.withTransaction(tx).add('one', data, { priority: 3, delay: 5_000_000_000 });
      await queue.withTransaction(tx).addBulk([{ name: 'two', data: 'text' }]);
      await flow.withTransaction(tx).add({
        name: 'parent',
        queueName: queue.name,
        opts: { jobId: 'p' },
        children: [{ name: 'child', queueName: queue.name }],
      });
    });
    expect((await queue.getJob('1'))?.data).toEqual(data);
    expect((await queue.getJob('2'))?.data).toBe('text');
    expect(await queue.getJobState('p')).toBe('waiting-children');
    expect((await db.query('select id from orders')).rows).toEqual([{ id: 'o1' }]);
    await queue.close();
  });

  test('leaves nothing behind when it rolls back', async () => {
    const queue = await newQueue();
    await db.transaction(async (tx) => {
      await queue.withTransaction(tx).add('a', {});
      await tx.rollback();
    });
    expect(await queue.getJobs()).toEqual([]);
    await queue.close();
  });

  test('changes a job that exists, and refuses by BullMQ’s errors', async () => {
    const queue = await newQueue();
    const job = await queue.add('a', {}, { delay: 5_000_000_000 });
    await db.transaction(async (tx) => {
      const bound = job.withTransaction(tx);
      await bound.updateData({ step: 2 });
      await bound.updateProgress(50);
      expect(await bound.log('stepped')).toBe(1);
      await bound.promote();
      await bound.changePriority({ priority: 2, lifo: true });
      await expect(bound.promote()).rejects.toMatchObject({ code: -3 });
      await expect(bound.retry()).rejects.toMatchObject({ code: -3 });
    });
    expect(await queue.getJob('1')).toMatchObject({ data: { step: 2 }, progress: 50, priority: 2 });
    await queue.close();
  });

  test('is refused when it has ended, and so is the database itself', async () => {
    const queue = await newQueue();
    expect(() => queue.withTransaction(db as never)).toThrow(/expects the `tx`/);
    let ended = queue;
    await db.transaction(async (tx) => {
      ended = queue.withTransaction(tx);
    });
    await expect(ended.add('late', {})).rejects.toThrow('closed');
    await queue.close();
  });
});
