import { createHash } from 'node:crypto';
import type { Executor, Row } from '../db/database';
import { quoteIdentifier } from '../options/connection-options';

/** The statements of `rows`, by their names: a function or two of each schema. */
const rowsTexts = new Map<string, string>();

/** Calls functions of a schema by name, on whatever can run a statement. */
export class Caller {
  protected readonly prefix: string;
  private readonly statementPrefix: string;

  constructor(
    protected readonly executor: Executor,
    readonly schema: string,
  ) {
    this.prefix = quoteIdentifier(schema);
    this.statementPrefix = shortened(schema);
  }

  /** Calls a function that returns one value; as text, whatever type parsers the connection has. */
  protected async text(name: string, ...args: unknown[]): Promise<string | null> {
    const rows = await this.executor.query(
      `select ${this.prefix}.${name}(${placeholders(args)})::text as r`,
      args.map(toValue),
      this.statementName(name),
    );
    return (rows[0]?.['r'] ?? null) as string | null;
  }

  /** Calls a function that returns JSON, a number or a boolean. */
  protected async value<T>(name: string, ...args: unknown[]): Promise<T> {
    const text = await this.text(name, ...args);
    return (text === null ? null : JSON.parse(text)) as T;
  }

  /**
   * Calls a function that returns rows: cheaper than JSON, on our own connections only,
   * whose values come unparsed.
   * @param parameters by their names without `p_`; of a function always the same ones, in the same order
   */
  protected rows(name: string, parameters: Record<string, unknown>): Promise<Row[]> {
    const statement = this.statementName(name);
    let text = rowsTexts.get(statement);
    if (text === undefined) {
      const named = Object.keys(parameters).map((parameter, i) => `p_${parameter} => $${i + 1}`);
      text = `select * from ${this.prefix}.${name}(${named.join(', ')})`;
      rowsTexts.set(statement, text);
    }
    return this.executor.query(text, Object.values(parameters).map(toValue), statement);
  }

  /** Of each function of each schema another one. */
  protected statementName(name: string): string {
    return `${this.statementPrefix}.${name}`;
  }
}

/** PostgreSQL keeps 63 bytes of the name of a statement: this leaves room for that of the longest function. */
function shortened(schema: string): string {
  if (Buffer.byteLength(schema) <= 20) return schema;
  return createHash('sha256').update(schema).digest('hex').slice(0, 20);
}

/** A parameter in the text form of its type, which not every connection makes of a value by itself. */
abstract class TypedText {
  abstract readonly type: string;
  abstract readonly text: string;

  /** Within JSON it is a text, too. */
  toJSON(): string {
    return this.text;
  }
}

export class Json extends TypedText {
  readonly type = 'json';

  constructor(readonly text: string) {
    super();
  }
}

/** One field of many rows. */
export class Column extends TypedText {
  readonly type: string;
  readonly text: string;

  constructor(
    values: readonly (string | number | null | undefined)[],
    type: 'text' | 'integer' | 'bigint',
  ) {
    super();
    this.type = `${type}[]`;
    this.text = `{${values.map(toElement).join()}}`;
  }
}

/** PostgreSQL manual, "Array Input and Output Syntax". */
function toElement(value: string | number | null | undefined): string | number {
  if (typeof value !== 'string') return value ?? 'null';
  // Most have nothing to escape: to see that takes a third of the time.
  if (!value.includes('"') && !value.includes('\\')) return `"${value}"`;
  // JSON escapes these two in the same way, four times as fast; and others, which an array would read as something else.
  return OTHERWISE_IN_JSON.test(value)
    ? `"${value.replace(/["\\]/g, '\\$&')}"`
    : JSON.stringify(value);
}

/** Control characters, and halves of surrogate pairs. */
const OTHERWISE_IN_JSON = /[\p{Cc}\p{Surrogate}]/u;

export function placeholders(args: readonly unknown[]): string {
  return args
    .map((arg, i) => `$${i + 1}${arg instanceof TypedText ? `::${arg.type}` : ''}`)
    .join(', ');
}

function toValue(arg: unknown): unknown {
  return arg instanceof TypedText ? arg.text : arg;
}
