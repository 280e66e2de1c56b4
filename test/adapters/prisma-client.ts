import { PrismaPg } from '@prisma/adapter-pg';
import { type GetPrismaClientConfig, getPrismaClient } from '@prisma/client/runtime/client';

/**
 * What `prisma generate` writes for a schema without models: configuration of the real run time,
 * with its query compiler. Written out here because the command is 230 MB of packages and fetches
 * binaries when it is installed.
 */
const config: GetPrismaClientConfig = {
  previewFeatures: [],
  clientVersion: '7.10.0',
  engineVersion: '0edf323efd1d98336f3f0a68684b56f689b900d3',
  activeProvider: 'postgresql',
  inlineSchema: 'datasource db {\n  provider = "postgresql"\n}\n',
  runtimeDataModel: { models: {}, enums: {}, types: {} },
  parameterizationSchema: { strings: [], graph: 'AAAA' },
  compilerWasm: {
    getRuntime: async () => require('@prisma/client/runtime/query_compiler_fast_bg.postgresql.js'),
    getQueryCompilerWasmModule: async () => {
      const {
        wasm,
      } = require('@prisma/client/runtime/query_compiler_fast_bg.postgresql.wasm-base64.js');
      return new (globalThis as any).WebAssembly.Module(Buffer.from(wasm, 'base64'));
    },
    importName: './query_compiler_fast_bg.js',
  },
};

const PrismaClient = getPrismaClient(config);

/** Prisma's client on a database, with the adapter for `pg`. */
export function openPrisma(url: string) {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) } as never);
}
