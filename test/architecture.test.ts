/**
 * The floors of lib/: an import points down or to the same folder, never up. The linter says the
 * same while one types; this test also sees `require('...')` and `import('...')` types, which it
 * does not.
 */

import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');
const floors = ['model', 'options', 'db', 'store', 'engine', 'classes', 'index'] as const;
type Floor = (typeof floors)[number];

interface Import {
  file: string;
  /** What stands between the quotes. */
  specifier: string;
  onlyTypes: boolean;
}

const files = fs
  .readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .map((file) => `lib/${file.split(path.sep).join('/')}`)
  .filter((file) => file.endsWith('.ts'));
const imports = files.flatMap((file) => importsOf(file));

describe('lib', () => {
  test('has no folder that is not a floor', () => {
    const folders = new Set(files.map((file) => path.posix.dirname(file)));
    const known = [
      'lib',
      ...floors.slice(0, -2).map((floor) => `lib/${floor}`),
      'lib/engine/sandbox',
    ];
    expect([...folders].filter((folder) => !known.includes(folder))).toEqual([]);
  });

  test('imports nothing from outside lib by path', () => {
    const outside = imports.filter(
      (it) => it.specifier.startsWith('.') && floorOf(target(it)) === undefined,
    );
    expect(outside.map(described)).toEqual([]);
  });

  test('imports downwards or within a floor', () => {
    const upwards = imports.filter((it) => {
      const from = floorOf(it.file);
      const to = it.specifier.startsWith('.') ? floorOf(target(it)) : undefined;
      return from && to && floors.indexOf(to) > floors.indexOf(from);
    });
    expect(upwards.map(described)).toEqual([]);
  });

  test('names the driver in db/ and the migrator, and as a type in the connection options', () => {
    const strangers = imports.filter(
      (it) =>
        it.specifier === 'pg' &&
        !it.file.startsWith('lib/db/') &&
        it.file !== 'lib/store/migrator.ts' &&
        !(it.file === 'lib/options/connection-options.ts' && it.onlyTypes),
    );
    expect(strangers.map(described)).toEqual([]);
  });
});

function importsOf(file: string): Import[] {
  const source = withoutComments(fs.readFileSync(path.join(root, file), 'utf8'));
  const statements = /^\s*(?:import|export)\b([^;'"`]*?\bfrom\s*)?\s*'([^']+)'/gm;
  const calls = /\b(import|require)\(\s*'([^']+)'\s*\)(\.[A-Z])?/g;
  return [
    ...[...source.matchAll(statements)].map(([, clause, specifier]) => ({
      file,
      specifier: specifier!,
      onlyTypes: /^\s*type\b/.test(clause ?? ''),
    })),
    // `import('x').Name` is the type, `await import('x')` the value.
    ...[...source.matchAll(calls)].map(([, word, specifier, member]) => ({
      file,
      specifier: specifier!,
      onlyTypes: word === 'import' && member !== undefined,
    })),
  ];
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function target({ file, specifier }: Import): string {
  return path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '');
}

/** Undefined for what is not in lib. */
function floorOf(file: string): Floor | undefined {
  const parts = file.replace(/\.ts$/, '').replace(/\/$/, '').split('/');
  if (parts[0] !== 'lib') {
    return undefined;
  }
  const folder = parts[1] as Floor | undefined;
  if (folder === undefined || folder === 'index') {
    return 'index';
  }
  return floors.includes(folder) ? folder : 'classes';
}

function described({ file, specifier }: Import): string {
  return `${file} imports ${specifier}`;
}
