import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTestTitles } from './read-test-titles';
import { readTypes } from './read-types';
import { verdicts } from './verdicts';
import { writePage } from './write-page';

const root = path.resolve(__dirname, '../..');
const bullmqRoot = path.join(root, 'node_modules/bullmq');

export const pageFile = path.join(root, 'docs/bullmq-compatibility.md');

/** Both packages and our tests as they are now, and the page that they make. */
export function readFacts() {
  const bullmq = readTypes(path.join(bullmqRoot, 'dist/esm/index.d.ts'));
  const ours = readTypes(path.join(root, 'lib/index.ts'));
  const tests = readTestTitles(path.join(root, 'test'));
  const { version } = JSON.parse(readFileSync(path.join(bullmqRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { bullmq, ours, tests, page: writePage(verdicts, bullmq, tests, version) };
}
