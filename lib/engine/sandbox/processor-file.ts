import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const EXTENSIONS = ['.js', '.ts', '.flow', '.cjs', '.cts', '.mjs', '.mts'];

/**
 * The absolute path of a processor file.
 * @param given a path, also without `.js` or relative to the working directory, or a `file:` URL
 * @throws Error with BullMQ's message when there is no such file
 */
export function processorFile(given: string | URL): string {
  if (given instanceof URL) {
    const file = given.protocol === 'file:' ? fileURLToPath(given) : undefined;
    if (file && existsSync(file)) return file;
    throw new Error(`URL ${given} does not exist in the local file system`);
  }
  const file = EXTENSIONS.includes(path.extname(given)) ? given : `${given}.js`;
  if (!existsSync(file)) throw new Error(`File ${file} does not exist`);
  return path.resolve(file);
}
