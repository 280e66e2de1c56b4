import { useInstances } from '../helpers/instances';
import { growth, sampleHeap } from './drain';

const on = useInstances();

test('a worker needs no more memory after many jobs: npm run stress:memory is the long form', async () => {
  const JOBS = 50_000;
  const { samples, promotedBytes } = await sampleHeap(on.url, JOBS);
  expect(samples.length).toBe(10);
  // A leak of one small object a job would be more.
  expect(growth(samples) / (JOBS * 0.8)).toBeLessThan(40);
  // Of a job everything dies young, but for what is under way at a collection: else each collection takes several times as long.
  expect(promotedBytes).toBeGreaterThan(0);
  expect(promotedBytes / JOBS).toBeLessThan(800);
});
