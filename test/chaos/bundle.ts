import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Two folders below the root, as the library itself is where it finds its migrations. */
const FOLDER = path.resolve(__dirname, '../../node_modules/.cache');

/**
 * The program of the workers in one file: they are started again and again, and to compile each of
 * their modules takes a busy machine longer than they live.
 */
export async function bundleWorker(): Promise<{ file: string; remove(): void }> {
  const file = path.join(FOLDER, `chaos-worker-${process.pid}.cjs`);
  await build({
    entryPoints: [path.join(__dirname, 'worker.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
  });
  return { file, remove: () => fs.rmSync(file, { force: true }) };
}
