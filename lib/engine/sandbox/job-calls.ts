import { clearTimeout, setTimeout } from '../../model/clock';

/** Milliseconds that a call may take. */
const CALL_TIMEOUT_MS = 5_000;

/**
 * The methods of a job that a sandboxed processor may call: each travels to the worker, is called
 * on the job there, and its result or error travels back. `sets` names the field of the job in the
 * sandbox that becomes the first argument.
 */
export const JOB_CALLS = {
  getChildrenValues: {},
  getDependencies: {},
  getDependenciesCount: {},
  getIgnoredChildrenFailures: {},
  log: {},
  moveToDelayed: {},
  moveToWait: {},
  moveToWaitingChildren: {},
  sleep: {},
  updateData: { sets: 'data' },
  updateProgress: { sets: 'progress' },
  waitForChildren: {},
  waitForSignal: {},
} as const satisfies Record<string, { sets?: string }>;

export type JobCall = keyof typeof JOB_CALLS;

/** What the sandbox needs of a job: its fields as JSON, and the methods above. */
export type SandboxableJob = {
  asJSONSandbox(): object;
} & {
  // biome-ignore lint/suspicious/noExplicitAny: each has parameters of its own
  [Call in JobCall]: (...args: any[]) => Promise<unknown>;
};

/** A method with its arguments, as it travels. Texts are JSON, of undefined there is none. */
export interface CallMessage {
  id: number;
  method: JobCall;
  args: (string | null | undefined)[];
}

/** JSON text, which is the same between processes and between threads. */
export function pack(value: unknown): string | undefined {
  return JSON.stringify(value);
}

export function unpack(text: string | null | undefined): unknown {
  return text == null ? undefined : JSON.parse(text);
}

/**
 * Does on the job in the worker what was called in the sandbox. Resolves to the packed result.
 * @throws Error what the method throws; `TimeoutError: …` when that takes too long
 */
export async function performCall(
  job: SandboxableJob,
  { method, args }: CallMessage,
): Promise<string | undefined> {
  if (!Object.hasOwn(JOB_CALLS, method)) throw new Error(`A sandboxed job has no ${method}`);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const error = new Error(`TimeoutError: ${method} timed out in (${CALL_TIMEOUT_MS}ms)`);
    timer = setTimeout(() => reject(error), CALL_TIMEOUT_MS);
  });
  try {
    return pack(await Promise.race([job[method](...args.map(unpack)), timeout]));
  } finally {
    clearTimeout(timer);
  }
}
