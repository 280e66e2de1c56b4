import type { Executor, Row } from '../db/database';
import { quoteIdentifier } from '../options/connection-options';

/** Calls functions of a schema by name, on whatever can run a statement. */
export class Caller {
  protected readonly prefix: string;

  constructor(
    protected readonly executor: Executor,
    readonly schema: string,
    /** What to select before the function is called. */
    private readonly prelude = '',
  ) {
    this.prefix = quoteIdentifier(schema);
  }

  /** Calls a function that returns one value; as text, whatever type parsers the connection has. */
  protected async text(name: string, ...args: unknown[]): Promise<string | null> {
    const rows = await this.executor.query(
      `select ${this.prelude}${this.prefix}.${name}(${placeholders(args)})::text as r`,
      args.map(toValue),
      `${this.schema}.${name}${this.prelude && '/deferring'}`,
    );
    return (rows[0]?.['r'] ?? null) as string | null;
  }

  /** Calls a function that returns JSON, a number or a boolean. */
  protected async value<T>(name: string, ...args: unknown[]): Promise<T> {
    const text = await this.text(name, ...args);
    return (text === null ? null : JSON.parse(text)) as T;
  }

  /**
   * Calls a function that returns jobs as rows: cheaper than JSON, on our own connections only,
   * whose values come unparsed.
   */
  protected claimedRows(name: string, ...args: unknown[]): Promise<Row[]> {
    return this.executor.query(
      `select * from ${this.prefix}.${name}(${placeholders(args)})`,
      args,
      `${this.schema}.${name}`,
    );
  }
}

/** A text for a parameter of type json, which not every connection makes of a text by itself. */
export class Json {
  constructor(readonly text: string) {}
}

export function placeholders(args: readonly unknown[]): string {
  return args.map((arg, i) => `$${i + 1}${arg instanceof Json ? '::json' : ''}`).join(', ');
}

function toValue(arg: unknown): unknown {
  return arg instanceof Json ? arg.text : arg;
}
