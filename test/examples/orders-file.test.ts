import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ordersFile } from '../../examples/main/intake';
import { type OrdersFileRow, readOrdersFile } from '../../examples/main/orders-file';

describe('readOrdersFile', () => {
  test('refuses the bad rows of the shipped file, each on its line and for its reason', async () => {
    const rows = await readAll(ordersFile);
    const refused = rows.flatMap((row) => ('reason' in row ? [[row.line, row.reason]] : []));
    expect(refused).toEqual([
      [89, 'no amount'],
      [166, 'unknown product MUGG'],
      [233, 'unknown currency EUO'],
      [344, '"2025-02-30T10:15:00Z" is no date'],
      [411, '-2 pieces of LAMP'],
      [517, 'a quote is not closed'],
      [606, '4 columns instead of 8'],
      [720, 'order SO-10701 is on line 702 already'],
      [852, 'the amount is 247.00, the items cost 237.00'],
      [965, '"13/03/2025" is no date'],
      [1043, 'no items'],
      [1122, 'unknown payment "barter"'],
      [1279, '"twelve" is no amount'],
      [1390, 'no order id'],
      [1468, 'a quote within a field that does not begin with one'],
      [1531, '0 pieces of CHAIR'],
      [1692, '9 columns instead of 8'],
      [1805, 'order SO-11791 is on line 1792 already'],
      [1946, 'no currency'],
      [2079, '"Germany" is no country code'],
      [2190, 'no customer'],
      [2335, '"-104.70" is no amount'],
    ]);
    expect(rows).toHaveLength(2_420);
  });

  test('understands quoted fields', async () => {
    const [row] = await readText(
      'SO-10001,2025-03-01T06:04:42Z,"The ""Blue Door"" Café, Lyon",FR,EUR,card,MUG x1; PEN x2,19.30',
    );
    expect(row).toMatchObject({
      line: 2,
      order: {
        customer: 'The "Blue Door" Café, Lyon',
        items: [
          { product: 'MUG', quantity: 1 },
          { product: 'PEN', quantity: 2 },
        ],
        amount: '19.30',
      },
    });
  });

  test('refuses a product that is on the order twice', async () => {
    const [row] = await readText(
      'SO-10001,2025-03-01T06:04:42Z,Ada Berg,FR,EUR,card,PEN x1; PEN x1,6.80',
    );
    expect(row).toMatchObject({ reason: 'PEN is on the order twice' });
  });

  test('refuses a product named like a property of every object', async () => {
    const [row] = await readText(
      'SO-10001,2025-03-01T06:04:42Z,Ada Berg,FR,EUR,card,toString x1,6.80',
    );
    expect(row).toMatchObject({ reason: 'unknown product toString' });
  });

  test('takes the id of a refused row for free', async () => {
    const good = 'SO-10001,2025-03-01T06:04:42Z,Ada Berg,FR,EUR,card,PEN x1,3.40';
    const rows = await readText(good.replace('3.40', '3.50'), good);
    expect(rows).toMatchObject([{ reason: expect.any(String) }, { line: 3, order: {} }]);
  });
});

async function readText(...lines: string[]): Promise<OrdersFileRow[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-orders-'));
  try {
    const file = path.join(folder, 'orders.csv');
    fs.writeFileSync(file, ['header', ...lines, ''].join('\n'));
    return await readAll(file);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function readAll(file: string): Promise<OrdersFileRow[]> {
  const rows: OrdersFileRow[] = [];
  for await (const row of readOrdersFile(file)) rows.push(row);
  return rows;
}
