/**
 * Numbers that BullMQ's errors carry in `code`.
 * Source: BullMQ's `ErrorCode`.
 */
export enum ErrorCode {
  JobNotExist = -1,
  JobLockNotExist = -2,
  JobNotInState = -3,
  JobPendingChildren = -4,
  ParentJobNotExist = -5,
  JobLockMismatch = -6,
  ParentJobCannotBeReplaced = -7,
  JobBelongsToJobScheduler = -8,
  JobHasFailedChildren = -9,
  SchedulerJobIdCollision = -10,
  SchedulerJobSlotsBusy = -11,
}

// What the errors below say by default, by BullMQ's names.
export const DELAYED_ERROR = 'bullmq:movedToDelayed';
export const WAITING_ERROR = 'bullmq:movedToWait';
export const WAITING_CHILDREN_ERROR = 'bullmq:movedToWaitingChildren';
export const RATE_LIMIT_ERROR = 'bullmq:rateLimitExceeded';
export const UNRECOVERABLE_ERROR = 'bullmq:unrecoverable';
export const CONNECTION_CLOSED_ERROR_MSG = 'Connection is closed.';

/** Thrown by a processor after `job.moveToDelayed`: the job is neither completed nor failed. */
export class DelayedError extends Error {
  static override readonly name: string = 'DelayedError';

  constructor(message: string = DELAYED_ERROR) {
    super(message);
    this.name = new.target.name;
  }
}

/** Thrown by a processor after `job.moveToWait`: the job is neither completed nor failed. */
export class WaitingError extends Error {
  static override readonly name: string = 'WaitingError';

  constructor(message: string = WAITING_ERROR) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * Thrown by a processor after `job.moveToWaitingChildren` returned true: the job is neither
 * completed nor failed.
 */
export class WaitingChildrenError extends Error {
  static override readonly name: string = 'WaitingChildrenError';

  constructor(message: string = WAITING_CHILDREN_ERROR) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * Thrown by a processor after `queue.rateLimit`: the job goes back to the head of the queue, its
 * attempts unchanged.
 */
export class RateLimitError extends Error {
  static override readonly name: string = 'RateLimitError';

  constructor(message: string = RATE_LIMIT_ERROR) {
    super(message);
    this.name = new.target.name;
  }
}

/** Thrown by a processor to fail the job for good, whatever attempts are left. */
export class UnrecoverableError extends Error {
  static override readonly name: string = 'UnrecoverableError';

  constructor(message: string = UNRECOVERABLE_ERROR) {
    super(message);
    this.name = new.target.name;
  }
}

/** An operation on an instance that was closed. */
export class ConnectionClosedError extends Error {
  static override readonly name: string = 'ConnectionClosedError';

  constructor(message: string = CONNECTION_CLOSED_ERROR_MSG) {
    super(message);
    this.name = new.target.name;
  }
}

/** The `connection` option cannot be used. The message says what was given and what is expected. */
export class InvalidConnectionError extends Error {
  static override readonly name: string = 'InvalidConnectionError';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * The schema in the database does not fit this version of the library. The message says which is
 * which, and what to do.
 */
export class SchemaVersionError extends Error {
  static override readonly name: string = 'SchemaVersionError';

  constructor(
    message: string,
    /** What is the matter with the schema. */
    readonly reason: 'missing' | 'older' | 'newer' | 'forbidden' | 'pooled',
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** Data, options or a result that JSON cannot hold. */
export class InvalidPayloadError extends TypeError {
  static override readonly name: string = 'InvalidPayloadError';

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A run that no longer holds its job tried to write for it: its worker was taken for dead, and the
 * job was given to another, or moved or removed. Nothing of the transaction or the step stays.
 */
export class LockLostError extends Error {
  static override readonly name: string = 'LockLostError';

  constructor(
    readonly jobId: string,
    what: string,
    options?: { cause?: unknown },
  ) {
    super(
      `${what} was refused: this run no longer holds the lock of job ${jobId}, and nothing of it was stored. ` +
        'The job was taken over by another worker, moved, finished or removed: let this error end the processor.',
      options,
    );
    this.name = new.target.name;
  }
}

/** A try of a step took longer than its `timeout`; its transaction was rolled back. */
export class StepTimeoutError extends Error {
  static override readonly name: string = 'StepTimeoutError';

  constructor(
    readonly step: string,
    readonly timeout: number,
  ) {
    super(`Step "${step}" took longer than ${timeout} ms`);
    this.name = new.target.name;
  }
}

/**
 * Whether it is as good as an Error: one of another realm (as under Jest) or of another process is no
 * `instanceof Error` here.
 */
export function isErrorLike(thrown: unknown): thrown is Error {
  const message = (thrown as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' || typeof message === 'number';
}

/** Errors that say what becomes of a job. */
const verdicts = {
  DelayedError,
  WaitingError,
  WaitingChildrenError,
  UnrecoverableError,
  LockLostError,
} as const;

/**
 * Whether an error is of this kind, whatever a subclass calls itself; by name alone when it was thrown across a process or by another
 * copy of the library.
 */
export function isVerdict(error: unknown, ...kinds: (keyof typeof verdicts)[]): boolean {
  return kinds.some((kind) => error instanceof verdicts[kind] || isNamed(error, kind));
}

export function isNamed(error: unknown, name: string): boolean {
  return isErrorLike(error) && error.name === name;
}

/** Whether a processor says that it has moved its job. */
export function isMoved(error: unknown): boolean {
  return isVerdict(error, 'DelayedError', 'WaitingError', 'WaitingChildrenError');
}

/** Whether a processor says that its queue is rate-limited. By message alone, as in BullMQ. */
export function isRateLimitError(error: unknown): boolean {
  return isErrorLike(error) && error.message === RATE_LIMIT_ERROR;
}

/** Typed outcomes of the SQL functions that refuse to change a job. */
export type Refusal =
  | 'missing'
  | 'lock_missing'
  | 'lock_mismatch'
  | 'not_active'
  | 'not_in_state'
  | 'pending_children'
  | 'failed_children'
  | 'already_settled'
  | 'scheduled';

/**
 * The error that BullMQ's users know for a refusal.
 * @param command what was tried, in BullMQ's words: `moveToFinished`, `moveToDelayed`, …
 * @param state the state in which the job had to be
 */
export function refusalError(
  refusal: Refusal,
  jobId: string,
  command: string,
  state = 'active',
): Error {
  const of = (code: ErrorCode, message: string) => Object.assign(new Error(message), { code });
  switch (refusal) {
    case 'missing':
      return of(ErrorCode.JobNotExist, `Missing key for job ${jobId}. ${command}`);
    case 'lock_missing':
    case 'already_settled':
      return of(ErrorCode.JobLockNotExist, `Missing lock for job ${jobId}. ${command}`);
    case 'lock_mismatch':
      return of(
        ErrorCode.JobLockMismatch,
        `Lock mismatch for job ${jobId}. Cmd ${command} from ${state}`,
      );
    case 'not_active':
    case 'not_in_state':
      return of(ErrorCode.JobNotInState, `Job ${jobId} is not in the ${state} state. ${command}`);
    case 'pending_children':
      return of(ErrorCode.JobPendingChildren, `Job ${jobId} has pending dependencies. ${command}`);
    case 'scheduled':
      return of(
        ErrorCode.JobBelongsToJobScheduler,
        `Job ${jobId} belongs to a job scheduler and cannot be removed directly. ${command}`,
      );
    case 'failed_children':
      return Object.assign(
        new UnrecoverableError(
          `Cannot complete job ${jobId} because it has at least one failed child. ${command}`,
        ),
        { code: ErrorCode.JobHasFailedChildren },
      );
  }
}

/** The parent that a job names does not exist. */
export function missingParentError(parentKey: string, command = 'addJob'): Error {
  return Object.assign(new Error(`Missing key for parent job ${parentKey}. ${command}`), {
    code: ErrorCode.ParentJobNotExist,
  });
}

/** A scheduler found no slot for its next job: there are jobs in the way. */
export function slotError(outcome: 'id_taken' | 'slots_taken'): Error {
  return outcome === 'id_taken'
    ? Object.assign(
        new Error('Cannot create job scheduler iteration - job ID already exists. addJobScheduler'),
        { code: ErrorCode.SchedulerJobIdCollision },
      )
    : Object.assign(
        new Error(
          'Cannot create job scheduler iteration - current and next time slots already have jobs. addJobScheduler',
        ),
        { code: ErrorCode.SchedulerJobSlotsBusy },
      );
}

/** What a worker emits when it cannot make the next job of a scheduler. */
export function schedulingError(cause: unknown): Error {
  const { message } = toError(cause);
  return new Error(`Failed to add repeatable job for next iteration: ${message}`, { cause });
}

/**
 * An error that the database raised, with BullMQ's message and code where it has them. Libraries
 * around the driver keep it as the cause of theirs, or put its message and code into their message.
 */
export function raisedError(error: Error): Error {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const isOurs = (at as { code?: unknown }).code === 'TQ007' || at.message.includes('`TQ007`');
    const message =
      isOurs && /^.*(The parent job .+ cannot be replaced\. addJob)/s.exec(at.message)?.[1];
    if (message) {
      return Object.assign(new Error(message, { cause: error }), {
        code: ErrorCode.ParentJobCannotBeReplaced,
      });
    }
  }
  return error;
}

/** Whatever was thrown, as it is when it has a message, else as an Error with one worth reading. */
export function toError(thrown: unknown): Error {
  if (isErrorLike(thrown)) return thrown;
  const text = typeof thrown === 'string' ? thrown : safeDescription(thrown);
  return new Error(text, { cause: thrown });
}

function safeDescription(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return `the processor threw ${thrown}`;
  // What it holds is in no property that JSON would show.
  if (thrown instanceof Error) return String(thrown);
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return String(thrown);
  }
}
