import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Two folders below the root, as the library itself is where it finds its migrations. */
const FOLDER = path.resolve(__dirname, '../../node_modules/.cache');

/**
 * A TypeScript program in one file, for processes that are started again and again: to compile each
 * of their modules takes a busy machine longer than they live.
 */
export async function bundle(program: string): Promise<{ file: string; remove(): void }> {
  const file = path.join(FOLDER, `${path.basename(program, '.ts')}-${randomUUID()}.cjs`);
  await build({
    entryPoints: [program],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
  });
  return { file, remove: () => fs.rmSync(file, { force: true }) };
}
