import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { audit } from '../../examples/main/audit';
import { openShop } from '../../examples/main/shop';
import { migrate } from '../../lib';
import { createDatabase, type TestDatabase } from '../helpers/database';
import { withClient } from '../helpers/test-server';
import { until } from '../helpers/wait';

const MAIN = path.resolve(__dirname, '../../examples/main/main.ts');
const claims = [
  'every row of the file is an order, or reported as bad with its line  2420 rows: 2398 orders, 22 bad',
  'every order was billed exactly once  2398 orders, 2398 bills, 0 not billed once',
  'the ledger holds what the orders are worth, in each currency  EUR 453428.70, GBP 49784.25, USD 53790.35',
  'no job is lost: that of every order is completed  2398 orders, 2398 completed jobs',
  'nothing is left that waits or runs, and nothing failed  2398 orders, 2205 parcels, 615 customs',
  'orders that were on hold were delayed and then shipped  165 orders',
  'every item is in a parcel; those of larger orders by child jobs  3655 items, 3655 parcels, 2205 child jobs',
  'every order of 500 and more has gone through its customs flow  205 orders, 615 papers',
];

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase({ migrated: false });
});

afterEach(async () => {
  await database.drop();
});

describe('the main job', () => {
  test('ends with an audit in which all is true, and fails it for one bill too many', async () => {
    const run = await runProgram();
    expect(run.output).toContain('bad row on line 517: a quote is not closed');
    expect(run.output.match(/^bad row on line/gm)).toHaveLength(22);
    expect(run.output).toMatch(/SIGKILL to worker-\d \(pid \d+\), which was running \d+ orders/);
    const lines = run.output.split('\n').map((line) => line.trim().replace(/ {2,}/, '  '));
    expect(lines).toEqual(expect.arrayContaining(claims.map((claim) => `✓ ${claim}`)));
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^✓ the jobs of the killed worker were taken over .* \d+ jobs, .*worker/,
      ),
    );
    expect(run.output).toMatch(/ {6}duty +customs +SO-10004-duty +completed/);
    expect(run.output).toMatch(/ {2}order +orders +SO-10004 +completed\n {4}\w/);
    expect(run.output).toContain('All true.');
    expect(run.code).toBe(0);

    await withClient(database.url, (client) =>
      client.query(
        `insert into shop.ledger (order_id, currency, amount)
         select order_id, currency, amount from shop.ledger where order_id = 'SO-10004'`,
      ),
    );
    const again = await runProgram('--audit');
    expect(again.output).toMatch(/✗ every order was billed exactly once .* 1 not billed once/);
    expect(again.output).toContain('✗ the ledger holds what the orders are worth');
    expect(again.output).toContain('2 not true.');
    expect(again.code).toBe(1);
  }, 120_000);

  test('ends at once when it is interrupted, and its workers with it', async () => {
    const program = startProgram();
    const ended = once(program, 'exit');
    for await (const line of readline.createInterface({ input: program.stdout! })) {
      if (/^\d+\/\d+ orders/.test(line)) break;
    }
    program.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    await until(async () => (await sessions()) === 0, { message: 'the sessions to end' });
  }, 60_000);
});

describe('audit', () => {
  test('finds nothing true of a shop that did nothing', async () => {
    await withClient(database.url, async (client) => {
      await openShop(client);
      await migrate({ connection: database.url, schema: 'tuskmq_demo' });
      const findings = await audit(client);
      expect(findings.filter(({ isTrue }) => isTrue)).toEqual([]);
    });
  });
});

describe('openShop', () => {
  test('begins anew on a database where the program was before', async () => {
    await withClient(database.url, async (client) => {
      await openShop(client);
      await client.query(`insert into shop.import values ('orders.csv', 3)`);
      await openShop(client);
      expect((await client.query('select from shop.import')).rows).toEqual([]);
    });
  });

  test("leaves a schema that is somebody else's alone", async () => {
    await withClient(database.url, async (client) => {
      await client.query('create schema shop; create table shop.treasure ()');
      await expect(openShop(client)).rejects.toThrow(/schema "shop" was not made by this program/);
      expect((await client.query('select from shop.treasure')).rows).toEqual([]);
    });
  });
});

async function runProgram(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = startProgram(...args);
  let output = '';
  for (const stream of [program.stdout!, program.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(program, 'close');
  return { code, output };
}

function startProgram(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DATABASE_URL: database.url, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
}

/** How many others are connected to the database. */
function sessions(): Promise<number> {
  return withClient(database.url, async (client) => {
    const { rows } = await client.query(
      `select count(*)::integer as count from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    return rows[0].count;
  });
}
