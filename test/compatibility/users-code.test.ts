import path from 'node:path';
import { compiler, complaintsOf } from '../helpers/compiler';

const root = path.resolve(__dirname, '../..');

/** What the compiler says of a file whose `bullmq` is found there. */
function complaints(bullmq: string): string[] {
  const project = compiler({ bullmq: [path.join(root, bullmq)] });
  return complaintsOf(project.addSourceFileAtPath(path.join(__dirname, 'users-code.ts')));
}

// The compiler reads a few hundred files.
jest.setTimeout(120_000);

describe('code written for BullMQ', () => {
  test('compiles against these types', () => {
    expect(complaints('lib/index.ts')).toEqual([]);
  });

  test('compiles against its own, so that this proves something', () => {
    expect(complaints('node_modules/bullmq/dist/esm/index.d.ts')).toEqual([]);
  });
});
