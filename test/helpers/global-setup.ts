import { escapeIdentifier } from 'pg';
import { type DevelopmentDatabase, startDatabase } from '../../dev/database';
import { migrate } from '../../lib';
import { sweepDatabases, uniqueName, urlOf, withClient } from './test-server';

declare global {
  /** Handed from the global setup to the global teardown, which share a process. */
  var tuskmqTestServer: DevelopmentDatabase | undefined;
}

/** Starts one server for the run and migrates one database on it, the template of all others. */
export default async function globalSetup(): Promise<void> {
  const server = await startDatabase({ durable: false });
  globalThis.tuskmqTestServer = server;
  const template = uniqueName('template');
  process.env.TUSKMQ_TEST_URL = server.url;
  process.env.TUSKMQ_TEST_TEMPLATE = template;

  await sweepDatabases(server.url);
  const name = escapeIdentifier(template);
  await withClient(server.url, (client) =>
    client.query(`create database ${name} template template0`),
  );
  await migrate({ connection: urlOf(server.url, template) });
  // A database somebody is connected to cannot be copied.
  await withClient(server.url, (client) =>
    client.query(`alter database ${name} with allow_connections false`),
  );
  console.log(`\nTests run on PostgreSQL ${server.version} (${server.kind}).`);
}
