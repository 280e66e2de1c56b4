import { toError } from '../../model/errors';

/** An error on its way between a worker and its sandbox. Its class stays behind, its name goes along. */
export interface PlainError {
  name: string;
  message: string;
  stack: string;
  /** Its other properties as JSON text, as far as JSON can hold them. */
  fields?: string;
}

const ESSENTIAL = ['name', 'message', 'stack'];

export function toPlainError(thrown: unknown): PlainError {
  const error = toError(thrown);
  const fields = fieldsOf(error);
  // Not every object with a message has the rest of an Error.
  const name = String(error.name ?? 'Error');
  return {
    name,
    message: String(error.message),
    stack: String(error.stack ?? `${name}: ${error.message}`),
    ...(fields && { fields }),
  };
}

export function fromPlainError({ name, message, stack, fields }: PlainError): Error {
  const error = Object.assign(new Error(message), fields ? JSON.parse(fields) : {});
  const hidden = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(error, 'name', { value: name, ...hidden });
  Object.defineProperty(error, 'stack', { value: stack, ...hidden });
  return error;
}

function fieldsOf(error: Error): string | undefined {
  const seen = new WeakSet<object>([error]);
  const replacer = (_key: string, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    // Also what is met twice: an error of an HTTP client holds sockets, agents and each other, and
    // would be written out along every path.
    if (seen.has(value)) return '[Circular]';
    seen.add(value);
    return value instanceof Error ? ownProperties(value) : value;
  };
  try {
    const own = Object.entries(ownProperties(error));
    const others = own.filter(([name]) => !ESSENTIAL.includes(name));
    return others.length > 0 ? JSON.stringify(Object.fromEntries(others), replacer) : undefined;
  } catch {
    // A getter or a toJSON of the application's threw: what matters of the error goes without it.
    return undefined;
  }
}

/** With those that are not enumerable: message, stack, cause, errors. */
function ownProperties(error: Error): Record<string, unknown> {
  const names = Object.getOwnPropertyNames(error);
  return Object.fromEntries(names.map((name) => [name, error[name as keyof Error]]));
}
