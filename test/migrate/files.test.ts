import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const directory = path.resolve(__dirname, '../../migrations');
const lock = path.join(__dirname, 'hashes.lock');
const files = fs
  .readdirSync(directory)
  .filter((file) => file.endsWith('.sql'))
  .sort();

/** What an installed database remembers of a migration: any change of name or text breaks it. */
const hashOf = (file: string) =>
  createHash('sha1')
    .update(file + fs.readFileSync(path.join(directory, file), 'utf8'))
    .digest('hex');

describe('the migrations', () => {
  test('are numbered without gaps, and have names of their own', () => {
    expect(files.map((file) => Number(file.slice(0, 3)))).toEqual(files.map((_, i) => i + 1));
    for (const file of files) expect(file).toMatch(/^\d{3}_[a-z]+(-[a-z]+)*\.sql$/);
    const names = files.map((file) => file.slice(4));
    expect(new Set(names).size).toBe(names.length);
  });

  test('have lines that end as they do everywhere', () => {
    for (const file of files) {
      expect(fs.readFileSync(path.join(directory, file), 'utf8')).not.toContain('\r');
    }
  });

  test('are what they were when they were released: those in hashes.lock never change', () => {
    const released = fs
      .readFileSync(lock, 'utf8')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => line.split(' '));
    for (const [hash, file] of released) expect([file, hashOf(file!)]).toEqual([file, hash]);
  });
});
