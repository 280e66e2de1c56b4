import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A file by its name, without folders, and its text. */
export interface SourceFile {
  name: string;
  text: string;
}

/** What a release brings into a database. */
export interface Sources {
  /** Of the package. */
  version: string;
  /** In order. The first is that of postgres-migrations, which makes the table of those that follow. */
  migrations: SourceFile[];
  /** Functions, before the views that use them. */
  functions: SourceFile[];
}

let found: Sources | undefined;

/**
 * The SQL of this release. Run from its sources, the library reads the files; `scripts/build.mjs` puts their
 * texts in the place of this function, so that a bundle of an application needs no files beside it.
 * @throws Error when the files are not there
 */
export function readSources(root: string = path.join(__dirname, '../..')): Sources {
  try {
    found ??= read(root);
    return found;
  } catch (cause) {
    // Without its code, which would pass for that of a socket that is not there.
    throw new Error(`The SQL of tuskmq cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function read(root: string): Sources {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const first = path.join(
    path.dirname(require.resolve('postgres-migrations')),
    'migrations/0_create-migrations-table.sql',
  );
  const migrations = sqlFiles(path.join(root, 'migrations')).sort((a, b) => compare(a, b));
  const functions = sqlFiles(path.join(root, 'sql'));
  functions.sort((a, b) => Number(isView(root, a)) - Number(isView(root, b)) || compare(a, b));
  return {
    version,
    migrations: [first, ...migrations].map(toSource),
    functions: functions.map(toSource),
  };
}

function sqlFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sql'))
    .map((file) => path.join(directory, file));
}

function isView(root: string, file: string): boolean {
  return path.relative(path.join(root, 'sql'), file).startsWith('view');
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en');
}

function toSource(file: string): SourceFile {
  return { name: path.basename(file), text: readFileSync(file, 'utf8') };
}
