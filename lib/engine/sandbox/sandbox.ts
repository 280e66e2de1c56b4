import type { SandboxOptions } from '../../options/sandbox-options';
import { Child } from './child';
import { ChildPool } from './child-pool';
import { forkProcess } from './child-process';
import { startThread } from './child-thread';
import type { SandboxableJob } from './job-calls';
import { processorFile } from './processor-file';

/** The worker that a sandbox runs jobs for. */
export interface SandboxHost {
  /** Jobs that run at the same time, and so the children that are kept. */
  concurrency(): number;
  /** A child crashed while it had no job. */
  onError(error: Error): void;
}

/** Runs the processor of a file, in processes or threads of its own. */
export class Sandbox {
  private readonly pool: ChildPool;
  private isForsaken = false;

  /** @throws Error when there is no such file */
  constructor(file: string | URL, opts: SandboxOptions, host: SandboxHost) {
    const { useWorkerThreads, workerForkOptions, workerThreadsOptions } = opts;
    const start = () =>
      new Child(
        (onMessage) =>
          useWorkerThreads
            ? startThread(workerThreadsOptions, onMessage)
            : forkProcess(workerForkOptions, onMessage),
        (error) => host.onError(error),
      );
    this.pool = new ChildPool(processorFile(file), start, () => host.concurrency());
  }

  async run(job: SandboxableJob, token: string, signal: AbortSignal): Promise<unknown> {
    try {
      const child = await this.pool.acquire();
      try {
        return await child.run(job, token, signal);
      } finally {
        this.pool.release(child);
      }
    } catch (error) {
      // Nothing is to be reported of a job whose child was killed with its worker: another takes it
      // over.
      if (this.isForsaken) return new Promise<never>(() => {});
      throw error;
    }
  }

  /**
   * Ends all children.
   * @param force without waiting for their jobs, whose runs then never settle
   */
  async close(force: boolean): Promise<void> {
    this.isForsaken = force;
    await this.pool.close(force);
  }
}
