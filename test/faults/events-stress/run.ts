/** `npm run stress:events [-- <events>]`: the full form of events-stress.test.ts. Exits with 1 on a fault. */

import { randomBytes } from 'node:crypto';
import { startDatabase } from '../../../dev/database';
import { migrate } from '../../../lib';
import { toCount } from '../../helpers/count';
import { dropDatabase, urlOf, withClient } from '../../helpers/test-server';
import { stressEvents } from './stress';

async function main(): Promise<void> {
  const events = toCount(process.argv[2], 100_000);
  const server = await startDatabase({ durable: false });
  const name = `tuskmq_stress_${randomBytes(4).toString('hex')}`;
  const url = urlOf(server.url, name);
  await withClient(server.url, (client) => client.query(`create database ${name}`));
  try {
    await migrate({ connection: url });
    console.log(
      `PostgreSQL ${server.version} (${server.kind}): 64 writers, 3 readers that are killed, 1 that is not`,
    );
    const began = performance.now();
    const { readers, kills, areAlike } = await stressEvents({
      url,
      writers: 64,
      events,
      victims: 3,
      life: [0, 1_500],
      onProgress: ({ committed, kills }) =>
        console.log(`${committed} of ${events} events committed, ${kills} kills`),
    });
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    console.log(`\n${kills} kills in ${seconds} s. All readers read the same: ${areAlike}`);
    console.table(readers);
    const faults = readers.reduce(
      (sum, { lost, repeated, disordered }) => sum + lost + repeated + disordered,
      areAlike ? 0 : 1,
    );
    process.exitCode = faults === 0 ? 0 : 1;
  } finally {
    await dropDatabase(server.url, name);
    await server.stop();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
