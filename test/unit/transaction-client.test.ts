import { withTextParameters } from '../../lib/db/text-parameters';
import { transactionExecutor } from '../../lib/db/transaction';
import { withQuestionMarks } from '../../lib/db/transaction-adapter';
import { until } from '../helpers/wait';

describe('withTextParameters', () => {
  test('makes texts of all values, with the casts that give them their types back', () => {
    const values = ['a', 1, -2_147_483_648, 5e9, true, null, '{}'];
    expect(withTextParameters('select f($1, $2, $3, $4, $5, $6, $7::json)', values)).toEqual({
      text: 'select f($1::text, $2::text::integer, $3::text::bigint, $4::text::bigint, $5::text::boolean, null, $6::text::json)',
      values: ['a', '1', '-2147483648', '5000000000', 'true', '{}'],
    });
  });

  test('leaves names alone', () => {
    const name = '"a $1 ""schema"" $2"';
    expect(withTextParameters(`select ${name}.f($1)`, ['x']).text).toBe(
      `select ${name}.f($1::text)`,
    );
  });
});

describe('withTextParameters, for a value that no column can hold', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 'a\0'])('refuses %p', (value) => {
    expect(() => withTextParameters('select f($1)', [value])).toThrow(RangeError);
  });
});

describe('withQuestionMarks', () => {
  test('takes question marks in names for names', () => {
    expect(withQuestionMarks('select "why? $1".f($1::text, $2::text)')).toBe(
      'select "why\\? $1".f(?::text, ?::text)',
    );
  });
});

describe('transactionExecutor', () => {
  test('runs statements on the client, one array of texts each, and prepares none', async () => {
    const calls: unknown[] = [];
    const client = {
      query: async (...args: unknown[]) => {
        calls.push(args);
        return { rows: [{ r: '1' }] };
      },
    };
    const rows = await transactionExecutor(client).query('select $1', [1], 'named');
    expect([rows, calls]).toEqual([[{ r: '1' }], [['select $1::text::integer', ['1']]]]);
  });

  test('runs one statement after the other, also after one that failed', async () => {
    const waiting: ((error?: Error) => void)[] = [];
    const client = {
      query: () =>
        new Promise<{ rows: never[] }>((resolve, reject) => {
          waiting.push((error) => (error ? reject(error) : resolve({ rows: [] })));
        }),
    };
    const first = transactionExecutor(client).query('select 1', []);
    const second = transactionExecutor(client).query('select 2', []);
    await until(() => waiting.length === 1);
    waiting[0]?.(new Error('first'));
    await expect(first).rejects.toThrow('first');
    await until(() => waiting.length === 2);
    waiting[1]?.();
    await expect(second).resolves.toEqual([]);
  });

  test.each([undefined, null, 'postgres://', 7, {}, { query: 'select 1' }, () => {}])(
    'refuses %p',
    (handle) => {
      expect(() => transactionExecutor(handle as never)).toThrow(
        /^withTransaction expects an open transaction of pg, PGlite/,
      );
    },
  );

  test('refuses a client of pg that is idle, also when its transaction has ended since', async () => {
    let status = 'I';
    const client = { query: async () => ({ rows: [] }), getTransactionStatus: () => status };
    expect(() => transactionExecutor(client)).toThrow(/BEGIN/);
    status = 'T';
    const executor = transactionExecutor(client);
    await executor.query('select 1', []);
    status = 'I';
    await expect(executor.query('select 1', [])).rejects.toThrow(/BEGIN/);
  });
});
