import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss' with { 'resolution-mode': 'import' };
import { type Peer, type Place, QUEUE, type Work, type WorkOptions } from './peer';
import { deepenPgBoss } from './pg-boss-depth';

/** The most jobs of one fetch. */
const BATCH = 500;
/** The shortest interval that its own workers poll at. */
const POLL_MS = 500;

export function pgBoss({ url }: Place): Peer {
  return new PgBossPeer(url);
}

class PgBossPeer implements Peer {
  /** While it is open. */
  private producer?: PgBoss;

  constructor(private readonly url: string) {}

  async open(queues: readonly string[]) {
    const producer = await this.start();
    for (const queue of queues) await producer.createQueue(queue);
    this.producer = producer;
  }

  add(data: object) {
    return this.producer!.send(QUEUE, data);
  }

  addBulk(data: object[], queue = QUEUE) {
    return this.producer!.insert(
      queue,
      data.map((item) => ({ data: item })),
    );
  }

  async work(options: WorkOptions): Promise<Work> {
    const boss = await this.start(options.isIdle);
    if (!options.isIdle) return fetchJobs(boss, options);
    // Each instance keeps in memory which queues notify.
    for (const instance of this.producer ? [this.producer, boss] : [boss]) {
      for (const queue of options.queues ?? [QUEUE]) {
        await instance.updateQueue(queue, { notify: true });
      }
    }
    return waitForJobs(boss, options);
  }

  async close() {
    await this.producer?.stop({ graceful: false });
    this.producer = undefined;
  }

  deepen(depth: number) {
    return deepenPgBoss(this.url, depth);
  }

  private async start(useListenNotify = false): Promise<PgBoss> {
    const { PgBoss } = await import('pg-boss');
    const boss = new PgBoss({ connectionString: this.url, useListenNotify });
    boss.on('error', (error) => console.error(error));
    return boss.start();
  }
}

/** Fetch a batch, run it, complete it, at once again: its workers rest between batches of one. */
function fetchJobs(boss: PgBoss, options: WorkOptions): Work {
  const { queues = [QUEUE], concurrency, process, onCompleted } = options;
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const loops = queues.flatMap((queue) =>
    Array.from({ length: Math.ceil(concurrency / BATCH) }, () => loop(queue)),
  );
  return {
    close: async () => {
      end.abort();
      await Promise.all(loops);
      await boss.stop({ graceful: false });
    },
  };

  async function loop(queue: string): Promise<void> {
    while (!end.signal.aborted) {
      const jobs = await boss.fetch<{ index: number }>(queue, {
        batchSize: Math.min(concurrency, BATCH),
      });
      if (jobs.length === 0) {
        await sleep(POLL_MS, undefined, { signal: end.signal }).catch(() => {});
        continue;
      }
      await Promise.all(jobs.map((job) => process(job)));
      await boss.complete(
        queue,
        jobs.map((job) => job.id),
      );
      for (const _ of jobs) onCompleted?.();
    }
  }
}

/** Its own workers, woken by a notification. */
async function waitForJobs(boss: PgBoss, options: WorkOptions): Promise<Work> {
  const { queues = [QUEUE], concurrency, process } = options;
  for (const queue of queues) {
    await boss.work<{ index: number }>(
      queue,
      { batchSize: Math.min(concurrency, BATCH), pollingIntervalSeconds: POLL_MS / 1000 },
      async (jobs) => {
        await Promise.all(jobs.map((job) => process(job)));
      },
    );
  }
  return { close: () => boss.stop({ graceful: false }) };
}
