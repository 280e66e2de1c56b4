import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../lib';
import { record, useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();
const roles: string[] = [];

/** A role without any right, and a session under it. */
async function stranger() {
  const name = `tuskmq_test_${randomBytes(4).toString('hex')}`;
  await on.sql(`create role "${name}" login password 'secret'`);
  roles.push(name);
  const url = new URL(on.url);
  url.username = name;
  url.password = 'secret';
  const client = new Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  open.push(() => client.end());
  return { name, url: url.href, client };
}

/** A role that was granted something by one of the functions. */
async function granted(what: 'grant_producer' | 'grant_worker' | 'grant_reader') {
  const role = await stranger();
  await on.sql(`select tuskmq.${what}($1)`, [role.name]);
  return role;
}

let open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
  for (const role of roles.splice(0)) await on.sql(`drop owned by "${role}"; drop role "${role}"`);
});

const tables = () =>
  on.sql<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'tuskmq'::regnamespace and relkind in ('r', 'v', 'S') order by 1`,
  );

/** Functions that a role may call. */
async function callable(role: string): Promise<string[]> {
  const rows = await on.sql<{ name: string }>(
    `select proname as name from pg_proc
     where pronamespace = 'tuskmq'::regnamespace and has_function_privilege($1, oid, 'execute') order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}

/** Tables and views of which a role has any right. */
async function reachable(role: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of await tables()) {
    const [row] = await on.sql<{ any: boolean }>(
      `select case when relkind = 'S' then has_sequence_privilege($1, oid, 'usage, select, update')
                   else has_table_privilege($1, oid, 'select, insert, update, delete, truncate') end as any
       from pg_class where relnamespace = 'tuskmq'::regnamespace and relname = $2`,
      [role, name],
    );
    if (row!.any) names.push(name);
  }
  return names;
}

describe('a role that was granted nothing', () => {
  test('may call no function and see no table', async () => {
    const { name, client } = await stranger();
    expect([await callable(name), await reachable(name)]).toEqual([[], []]);
    await expect(client.query("select tuskmq.add_job('q', 'a')")).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('a producer', () => {
  test('may add jobs and flows, and do nothing else', async () => {
    const { name } = await granted('grant_producer');
    expect(await callable(name)).toEqual(['add_flow', 'add_job']);
    expect(await reachable(name)).toEqual([]);
  });

  test('adds to queues that are new, and to those that are not', async () => {
    const { client } = await granted('grant_producer');
    const fresh = on.name();
    const old = on.queue();
    await old.add('before', {});
    for (const queue of [fresh, old.name]) {
      await client.query('select tuskmq.add_job($1, $2)', [queue, 'a']);
      await client.query('select tuskmq.add_flow($1)', [
        JSON.stringify({
          name: 'top',
          queueName: queue,
          children: [{ name: 'leaf', queueName: queue }],
        }),
      ]);
    }
    expect(await on.queue(fresh).getJobCounts()).toMatchObject({
      waiting: 2,
      'waiting-children': 1,
    });
    expect(await old.getJobCounts()).toMatchObject({ waiting: 3, 'waiting-children': 1 });
  });

  test('adds from a trigger of its table, and wakes a worker', async () => {
    const { name, client } = await granted('grant_producer');
    const queue = on.queue();
    const worker = on.worker(queue, async (job) => job.data);
    const heard = record(worker, 'completed');
    await on.sql(`
      create table invoice (id integer primary key);
      create function invoice_added() returns trigger language plpgsql as $$
        begin
          perform tuskmq.add_job('${queue.name}', 'send', json_build_object('invoice', new.id));
          return new;
        end $$;
      create trigger t after insert on invoice for each row execute function invoice_added();
      grant insert on invoice to "${name}"`);
    await client.query('insert into invoice values (7)');
    await until(() => heard.length === 1);
    expect(heard[0]![2]).toEqual({ invoice: 7 });
  });

  test('cannot put objects of its own in the way of the functions', async () => {
    const { client } = await granted('grant_producer');
    const queue = on.queue();
    await client.query(`
      create temp table queue (id integer, prefix text, name text, id_sequence regclass);
      create temp table job (like pg_temp.queue);
      set search_path = pg_temp, public`);
    await client.query('select tuskmq.add_job($1, $2)', [queue.name, 'a']);
    expect(await queue.count()).toBe(1);
    expect((await client.query('select from pg_temp.queue')).rows).toEqual([]);
  });

  test('loses its rights by revoke_access', async () => {
    const { name, client } = await granted('grant_producer');
    await on.sql('select tuskmq.revoke_access($1)', [name]);
    expect(await callable(name)).toEqual([]);
    await expect(client.query("select tuskmq.add_job('q', 'a')")).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('a worker’s role', () => {
  test('has no right on any table, and runs all classes', async () => {
    const { name, url } = await granted('grant_worker');
    expect(await reachable(name)).toEqual(['release']);
    const queue = on.queue(on.name(), { connection: url });
    const events = await on.events(queue, { connection: url });
    const ended = record(events, 'completed');
    on.worker(
      queue,
      async (job) => {
        await job.updateProgress(50);
        await job.log('half');
        return job.name;
      },
      { connection: url },
    );
    await on.flow({ connection: url }).add({
      name: 'top',
      queueName: queue.name,
      children: [{ name: 'leaf', queueName: queue.name }],
    });
    await queue.upsertJobScheduler('s', { every: 60_000 }, { name: 'tick' });
    await until(() => ended.length === 3);
    await queue.pause();
    await queue.removeJobScheduler('s');
    await queue.obliterate();
    expect(await queue.count()).toBe(0);
  });

  test('may not migrate, and is told whom to ask', async () => {
    const { url } = await granted('grant_worker');
    await on.sql("update tuskmq.release set hash = 'old'");
    await expect(migrate({ connection: url })).rejects.toMatchObject({
      reason: 'forbidden',
      message: expect.stringContaining('Run migrate'),
    });
    await migrate({ connection: on.url });
  });

  test('may end sessions of its own, and nobody else', async () => {
    const { client, url } = await granted('grant_worker');
    const pidOf = async (session: Client) =>
      (await session.query('select pg_backend_pid() as pid')).rows[0].pid as number;
    const end = async (pid: number) =>
      (await client.query('select tuskmq.end_session($1) as done', [pid])).rows[0].done;
    const owners = await on.client();
    expect(await end(await pidOf(owners))).toBe(false);
    expect((await owners.query('select 1 as alive')).rows).toEqual([{ alive: 1 }]);

    const other = new Client({ connectionString: url });
    const ended = new Promise((resolve) => other.on('error', resolve));
    await other.connect();
    expect(await end(await pidOf(other))).toBe(true);
    await ended;
    await other.end().catch(() => {});
  });

  test('may end a session of its own although the owner of the schema may not', async () => {
    const owner = await stranger();
    const worker = await stranger();
    const [{ database }] = (await on.sql<{ database: string }>(
      'select current_database() as database',
    )) as [{ database: string }];
    await on.sql(`grant create on database "${database}" to "${owner.name}"`);
    await migrate({ connection: owner.url, schema: 'theirs' });
    await owner.client.query('select theirs.grant_worker($1)', [worker.name]);
    const other = new Client({ connectionString: worker.url });
    const ended = new Promise((resolve) => other.on('error', resolve));
    await other.connect();
    const { rows } = await other.query('select pg_backend_pid() as pid');
    const end = await worker.client.query('select theirs.end_session($1) as done', [rows[0].pid]);
    expect(end.rows).toEqual([{ done: true }]);
    await ended;
    await other.end().catch(() => {});
  });

  test('may neither grant nor call what is private', async () => {
    const { name } = await granted('grant_worker');
    const names = await callable(name);
    expect(names.filter((function_) => /^(_|grant_|revoke_)/.test(function_))).toEqual([]);
    expect(names).toContain('settle_and_claim');
  });
});

describe('a reader', () => {
  test('reads every view and flow_tree, and changes nothing', async () => {
    const { name, client } = await granted('grant_reader');
    const queue = on.queue();
    await queue.add('a', { n: 1 }, { jobId: 'x' });
    const views = fs
      .readdirSync(path.join(__dirname, '../../sql/view'))
      .map((file) => path.basename(file, '.sql'))
      .filter((view) => view !== 'flow_tree');
    for (const view of views) await client.query(`select * from tuskmq.${view}`);
    const tree = await client.query("select name from tuskmq.flow_tree($1, 'x')", [queue.name]);
    expect(tree.rows).toEqual([{ name: 'a' }]);
    expect(await reachable(name)).toEqual(views.sort());
    expect(await callable(name)).toEqual([
      '_now',
      '_state',
      '_step_state',
      'flow_tree',
      'queue_id',
    ]);
  });
});

describe('migrate', () => {
  test('gives roles what a later version adds, and no more', async () => {
    const roles = {
      producer: await granted('grant_producer'),
      worker: await granted('grant_worker'),
      reader: await granted('grant_reader'),
    };
    const rights = async () => {
      const found: string[][] = [];
      for (const { name } of Object.values(roles)) {
        found.push(await callable(name), await reachable(name));
      }
      return found;
    };
    const before = await rights();
    for (const { name } of Object.values(roles)) {
      await on.sql(
        `revoke execute on function tuskmq.add_flow(json), tuskmq.queue_id(text), tuskmq.heartbeat(bigint, text, text) from "${name}"`,
      );
    }
    expect(await rights()).not.toEqual(before);
    await on.sql("update tuskmq.release set hash = 'old'");
    await migrate({ connection: on.url });
    expect(await rights()).toEqual(before);
  });

  test('leaves functions in the schema alone that are not its own', async () => {
    await on.sql('create function tuskmq.of_the_application() returns int language sql return 1');
    await on.sql("update tuskmq.release set hash = 'old'");
    await migrate({ connection: on.url });
    const { name } = await stranger();
    expect(await callable(name)).toEqual(['of_the_application']);
    await on.sql('drop function tuskmq.of_the_application');
  });

  test('leaves no public function without a search_path that ends in pg_temp', async () => {
    const rows = await on.sql(
      `select proname from pg_proc
       where pronamespace = 'tuskmq'::regnamespace and prosecdef
         and not 'search_path=tuskmq, pg_temp' = any(replace(proconfig::text, '\\"', '')::text[])`,
    );
    expect(rows).toEqual([]);
  });
});
