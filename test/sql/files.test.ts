import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../sql');
const files = fs
  .readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sql'))
  .map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')] as const);

const defined = (text: string) =>
  [...text.matchAll(/^create or replace (function|view) (\w+)/gm)].map(([, , name]) => name);

describe.each(files)('sql/%s', (file, text) => {
  const name = path.basename(file, '.sql');

  test('says first what it is for, then defines what it is called, and nothing else', () => {
    expect(text).toMatch(/^-- \S/);
    expect(defined(text)).toEqual([name]);
    expect(text.match(/^(create|alter|drop|grant|insert|update|delete|do)\b/gim)?.length).toBe(1);
  });

  test('is private by its underscore, and public functions bring their search_path', () => {
    expect(name.startsWith('_')).toBe(file.startsWith(`internal${path.sep}`));
    if (text.includes('create or replace function') && !name.startsWith('_')) {
      expect(text).toContain('set search_path from current');
    }
  });

  test('never reads the clock but through _now', () => {
    const code = text.replace(/--.*$/gm, '').replace(/'[^']*'/g, '');
    expect(code).not.toMatch(
      /\b(clock_timestamp|current_timestamp|transaction_timestamp|now)\s*\(/,
    );
    if (name !== '_now') expect(code).not.toMatch(/statement_timestamp/);
  });
});

const functions = files.filter(([, text]) => text.includes('create or replace function'));
const names = new Set(functions.map(([file]) => path.basename(file, '.sql')));
const words = (text: string) =>
  (text.match(/(?<![\w./])_?[a-z]+(?:_[a-z]+)*\b/g) ?? []).filter((word) => names.has(word));

/** Functions by those that they call. */
const callers = new Map([...names].map((name): [string, Set<string>] => [name, new Set()]));
for (const [file, text] of files) {
  const name = path.basename(file, '.sql');
  const code = text.replace(/--.*$/gm, '');
  for (const [, called] of code.matchAll(/(?<![\w.'])(\w+)\(/g)) {
    if (called !== name) callers.get(called!)?.add(name);
  }
}

/** What the head says of who calls a function; more than names where it says whatever, whoever or every. */
const CALLED_BY = /^-- Called by {2}(.*(?:\n-- {11}.*)*)/m;

const described = files.flatMap(([file, text]): [string, string][] => {
  const calledBy = CALLED_BY.exec(text)?.[1];
  return calledBy === undefined ? [] : [[path.basename(file, '.sql'), calledBy]];
});

test.each(described)('the head of %s names those that call it', (name, calledBy) => {
  const actual = [...callers.get(name)!];
  expect(words(calledBy).filter((word) => !actual.includes(word))).toEqual([]);
  if (!/\b(whatever|whoever|every)\b/.test(calledBy)) {
    expect(actual.filter((caller) => !words(calledBy).includes(caller))).toEqual([]);
  }
});

test('no two files define the same name', () => {
  const names = files.flatMap(([, text]) => defined(text));
  expect(names.length).toBe(new Set(names).size);
});
