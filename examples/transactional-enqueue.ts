/**
 * Transactional enqueue: a row of the application and the job that belongs to it are written in one
 * transaction. Either both exist or neither does, and no worker sees the job before the row.
 */

import { Pool, type PoolClient } from 'pg';
import { Queue, QueueEvents, Worker } from '../lib';

export async function main(connection: string): Promise<{ mailed: string[]; users: string[] }> {
  const mailed: string[] = [];
  const pool = new Pool({ connectionString: connection });
  // Without a listener, a connection that is lost while nobody uses it ends the process.
  pool.on('error', () => {});
  await pool.query('create table if not exists example_user (email text primary key)');

  const queue = new Queue('mails', { connection });
  const queueEvents = new QueueEvents('mails', { connection });
  const worker = new Worker(
    'mails',
    async (job) => {
      mailed.push(job.data.email);
      console.log(`welcome mail to ${job.data.email}`);
    },
    { connection },
  );

  async function signUp(client: PoolClient, email: string) {
    await client.query('insert into example_user values ($1)', [email]);
    return queue.withTransaction(client).add('welcome', { email });
  }

  const client = await pool.connect();
  await client.query('begin');
  await signUp(client, 'bob@example.com');
  await client.query('rollback');
  console.log('rolled back: neither bob nor a job for him');

  await client.query('begin');
  const job = await signUp(client, 'alice@example.com');
  await client.query('commit');
  console.log('committed: alice and her job');
  client.release();

  await job.waitUntilFinished(queueEvents);
  const { rows } = await pool.query<{ email: string }>('select email from example_user');
  const users = rows.map((row) => row.email);
  console.log(`users: ${users.join(', ')}; jobs: ${(await queue.getJobs()).length}`);

  await pool.query('drop table example_user');
  await Promise.all([worker, queueEvents, queue].map((it) => it.close()));
  await pool.end();
  return { mailed, users };
}
