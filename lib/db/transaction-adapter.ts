import type { Row } from './database';

/** How statements reach an open transaction of one library. It knows the library by shape alone. */
export interface TransactionAdapter<Tx extends object> {
  /** Whether a handle is of this library, be it an open transaction or not. */
  serves(handle: object): boolean;
  /** What to pass instead, when the handle is not an open transaction. */
  refusal(handle: Tx): string | undefined;
  /** As `refusal`, of a handle whose server has to be asked. */
  ask?(handle: Tx): Promise<string | undefined>;
  /** Changes when a pool gets its connection back: the transaction is over then. Undefined where that cannot be told. */
  checkout?(handle: Tx): unknown;
  /** Runs a statement whose `$1`, `$2`, … are texts, each used once and in this order. */
  query(tx: Tx, text: string, values: string[]): PromiseLike<Row[]>;
}

/** Whether a handle has a method. Handles may be functions, and proxies. */
export function hasMethod(handle: object, name: string): boolean {
  return typeof (handle as Record<string, unknown>)[name] === 'function';
}

/** `?` for each `$n`, as Knex wants it; what stands in double quotes is a name. */
export function withQuestionMarks(text: string): string {
  return text.replace(/"[^"]*"|\$\d+/g, (match) =>
    match.startsWith('$') ? '?' : match.replaceAll('?', '\\?'),
  );
}
