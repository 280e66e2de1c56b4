/** `npm run stress:memory [-- <jobs>]`: the full form of memory.test.ts. Exits with 1 when the heap grows. */

import { randomBytes } from 'node:crypto';
import { startDatabase } from '../../dev/database';
import { toCount } from '../helpers/count';
import { dropDatabase, urlOf, withClient } from '../helpers/test-server';
import { growth, sampleHeap } from './drain';

/** What a heap of a few megabytes may differ from one collection to another. */
const ALLOWED_BYTES = 1_000_000;

async function main(): Promise<void> {
  const jobs = toCount(process.argv[2], 1_000_000);
  const server = await startDatabase({ durable: false });
  const name = `tuskmq_memory_${randomBytes(4).toString('hex')}`;
  await withClient(server.url, (client) => client.query(`create database ${name}`));
  try {
    console.log(`PostgreSQL ${server.version} (${server.kind}): ${jobs} jobs, one worker`);
    const { samples, promotedBytes } = await sampleHeap(
      urlOf(server.url, name),
      jobs,
      ({ done, bytes }) => {
        console.log(`${done} jobs: ${(bytes / 1e6).toFixed(2)} MB of heap in use`);
      },
    );
    const grown = growth(samples);
    console.log(`Growth since the second sample: ${(grown / 1e3).toFixed(0)} kB`);
    console.log(`Outlived the young generation: ${(promotedBytes / jobs).toFixed(0)} bytes a job`);
    process.exitCode = grown < ALLOWED_BYTES ? 0 : 1;
  } finally {
    await dropDatabase(server.url, name);
    await server.stop();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
