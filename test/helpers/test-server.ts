/**
 * What the one server of a test run is called and holds: shared by the global setup, which makes
 * it, and the test files, which take their databases from it.
 */

import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';

const prefix = 'tuskmq_test_';
const hourMs = 60 * 60 * 1000;

/** Unique on a server that other runs may share; carries its time of birth for the sweep. */
export function uniqueName(purpose: string): string {
  return `${prefix}${Date.now()}_${purpose}_${randomBytes(4).toString('hex')}`;
}

export function serverUrl(): string {
  return required('TUSKMQ_TEST_URL');
}

export function templateName(): string {
  return required('TUSKMQ_TEST_TEMPLATE');
}

/** The URL of another database on the server that `url` names. */
export function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  // A server that crashes in between would end this process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`),
  );
}

/** Drops what runs that crashed more than an hour ago left on a shared server. */
export async function sweepDatabases(url: string): Promise<void> {
  const names = await withClient(url, async (client) => {
    const answer = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    return answer.rows.map((row) => row.datname);
  });
  for (const name of names) {
    const born = Number(name.slice(prefix.length).split('_')[0]);
    if (Date.now() - born > hourMs) {
      // Another run may be sweeping the same one.
      await dropDatabase(url, name).catch(() => {});
    }
  }
}

function required(name: 'TUSKMQ_TEST_URL' | 'TUSKMQ_TEST_TEMPLATE'): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: tests run by \`npm test\`, whose global setup sets it`);
  }
  return value;
}
