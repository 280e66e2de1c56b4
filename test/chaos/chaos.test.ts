/** The short form of `npm run chaos`, on a server of its own where there is none given: it is crashed. */

import { type DevelopmentDatabase, startDatabase } from '../../dev/database';
import { runChaos } from './chaos';
import { FAULTS } from './faults';

const JOBS = 200;

let server: DevelopmentDatabase;

beforeAll(async () => {
  server = await startDatabase({ durable: false });
});
afterAll(() => server.stop());

test('jobs take each step exactly once while workers, sessions and the database fail', async () => {
  const report = await runChaos(server, {
    jobs: JOBS,
    workers: 2,
    concurrency: 10,
    faults: FAULTS.filter((fault) => fault !== 'crash' || server.crash),
    seed: 1,
    periodMs: 200,
    lockDurationMs: 1_000,
    patienceMs: 60_000,
  });
  expect(report.problems).toEqual([]);
  expect(report.findings.find(({ what }) => what === 'ledger rows of jobs')).toMatchObject({
    found: 3 * JOBS,
  });
  expect([...report.faults.keys()].length).toBeGreaterThan(2);
}, 150_000);
