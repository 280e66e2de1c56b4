import type { WorkerUtils } from 'graphile-worker' with { 'resolution-mode': 'import' };
import { deepenGraphileWorker } from './graphile-worker-depth';
import { poolThatCounts } from './graphile-worker-pool';
import { type Peer, type Place, QUEUE, type Work, type WorkOptions } from './peer';

type WorkerPreset = Pick<
  GraphileConfig.WorkerOptions,
  'localQueue' | 'completeJobBatchDelay' | 'failJobBatchDelay'
>;

/** graphile-worker, with default options: each slot asks for its next job. */
export function graphileWorker({ url }: Place): Peer {
  return new GraphileWorkerPeer(url, {});
}

/** With what its documentation gives for throughput: jobs are taken 500 at a time and reported in batches. */
export function graphileWorkerLocalQueue({ url }: Place): Peer {
  return new GraphileWorkerPeer(url, {
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  });
}

/** A queue is a task here; one runner works at all of them. */
class GraphileWorkerPeer implements Peer {
  private utils!: WorkerUtils;

  constructor(
    private readonly url: string,
    private readonly preset: WorkerPreset,
  ) {}

  async open() {
    const { makeWorkerUtils } = await import('graphile-worker');
    this.utils = await makeWorkerUtils({ connectionString: this.url, logger: await quiet() });
    await this.utils.migrate();
  }

  add(data: object) {
    return this.utils.addJob(QUEUE, data);
  }

  addBulk(data: object[], queue = QUEUE) {
    return this.utils.addJobs(data.map((payload) => ({ identifier: queue, payload })));
  }

  async work({ queues = [QUEUE], concurrency, process, onCompleted }: WorkOptions): Promise<Work> {
    const { run } = await import('graphile-worker');
    const perform = (payload: unknown) => process({ data: payload as { index: number } });
    const pool = poolThatCounts(this.url, (jobs) => {
      for (let i = 0; i < jobs; i++) onCompleted?.();
    });
    const runner = await run({
      pgPool: pool,
      noHandleSignals: true,
      logger: await quiet(),
      taskList: Object.fromEntries(
        queues.map((name) => [
          name,
          async (data) => {
            await perform(data);
          },
        ]),
      ),
      preset: { worker: { ...this.preset, concurrentJobs: concurrency * queues.length } },
    });
    return {
      close: async () => {
        await runner.stop();
        await pool.end();
      },
    };
  }

  async close() {
    await this.utils.release();
  }

  deepen(depth: number) {
    return deepenGraphileWorker(this.url, depth);
  }
}

/** Errors only: by default each job is a line on the console. */
async function quiet() {
  const { Logger } = await import('graphile-worker');
  return new Logger(() => (level, message) => {
    if (level === 'error') console.error(message);
  });
}
