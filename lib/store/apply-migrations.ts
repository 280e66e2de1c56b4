import { createHash } from 'node:crypto';
import { parseFileName } from 'postgres-migrations/dist/file-name-parser';
import { runMigration } from 'postgres-migrations/dist/run-migration';
import type { BasicPgClient, Migration } from 'postgres-migrations/dist/types';
import { validateMigrationHashes } from 'postgres-migrations/dist/validation';
import type { SourceFile } from './sources';

/** The table of postgres-migrations. */
const TABLE = 'migrations';

/**
 * Applies the migrations that a schema does not have yet, each in a transaction, as postgres-migrations does
 * and with its parts; its own entry reads files, which a bundle has not. The table exists already.
 * @throws Error when one fails, or was changed since it was applied
 */
export async function applyMigrations(client: BasicPgClient, files: SourceFile[]): Promise<void> {
  const migrations = files.map(toMigration);
  const { rows } = await client.query(`select id, hash from ${TABLE}`);
  const applied = Object.fromEntries(rows.map((row) => [Number(row.id), row]));
  validateMigrationHashes(migrations, applied);
  for (const migration of migrations) {
    if (!applied[migration.id]) await runMigration(TABLE, client)(migration);
  }
}

function toMigration({ name: fileName, text }: SourceFile): Migration {
  const { id, name } = parseFileName(fileName);
  const hash = createHash('sha1')
    .update(fileName + text)
    .digest('hex');
  return { id, name, fileName, hash, contents: text, sql: text };
}
