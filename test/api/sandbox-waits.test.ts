import path from 'node:path';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();

test.each([true, false])(
  'a processor in a file waits for time and signals, and is told what only the worker can do (threads: %s)',
  async (useWorkerThreads) => {
    const queue = on.queue();
    const file = path.join(__dirname, '../fixtures/processors/waits.ts');
    // How children read the sources of the library: Jest's way of doing that does not reach them.
    const execArgv = ['--require', 'tsx/cjs'];
    const worker = on.worker(queue, file, {
      useWorkerThreads,
      workerForkOptions: { execArgv },
      workerThreadsOptions: { execArgv },
    });
    const heard = record(worker, 'completed', 'failed', 'error');
    await queue.add('job', {}, { jobId: 'j' });
    await until(async () => (await queue.getJobSteps('j')).some(({ name }) => name === 'go'));
    await queue.signal('j', 'go', { on: 1 });
    await until(() => heard.length > 0);
    expect(heard.map(([event]) => event)).toEqual(['completed']);
    expect(await queue.getJob('j')).toMatchObject({
      attemptsMade: 1,
      returnvalue: {
        children: {},
        signal: { on: 1 },
        none: 'none',
        refused: expect.stringMatching(/^A sandboxed job has no step/),
      },
    });
  },
);
