/** One row of an answer, by column. */
export type Row = Record<string, unknown>;

/**
 * All that is asked of a database connection: to run one statement with `$n` parameters, each a
 * string, number, boolean or null. An open transaction of the application's is one of these, and so
 * is our pool.
 */
export interface Executor {
  /** Each statement is a transaction of its own. */
  readonly commitsEach?: true;
  /**
   * @param name statements of this name may be prepared once a session; ignored where that cannot
   * be
   */
  query(text: string, values: readonly unknown[], name?: string): Promise<Row[]>;
}

const unsent = new WeakSet<object>();

/** Notes that a statement was not even sent, for there was no connection: whatever the reason, it may be tried again. */
export function markUnsent(error: Error): Error {
  unsent.add(error);
  return error;
}

/** Whether an error says that the connection is gone, or was never there, rather than that the statement is wrong. */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    unsent.has(error as object) ||
    (typeof code === 'string' && (/^(08|57P0|25P0[34])/.test(code) || /^E[A-Z_]+$/.test(code))) ||
    /connection terminated|connection ended|timeout exceeded when trying to connect|not queryable/i.test(
      String(message),
    )
  );
}

/**
 * Whether the server could not do now what it may do later: it lacks memory, disk or patience, is
 * read-only for a while, or was told to stop.
 */
export function isPassing(error: unknown): boolean {
  return (
    /^(53|57|58)|^25006$/.test((error as { code?: string }).code ?? '') || isLockTimeout(error)
  );
}

/** Whether the server did not get a lock within lock_timeout. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === '55P03';
}

/**
 * Whether the server rolled the transaction back for a conflict, and asks to try again: deadlock or
 * serialization failure.
 */
export function isConflict(error: unknown): boolean {
  return ['40P01', '40001'].includes((error as { code?: string }).code ?? '');
}
