import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export type SandboxedProcessor = (
  job: Record<string, unknown>,
  token: string,
  signal: AbortSignal,
) => unknown;

/** How Node says that a file is an ES module, which can only be imported. */
const ONLY_IMPORTED = ['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'];

/**
 * The function that a file exports: `module.exports`, or the default of either kind of module.
 * @throws Error what loading the file throws, or `No function is exported in processor file`
 */
export async function loadProcessor(file: string): Promise<SandboxedProcessor> {
  const loaded = await load(file);
  // A transpiled ES module that is imported has its default within the default.
  const candidates = [loaded?.default?.default, loaded?.default, loaded];
  const processor = candidates.find((candidate) => typeof candidate === 'function');
  if (!processor) throw new Error('No function is exported in processor file');
  return processor;
}

/** By `require` where that is possible: some loaders of TypeScript know nothing else. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the application exports
async function load(file: string): Promise<any> {
  if (!['.mjs', '.mts'].includes(path.extname(file))) {
    try {
      return createRequire(file)(file);
    } catch (error) {
      if (!ONLY_IMPORTED.includes((error as { code?: string } | null)?.code ?? '')) throw error;
    }
  }
  return import(pathToFileURL(file).href);
}
