/** Fields of many rows travel as arrays, in the text form that PostgreSQL reads. */

import { Column } from '../../lib/store/caller';
import { useInstances } from '../helpers/instances';

const on = useInstances();

/** What PostgreSQL makes of them. */
async function read(values: (string | null)[]): Promise<(string | null)[]> {
  const [row] = await on.sql<{ values: (string | null)[] }>('select $1::text[] as values', [
    new Column(values, 'text').text,
  ]);
  return row!.values;
}

test('texts of any kind arrive as they are', async () => {
  const values = [
    ...['', ' ', 'null', 'NULL', '{}', 'a,b', '"', '\\', '\\"', "'", '""\\\\""', '\\n', '\\u0041'],
    ...['line\nfeed "x"', 'tab\t\\', '\r"', '\b\f"', '\u0001"\u001f', '\u007f"\u0085\\', '\u2028"'],
    ...['ä"é', '"😀\\', '{"json":"with \\"quotes\\" and \\\\"}', '\ufffd"', '\ufeff"'],
    null,
  ];
  expect(await read(values)).toEqual(values);
});

test('half of a surrogate pair arrives as the character that stands for what cannot be', async () => {
  expect(await read(['"\ud800', '\udfff\\', '\ud800'])).toEqual(['"\ufffd', '\ufffd\\', '\ufffd']);
});

test('every character below 0x300 arrives as it is, alone and beside what is escaped', async () => {
  const characters = Array.from({ length: 0x2ff }, (_, i) => String.fromCharCode(i + 1));
  const values = characters.flatMap((character) => [character, `"${character}\\${character}`]);
  expect(await read(values)).toEqual(values);
});

test('numbers and what is missing arrive as they are', async () => {
  const [row] = await on.sql('select $1::bigint[]::text as numbers', [
    new Column([1, -5, undefined, null, 2 ** 53 - 1], 'bigint').text,
  ]);
  expect(row).toEqual({ numbers: '{1,-5,NULL,NULL,9007199254740991}' });
});
