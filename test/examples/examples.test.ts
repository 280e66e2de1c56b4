import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { main as chainingFlows } from '../../examples/chaining-flows';
import { main as delaying } from '../../examples/delaying';
import { main as durableSteps } from '../../examples/durable-steps';
import { main as processSteps } from '../../examples/process-steps';
import { main as transactionalEnqueue } from '../../examples/transactional-enqueue';
import { main as waitingChildren } from '../../examples/waiting-children';
import { createDatabase, type TestDatabase } from '../helpers/database';
import { serverUrl } from '../helpers/test-server';

let database: TestDatabase;

beforeAll(async () => {
  jest.spyOn(console, 'log').mockImplementation(() => {});
  database = await createDatabase({ migrated: false });
});

afterAll(async () => {
  jest.restoreAllMocks();
  await database.drop();
});

describe('the examples', () => {
  test('process-steps does not repeat the step it had saved', async () => {
    expect(await processSteps(database.url)).toEqual({
      steps: ['initial', 'second', 'second'],
      result: 2,
    });
  });

  test('delaying goes on at the second step when the time has come', async () => {
    const { steps, waited } = await delaying(database.url);
    expect(steps).toEqual(['initial', 'second']);
    expect(waited).toBeGreaterThanOrEqual(199);
  });

  test('waiting-children ends with what its children returned', async () => {
    const { children, values } = await waitingChildren(database.url);
    expect(children.sort()).toEqual(['hall', 'kitchen']);
    expect(values.sort()).toEqual(['green', 'white']);
  });

  test('chaining-flows runs the flow from its leaves up', async () => {
    const { order, price } = await chainingFlows(database.url);
    expect(order.slice(0, 2).sort()).toEqual(['flight', 'hotel']);
    expect(order.slice(2)).toEqual(['sum', 'trip']);
    expect(price).toBe(730);
  });

  test('durable-steps takes from the stock once, in three runs', async () => {
    expect(await durableSteps(database.url)).toEqual({
      runs: 3,
      stock: 9,
      steps: [
        'reserve: completed',
        'time to think: completed',
        'approved: completed',
        'ship: completed',
      ],
    });
  });

  test('transactional-enqueue leaves nothing of what was rolled back', async () => {
    expect(await transactionalEnqueue(database.url)).toEqual({
      mailed: ['alice@example.com'],
      users: ['alice@example.com'],
    });
  });
});

describe('npm run example', () => {
  test('runs an example by its name', () => {
    const { status, stdout } = runExample('process-steps');
    expect(stdout).toMatch(/^process-steps, on PostgreSQL .*\(given\)/);
    expect(stdout).toContain('steps run: initial, second, second');
    expect(status).toBe(0);
  });

  test('lists the examples without a name', () => {
    const { status, stdout } = runExample();
    expect(stdout).toMatch(/^Usage.*\n\n {2}process-steps +a job/);
    expect(status).toBe(0);
  });

  test('refuses a name it does not know', () => {
    const { status, stderr } = runExample('toString');
    expect(stderr).toMatch(/^There is no example "toString"\.\n\nUsage/);
    expect(status).toBe(1);
  });
});

function runExample(...names: string[]) {
  const file = path.resolve(__dirname, '../../examples/run.ts');
  return spawnSync(process.execPath, ['--import', 'tsx', file, ...names], {
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: database?.url ?? serverUrl() },
  });
}
