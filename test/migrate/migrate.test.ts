import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { migrate as applyForeign } from 'postgres-migrations';
import { migrate, Queue, SchemaVersionError, Worker } from '../../lib';
import { createDatabase, type TestDatabase } from '../helpers/database';

let open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
});

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createDatabase({ migrated: false });
  open.push(() => database.drop());
  return database;
}

async function clientOf(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  open.push(() => client.end());
  return client;
}

/** Adds a job and runs it. */
async function works(url: string, opts: object = {}): Promise<void> {
  const queue = new Queue('q', { connection: url, ...opts });
  const worker = new Worker('q', async (job) => job.data, { connection: url, ...opts });
  queue.on('error', () => {});
  worker.on('error', () => {});
  open.push(
    () => queue.close(),
    () => worker.close(),
  );
  const completed = new Promise((resolve) =>
    worker.once('completed', (_, result) => resolve(result)),
  );
  await queue.add('a', { n: 1 });
  expect(await completed).toEqual({ n: 1 });
}

async function refusal(promise: Promise<unknown>): Promise<SchemaVersionError> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(SchemaVersionError);
  return error as SchemaVersionError;
}

describe('migrate', () => {
  test('may be run again and again, and changes nothing then', async () => {
    const { url } = await emptyDatabase();
    const client = await clientOf(url);
    const state = async () => [
      (await client.query('select * from tuskmq.release')).rows,
      (await client.query('select * from tuskmq.migrations order by id')).rows,
    ];
    await migrate({ connection: url });
    const before = await state();
    await migrate({ connection: url });
    await migrate({ connection: url });
    expect(await state()).toEqual(before);
  });

  test('may be run by twenty at once on an empty database', async () => {
    const { url } = await emptyDatabase();
    await Promise.all(Array.from({ length: 20 }, () => migrate({ connection: url })));
    const client = await clientOf(url);
    expect((await client.query('select from tuskmq.release')).rows.length).toBe(1);
    await works(url);
  });

  test("leaves the application's own migrations by the same package alone", async () => {
    const { url } = await emptyDatabase();
    const directory = fs.mkdtempSync(path.join(__dirname, 'foreign-'));
    open.push(() => fs.rmSync(directory, { recursive: true }));
    fs.writeFileSync(path.join(directory, '1_create-orders.sql'), 'create table orders (id int)');
    const client = await clientOf(url);
    await applyForeign({ client }, directory);
    await works(url);
    fs.writeFileSync(path.join(directory, '2_create-bills.sql'), 'create table bills (id int)');
    await applyForeign({ client }, directory);
    const { rows } = await client.query('select name from public.migrations order by id');
    expect(rows.map(({ name }) => name)).toEqual([
      'create-migrations-table',
      'create-orders',
      'create-bills',
    ]);
  });

  test('bears a table called migrations of any other shape', async () => {
    const { url } = await emptyDatabase();
    const client = await clientOf(url);
    await client.query(
      "create table migrations (version text); insert into migrations values ('x')",
    );
    await works(url);
    expect((await client.query('select * from public.migrations')).rows).toEqual([
      { version: 'x' },
    ]);
  });

  test('takes a schema of any name, and several in one database', async () => {
    const { url } = await emptyDatabase();
    for (const schema of ['My "Odd" schema', "o'dd", 'tuskmq']) await works(url, { schema });
    const client = await clientOf(url);
    const { rows } = await client.query(`select nspname from pg_namespace
      where exists (select from pg_class where relnamespace = pg_namespace.oid and relname = 'job_state') order by 1`);
    expect(rows.map(({ nspname }) => nspname)).toEqual(['My "Odd" schema', "o'dd", 'tuskmq']);
  });
});

describe('a role', () => {
  async function role(url: string, ...grants: string[]) {
    const name = `tuskmq_test_${randomBytes(4).toString('hex')}`;
    const admin = await clientOf(url);
    await admin.query(`create role ${name} login password 'secret'`);
    open.push(async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`drop owned by ${name}; drop role ${name}`);
      await client.end();
    });
    for (const grant of grants) await admin.query(grant.replaceAll('ROLE', name));
    const own = new URL(url);
    own.username = name;
    own.password = 'secret';
    return { name, url: own.href, admin };
  }

  test('that may not create a schema is told what an administrator has to run', async () => {
    const { url } = await emptyDatabase();
    const limited = await role(url);
    const error = await refusal(migrate({ connection: limited.url }));
    expect(error.reason).toBe('forbidden');
    const remedy = `create schema "tuskmq" authorization "${limited.name}"`;
    expect(error.message).toContain(remedy);
    await limited.admin.query(remedy);
    await works(limited.url);
  });

  test('that may not use the schema is told to be granted it', async () => {
    const { url } = await emptyDatabase();
    const limited = await role(url, 'create schema tuskmq');
    const error = await refusal(migrate({ connection: limited.url }));
    const remedy = `grant usage, create on schema "tuskmq" to "${limited.name}"`;
    expect([error.reason, error.message.includes(remedy)]).toEqual(['forbidden', true]);
    await limited.admin.query(remedy);
    await works(limited.url);
  });

  test('keeps what it owns when a superuser brings it up to date', async () => {
    const { url } = await emptyDatabase();
    const owner = await role(url, 'create schema tuskmq authorization "ROLE"');
    await migrate({ connection: owner.url });
    // As if an older version had been without it.
    await owner.admin.query('drop function tuskmq._hold_wake_lock(integer), tuskmq.flush_wal()');
    await owner.admin.query("update tuskmq.release set version = '0.0.1', hash = 'x'");
    await migrate({ connection: url });
    await works(owner.url);
    const { rows } = await owner.admin.query(
      `select distinct proowner::regrole::text as owner from pg_proc where pronamespace = 'tuskmq'::regnamespace`,
    );
    expect(rows).toEqual([{ owner: owner.name }]);
  });

  test('that owns the tables and may make nothing more is told so; an administrator brings it up to date', async () => {
    const { url } = await emptyDatabase();
    const owner = await role(
      url,
      'create schema tuskmq; grant usage, create on schema tuskmq to "ROLE"',
    );
    await migrate({ connection: owner.url });
    await owner.admin.query("update tuskmq.release set version = '0.0.1', hash = 'x'");
    await owner.admin.query(`revoke create on schema tuskmq from "${owner.name}"`);
    expect((await refusal(migrate({ connection: owner.url }))).reason).toBe('forbidden');
    await migrate({ connection: url });
    const { rows } = await owner.admin.query('select hash from tuskmq.release');
    expect(rows).not.toEqual([{ hash: 'x' }]);
  });

  test('is no older for a member of the role that owns it, and has to become that to look', async () => {
    const { url } = await emptyDatabase();
    const owner = await role(url, 'create schema tuskmq authorization "ROLE"');
    await migrate({ connection: owner.url });
    await owner.admin.query(
      "update tuskmq.release set schema = schema + 1, version = '9.9.9', hash = 'newer'",
    );
    const member = await role(
      url,
      'alter role "ROLE" noinherit',
      `grant "${owner.name}" to "ROLE"`,
    );
    await migrate({ connection: member.url });
    const { rows } = await owner.admin.query('select version from tuskmq.release');
    expect(rows).toEqual([{ version: '9.9.9' }]);
  });

  test('may leave it to a member of its role to bring it up to date', async () => {
    const { url } = await emptyDatabase();
    const owner = await role(url, 'create schema tuskmq authorization "ROLE"');
    await migrate({ connection: owner.url });
    await owner.admin.query("update tuskmq.release set version = '0.0.1', hash = 'x'");
    const stranger = await role(url);
    const error = await refusal(migrate({ connection: stranger.url }));
    expect([error.reason, error.message.includes(`by the role "${owner.name}"`)]).toEqual([
      'forbidden',
      true,
    ]);
    const member = await role(url, `grant "${owner.name}" to "ROLE"`);
    await migrate({ connection: member.url });
    await works(owner.url);
  });
});

describe('migrate: false', () => {
  async function check(url: string) {
    const queue = new Queue('q', { connection: url, migrate: false });
    queue.on('error', () => {});
    open.push(() => queue.close());
    return queue.waitUntilReady();
  }

  test('works with a schema that fits', async () => {
    const { url } = await emptyDatabase();
    await migrate({ connection: url });
    await works(url, { migrate: false });
  });

  test('creates nothing where the schema is missing', async () => {
    const { url } = await emptyDatabase();
    expect((await refusal(check(url))).reason).toBe('missing');
    const client = await clientOf(url);
    const { rows } = await client.query("select from pg_namespace where nspname = 'tuskmq'");
    expect(rows).toEqual([]);
  });

  test('refuses an older schema, which a migration brings up to date', async () => {
    const { url } = await emptyDatabase();
    await migrate({ connection: url });
    const client = await clientOf(url);
    await client.query(
      "update tuskmq.release set schema = schema - 1, version = '0.0.1', hash = 'x'",
    );
    const error = await refusal(check(url));
    expect([error.reason, error.message]).toEqual([
      'older',
      expect.stringContaining('tuskmq 0.0.1'),
    ]);
    await migrate({ connection: url });
    await check(url);
  });

  test('refuses a newer schema that no longer serves it, as a migration does', async () => {
    const { url } = await emptyDatabase();
    await migrate({ connection: url });
    const client = await clientOf(url);
    await client.query(
      "update tuskmq.release set schema = 999, version = '99.0.0', hash = 'x', serves = 998",
    );
    for (const attempt of [() => check(url), () => migrate({ connection: url })]) {
      const error = await refusal(attempt());
      expect([error.reason, error.message]).toEqual([
        'newer',
        expect.stringContaining('tuskmq 99.0.0'),
      ]);
    }
  });

  test('accepts a newer schema that still serves it, and a migration leaves that as it is', async () => {
    const { url } = await emptyDatabase();
    await migrate({ connection: url });
    const client = await clientOf(url);
    await client.query("update tuskmq.release set schema = 999, version = '99.0.0', hash = 'x'");
    await check(url);
    await migrate({ connection: url });
    const { rows } = await client.query('select version from tuskmq.release');
    expect(rows).toEqual([{ version: '99.0.0' }]);
    await works(url);
  });
});
