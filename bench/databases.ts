import { Client, escapeIdentifier } from 'pg';

/** The same server, another database. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

/** Creates an empty database. Its predecessors' dirty pages are written first, so that nobody pays for another. */
export async function createDatabase(server: string, database: string): Promise<string> {
  await withClient(server, async (client) => {
    await client.query(`create database ${escapeIdentifier(database)} template template0`);
    await client.query('checkpoint');
  });
  return urlOf(server, database);
}

export async function dropDatabase(server: string, database: string): Promise<void> {
  await withClient(server, (client) =>
    client.query(`drop database if exists ${escapeIdentifier(database)} with (force)`),
  );
}

/**
 * Lets no timed checkpoint fall into a run: whoever it hit would write full pages that the others do not.
 * Each run begins right after one.
 */
export async function keepCheckpointsOut(server: string): Promise<void> {
  await withClient(server, async (client) => {
    await client.query(`alter system set checkpoint_timeout = '1d'`);
    await client.query(`alter system set max_wal_size = '8GB'`);
    await client.query('select pg_reload_conf()');
  });
}

/** Settings that decide what a commit means, as the server has them. */
export async function serverSettings(server: string): Promise<Record<string, string>> {
  return withClient(server, async (client) => {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings
       where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')`,
    );
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  });
}

export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
