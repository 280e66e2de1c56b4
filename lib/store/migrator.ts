import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Executor } from '../db/database';
import type { Session } from '../db/node-postgres';
import { SchemaVersionError } from '../model/errors';
import { quoteIdentifier } from '../options/connection-options';
import { applyMigrations } from './apply-migrations';
import { readSources } from './sources';

/** The oldest number of migrations whose library still works with the functions of this version. */
const OLDEST_SERVED_SCHEMA = 10;

/** What a library brings, and what a database has. */
interface Release {
  /** Number of the last migration. */
  schema: number;
  /** Version of the package whose functions these are. */
  version: string;
  /** Of the texts of all functions. */
  hash: string;
  /** The oldest `schema` whose library works with these functions. */
  serves: number;
}

/**
 * Brings a schema up to date: creates it, applies the numbered migrations that are missing, then
 * all functions and views in one transaction. Does nothing when all is there. Processes that start
 * at once wait for the first. A schema that a later version has brought further is left as it is.
 *
 * @param session of its own, which ends then: its role, its settings and its lock end with it
 * @throws SchemaVersionError `forbidden` when the role may not create the schema, `pooled` when
 * there is something to do and the connection leads to a pooler, `newer` when the schema no longer serves
 * this version
 */
export async function migrateSchema(session: Session, schema: string): Promise<void> {
  const release = ownRelease();
  if (isCurrent(await readRelease(session, schema), release)) return;
  if (session.isDirect === false) {
    throw new SchemaVersionError(
      `The schema "${schema}" is missing or older than this library, and cannot be migrated through a connection pooler: that takes a lock and settings which last longer than one transaction. Run migrate({ connection, schema: '${schema}' }) with a direct connection.`,
      'pooled',
    );
  }

  await session.query('select pg_advisory_lock(hashtextextended($1, 0))', [
    `tuskmq/${schema}/migrate`,
  ]);
  if (await isServed(session, release, schema)) return;
  const owner = await soleOwnerOf(session, schema);
  if (owner === undefined) await ensureSchema(session, schema);
  else {
    await actAs(session, owner, schema);
    // Who had to become the owner could not see it before.
    if (await isServed(session, release, schema)) return;
  }
  // postgres-migrations looks for a table called `migrations` in every schema, and then reads the
  // one that search_path finds: with ours made beforehand and first, it never meets the
  // application's.
  await session.query('select set_config($1, $2, false)', [
    'search_path',
    `${quoteIdentifier(schema)}, pg_temp`,
  ]);
  await session.query(
    `create table if not exists migrations (
       id integer primary key, name varchar(100) unique not null, hash varchar(40) not null,
       executed_at timestamp default current_timestamp)`,
    [],
  );
  await applyMigrations(session.client, readSources().migrations);
  await applyFunctions(session, release);
}

/**
 * Whether there is nothing to do, as far as this role can see: the schema is of this release, or of a later one.
 * @throws SchemaVersionError `newer`
 */
async function isServed(session: Session, release: Release, schema: string): Promise<boolean> {
  const installed = await readRelease(session, schema);
  if (installed && isLater(installed, release)) {
    checkServes(installed, release, schema);
    return true;
  }
  return isCurrent(installed, release);
}

/**
 * Checks that a schema fits this version of the library, for those who migrate by themselves.
 * @throws SchemaVersionError `missing`, `older` or `newer`
 */
export async function checkSchema(executor: Executor, schema: string): Promise<void> {
  const release = ownRelease();
  const installed = await readRelease(executor, schema);
  const remedy = `Run migrate({ connection, schema: '${schema}' }) once, or leave the option "migrate" on.`;
  if (!installed) {
    throw new SchemaVersionError(
      `The schema "${schema}" of tuskmq is missing in this database, or this role may not use it. ${remedy}`,
      'missing',
    );
  }
  if (isLater(release, installed)) {
    throw new SchemaVersionError(
      `The schema "${schema}" is of tuskmq ${installed.version} (migration ${installed.schema}), this is ${release.version} (migration ${release.schema}). ${remedy}`,
      'older',
    );
  }
  checkServes(installed, release, schema);
}

function checkServes(installed: Release, release: Release, schema: string): void {
  if (installed.serves > release.schema) {
    throw new SchemaVersionError(
      `The schema "${schema}" is of tuskmq ${installed.version}, which no longer serves ${release.version} (migration ${release.schema}, needed is ${installed.serves}). Update the tuskmq package.`,
      'newer',
    );
  }
}

/** The version of this library. */
export function libraryVersion(): string {
  return readSources().version;
}

function ownRelease(): Release {
  const { version, migrations } = readSources();
  const hash = createHash('sha256').update(functionTexts()).digest('hex').slice(0, 16);
  return { schema: migrations.length - 1, version, hash, serves: OLDEST_SERVED_SCHEMA };
}

function isCurrent(installed: Release | undefined, release: Release): boolean {
  return installed?.schema === release.schema && installed.hash === release.hash;
}

/**
 * Whether one release comes after another: functions are only ever replaced by later ones, also
 * when an old process restarts.
 */
function isLater(one: Release, other: Release): boolean {
  return (
    one.schema > other.schema ||
    (one.schema === other.schema && compareVersions(one.version, other.version) > 0)
  );
}

/** Below 0 when one version comes before another; a pre-release, such as 1.0.0-rc.1, before its release. */
export function compareVersions(one: string, other: string): number {
  const [core, preRelease] = splitVersion(one);
  const [otherCore, otherPreRelease] = splitVersion(other);
  if (core === otherCore && !(preRelease && otherPreRelease)) {
    return Number(!preRelease) - Number(!otherPreRelease);
  }
  const order = core === otherCore ? [preRelease, otherPreRelease] : [core, otherCore];
  return order[0]!.localeCompare(order[1]!, 'en', { numeric: true });
}

function splitVersion(version: string): [core: string, preRelease: string] {
  const [, core, preRelease] = /^([^-]*)-?(.*)$/.exec(version)!;
  return [core!, preRelease!];
}

async function readRelease(executor: Executor, schema: string): Promise<Release | undefined> {
  try {
    const [row] = await executor.query(
      `select schema, version, hash, serves from ${quoteIdentifier(schema)}.release`,
      [],
    );
    return (
      row && ({ ...row, schema: Number(row['schema']), serves: Number(row['serves']) } as Release)
    );
  } catch (error) {
    // No schema, no table, no right to look.
    if (['3F000', '42P01', '42501'].includes((error as { code?: string }).code ?? ''))
      return undefined;
    throw error;
  }
}

/** The role to which all that is there belongs, if it can make more of it. */
async function soleOwnerOf(session: Session, schema: string): Promise<string | undefined> {
  const [row] = await session.query(
    `select r.rolname as owner
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = c.relowner
     where n.nspname = $1 and c.relname = 'release' and has_schema_privilege(r.oid, n.oid, 'create')
       and not exists (select from pg_proc p where p.pronamespace = n.oid and p.proowner <> c.relowner and p.proname = any($2))`,
    [schema, functionNames()],
  );
  return row?.['owner'] as string | undefined;
}

/**
 * What is made belongs to the owner of what is there, also when a superuser migrates: functions call each other with the rights of
 * one role.
 */
async function actAs(session: Session, owner: string, schema: string): Promise<void> {
  try {
    await session.query(`set role ${quoteIdentifier(owner)}`, []);
  } catch (cause) {
    if ((cause as { code?: string }).code !== '42501') throw cause;
    throw new SchemaVersionError(
      `The schema "${schema}" is to be brought up to date by the role "${owner}", to which it belongs. Run migrate({ schema: '${schema}' }) as that role, and let others use it with its function grant_worker.`,
      'forbidden',
    );
  }
}

async function ensureSchema(session: Session, schema: string): Promise<void> {
  const [existing] = await session.query(
    `select has_schema_privilege(oid, 'create') as usable from pg_namespace where nspname = $1`,
    [schema],
  );
  if (existing?.['usable'] === true) return;
  const forbidden = (what: string, remedy: string) =>
    new SchemaVersionError(
      `The database role may not ${what}. Ask an administrator to run: ${remedy}`,
      'forbidden',
    );
  const [role] = await session.query('select current_user as name, current_database() as db', []);
  const grantee = quoteIdentifier(String(role?.['name']));
  if (existing) {
    throw forbidden(
      `create objects in the schema "${schema}"`,
      `grant usage, create on schema ${quoteIdentifier(schema)} to ${grantee}`,
    );
  }
  try {
    await session.query(`create schema ${quoteIdentifier(schema)}`, []);
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error;
    throw forbidden(
      `create the schema "${schema}"`,
      `create schema ${quoteIdentifier(schema)} authorization ${grantee}`,
    );
  }
}

/** All files of sql/ in one transaction, in any order: bodies are checked when they first run. */
async function applyFunctions(session: Session, release: Release): Promise<void> {
  await session.query('begin', []);
  try {
    await session.query('set local check_function_bodies = off', []);
    await session.client.query(functionTexts());
    await session.query('select _steady_plans($1), _secure($1)', [functionNames()]);
    await session.query('delete from release', []);
    await session.query(
      'insert into release (schema, version, hash, serves) values ($1, $2, $3, $4)',
      [release.schema, release.version, release.hash, release.serves],
    );
    await session.query('commit', []);
  } catch (error) {
    await session.query('rollback', []);
    throw error;
  }
}

function functionTexts(): string {
  return readSources()
    .functions.map(({ text }) => text)
    .join('\n');
}

/** What the files define, views among them. */
function functionNames(): string[] {
  return readSources().functions.map(({ name }) => path.basename(name, '.sql'));
}
