/**
 * A program of database.test.ts: starts a database, prints where it is, and ends in the way its
 * argument names.
 */

import path from 'node:path';
import { startDatabase } from '../../dev/database';
import { withClient } from '../helpers/test-server';

const endings: Record<string, () => void> = {
  wait: () => setInterval(() => {}, 1_000),
  exit: () => process.exit(3),
  crash: () => {
    throw new Error('crash');
  },
  finish: () => {},
};

async function main(): Promise<void> {
  const { url } = await startDatabase({ durable: false });
  const answer = await withClient(url, (client) =>
    client.query<{ data: string }>("select current_setting('data_directory') as data"),
  );
  const folder = path.dirname(answer.rows[0]!.data);
  process.stdout.write(`${JSON.stringify({ url, folder })}\n`, () => endings[process.argv[2]!]!());
}

void main();
