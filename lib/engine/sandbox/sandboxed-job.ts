import { type CallMessage, JOB_CALLS, type JobCall, pack, unpack } from './job-calls';
import { fromPlainError } from './plain-error';
import type { AnswerMessage } from './protocol';

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Methods that take a function, which must run where the database is. */
const ONLY_IN_WORKER = ['step', 'transaction'];

/** Unique in this child, so that an answer that comes late is nobody else's. */
let lastCallId = 0;

/** The calls that one run of a job makes to its worker. */
export class RunCalls {
  private readonly pending = new Map<number, PendingCall>();
  private isOver = false;

  constructor(
    private readonly jobId: string,
    private readonly send: (call: CallMessage) => void,
  ) {}

  /** @throws Error what `performCall` throws, and when the run is over */
  call(method: JobCall, args: unknown[]): Promise<unknown> {
    if (this.isOver) return this.refuse(method);
    lastCallId += 1;
    const id = lastCallId;
    return new Promise((resolve, reject) => {
      this.send({ id, method, args: args.map(pack) });
      this.pending.set(id, { resolve, reject });
    });
  }

  answer({ id, value, error }: AnswerMessage): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    if (error) call?.reject(fromPlainError(error));
    else call?.resolve(unpack(value));
  }

  /** Nobody waits for answers any more. */
  end(): void {
    this.isOver = true;
    this.pending.clear();
  }

  private refuse(method: JobCall): Promise<never> {
    const refused = Promise.reject(
      new Error(`${method} was called after the run of job ${this.jobId}`),
    );
    // A call that nobody awaits must not end the child, which may be at another job by now.
    refused.catch(() => {});
    return refused;
  }
}

/**
 * The job as a processor in a sandbox has it: all fields, and the methods of `JOB_CALLS`.
 * @param json what `job.asJSONSandbox` gave
 */
export function sandboxedJob(
  json: Record<string, unknown>,
  calls: RunCalls,
): Record<string, unknown> {
  const job: Record<string, unknown> = {
    ...json,
    data: JSON.parse(json['data'] as string),
    returnValue: JSON.parse(json['returnvalue'] as string),
  };
  for (const [method, call] of Object.entries(JOB_CALLS)) {
    job[method] = (...args: unknown[]) => {
      if ('sets' in call) job[call.sets] = args[0];
      return calls.call(method as JobCall, args);
    };
  }
  for (const method of ONLY_IN_WORKER) {
    job[method] = async () => {
      throw new Error(
        `A sandboxed job has no ${method}: its function cannot run in the worker. Use a processor that is a function`,
      );
    };
  }
  return job;
}
