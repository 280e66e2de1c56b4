import { escapeIdentifier } from 'pg';
import {
  dropDatabase,
  serverUrl,
  templateName,
  uniqueName,
  urlOf,
  withClient,
} from './test-server';

export interface TestDatabase {
  url: string;
  /** Cuts off whoever is still connected and removes the database. */
  drop(): Promise<void>;
}

/**
 * Creates a database of this test file's own: a copy of the one that was migrated at the start of
 * the run, or an empty one for `migrated: false`.
 */
export async function createDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const server = serverUrl();
  const name = uniqueName('file');
  const template = migrated ? templateName() : 'template0';
  await withClient(server, (client) =>
    client.query(
      `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}`,
    ),
  );
  return { url: urlOf(server, name), drop: () => dropDatabase(server, name) };
}
