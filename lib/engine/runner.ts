import type { SandboxOptions } from '../options/sandbox-options';
import type { SandboxableJob } from './sandbox/job-calls';
import { Sandbox, type SandboxHost } from './sandbox/sandbox';
import { isStream, lastOf, type ValueStream } from './value-stream';

/** What a worker runs its jobs with. */
export interface Runner<JobType, ResultType> {
  /** Whether it looks at an AbortSignal: one for each job costs more than many a job. */
  readonly takesSignal: boolean;
  run(job: JobType, token: string, signal?: AbortSignal): Promise<ResultType>;
  /** Gives up what it keeps for the jobs. By force also while they run. */
  close(force: boolean): Promise<void>;
}

/** The worker that a runner runs jobs for. */
export interface RunnerHost extends SandboxHost {
  /** What a processor is called on: the worker. */
  self(): object;
  /** The signal by which a job is cancelled; makes one where there is none. */
  cancellationOf(job: object): AbortSignal | undefined;
}

/**
 * The runner for the `processor` argument of a worker.
 * @param processor a function, or the path or `file:` URL of a file that exports one. A function
 * may also return a generator or an Observable: each value is saved as progress, the last one is
 * the result.
 * @throws Error when there is no such file; TypeError for anything else
 */
export function runnerOf<JobType extends SandboxableJob, ResultType>(
  processor: ((job: JobType, token: string, signal?: AbortSignal) => unknown) | string | URL,
  opts: SandboxOptions,
  host: RunnerHost,
): Runner<JobType, ResultType> {
  if (typeof processor === 'function') {
    const drain = (stream: ValueStream<unknown>, job: JobType) => {
      const save = async (value: unknown) => {
        await job.updateProgress(value);
      };
      return lastOf(stream, save, host.cancellationOf(job)) as Promise<ResultType>;
    };
    return {
      takesSignal: processor.length >= 3,
      // No async function around the processor: each costs 500 bytes a job.
      run: (job, token, signal) => {
        try {
          return Promise.resolve(processor.call(host.self(), job, token, signal)).then((result) =>
            isStream(result) ? drain(result, job) : (result as ResultType),
          );
        } catch (error) {
          return Promise.reject(error);
        }
      },
      close: async () => {},
    };
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
