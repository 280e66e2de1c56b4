import type { SandboxOptions } from '../options/sandbox-options';
import type { SandboxableJob } from './sandbox/job-calls';
import { Sandbox, type SandboxHost } from './sandbox/sandbox';

/** What a worker runs its jobs with. */
export interface Runner<JobType, ResultType> {
  /** Whether it looks at an AbortSignal: one for each job costs more than many a job. */
  readonly takesSignal: boolean;
  run(job: JobType, token: string, signal?: AbortSignal): Promise<ResultType> | ResultType;
  /** Gives up what it keeps for the jobs. By force also while they run. */
  close(force: boolean): Promise<void>;
}

/**
 * The runner for the `processor` argument of a worker.
 * @param processor a function, or the path or `file:` URL of a file that exports one
 * @throws Error when there is no such file; TypeError for anything else
 */
export function runnerOf<JobType extends SandboxableJob, ResultType>(
  processor: Runner<JobType, ResultType>['run'] | string | URL,
  opts: SandboxOptions,
  host: SandboxHost,
): Runner<JobType, ResultType> {
  if (typeof processor === 'function') {
    return { takesSignal: processor.length >= 3, run: processor, close: async () => {} };
  }
  if (typeof processor !== 'string' && !(processor instanceof URL)) {
    throw new TypeError('The processor of a worker must be a function, a path or a URL');
  }
  const sandbox = new Sandbox(processor, opts, host);
  return {
    takesSignal: true,
    run: (job, token, signal) => sandbox.run(job, token, signal!) as Promise<ResultType>,
    close: (force) => sandbox.close(force),
  };
}
