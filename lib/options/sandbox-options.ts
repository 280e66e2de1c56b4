import type { ForkOptions } from 'node:child_process';
import type { WorkerOptions as ThreadOptions } from 'node:worker_threads';

/** How a processor that is given as a file is run. */
export interface SandboxOptions {
  /** In worker threads instead of child processes. Default false. */
  useWorkerThreads?: boolean | undefined;
  /**
   * For `child_process.fork`. Default: this process' environment and its Node options, so also its
   * loader, and output to where its own goes.
   */
  workerForkOptions?: ForkOptions | undefined;
  /** For `new Worker` of `node:worker_threads`. Default: as for processes. */
  workerThreadsOptions?: ThreadOptions | undefined;
}
