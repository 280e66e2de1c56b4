/** Numbers beyond it do not fit the type integer. */
const INTEGER_LIMIT = 2 ** 31;

/**
 * The same statement with texts for parameters, cast in SQL: libraries differ in what they make of
 * a number, a boolean or null for a parameter, and some write JSON twice when they learn that it
 * goes into a column of type json. A text is a text to all of them.
 * @param text with `$n`; what stands in double quotes is a name
 * @throws RangeError for what the server would refuse, and with it the rest of the transaction
 */
export function withTextParameters(
  text: string,
  values: readonly unknown[],
): { text: string; values: string[] } {
  const texts: string[] = [];
  const rewritten = text.replace(/"[^"]*"|\$(\d+)/g, (match, position?: string) => {
    if (position === undefined) return match;
    const value = values[Number(position) - 1];
    if (value === null || value === undefined) return 'null';
    check(value);
    texts.push(String(value));
    return `$${texts.length}::text${castOf(value)}`;
  });
  return { text: rewritten, values: texts };
}

function check(value: unknown): void {
  if (typeof value === 'number' && !Number.isInteger(value)) {
    throw new RangeError(`${value} is not an integer`);
  }
  if (typeof value === 'string' && value.includes('\0')) {
    throw new RangeError(`${JSON.stringify(value)} contains the character U+0000`);
  }
}

/** An integer becomes a bigint by itself where one is expected, but not the other way round. */
function castOf(value: unknown): string {
  if (typeof value === 'number') return Math.abs(value) < INTEGER_LIMIT ? '::integer' : '::bigint';
  return typeof value === 'boolean' ? '::boolean' : '';
}
