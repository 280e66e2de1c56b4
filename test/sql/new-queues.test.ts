/** Queues that are made in transactions which stay open. */

import { Pool } from 'pg';
import { useInstances } from '../helpers/instances';

const on = useInstances();

describe('a queue that an open transaction is making', () => {
  test('holds up no connection of those who want it, and is theirs when that commits', async () => {
    const name = on.name();
    const business = await on.client();
    await business.query('begin');
    await business.query(`select tuskmq.add_job('${name}', 'first')`);
    const pool = new Pool({ connectionString: on.url, max: 1 });
    const queue = on.queue(name, { connection: pool });
    const adding = queue.add('second', {});
    const [{ id }] = (await on.sql("select tuskmq.ensure_queue('bull', $1) as id", [name])) as [
      { id: number | null },
    ];
    expect(id).toBeNull();
    // The only connection answers meanwhile.
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await business.query('commit');
    expect((await adding).id).toBe('2');
    await queue.close();
    await pool.end();
  });

  test('is made by whoever comes next when that rolls back', async () => {
    const name = on.name();
    const business = await on.client();
    await business.query('begin');
    await business.query(`select tuskmq.add_job('${name}', 'first')`);
    const waiting = on.sql('select tuskmq.add_job($1, $2) as id', [name, 'second']);
    await business.query('rollback');
    expect(await waiting).toEqual([{ id: '1' }]);
  });

  test('is a conflict to try again for a transaction whose snapshot is older', async () => {
    const name = on.name();
    const late = await on.client();
    await late.query('begin isolation level repeatable read');
    await late.query('select 1');
    await on.sql('select tuskmq.create_queue($1)', [name]);
    await expect(late.query(`select tuskmq.add_job('${name}', 'a')`)).rejects.toMatchObject({
      code: '40001',
    });
  });
});
