import { useInstances } from '../helpers/instances';
import { growth, sampleHeap } from './drain';

const on = useInstances();

test('a worker needs no more memory after many jobs: npm run stress:memory is the long form', async () => {
  const JOBS = 20_000;
  const samples = await sampleHeap(on.url, JOBS);
  expect(samples.length).toBe(10);
  // A leak of one small object a job would be more.
  expect(growth(samples) / (JOBS * 0.8)).toBeLessThan(40);
});
