/** The package as its users get it: built, packed, unpacked next to its dependencies, and used. */

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import manifest from '../package.json';
import { createDatabase } from './helpers/database';

const run = promisify(execFile);
const root = path.resolve(__dirname, '..');

let folder: string;
let app: string;
let packed: string[];

beforeAll(async () => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tuskmq-package-')));
  const source = path.join(folder, 'source');
  fs.mkdirSync(source);
  for (const part of ['package.json', 'sql', 'migrations']) {
    fs.cpSync(path.join(root, part), path.join(source, part), { recursive: true });
  }
  // Not into the dist/ of the repository, which other processes may be using.
  await node(root, 'scripts/build.mjs', '--out', path.join(source, 'dist'));
  // --ignore-scripts: prepack would build once more, where there is nothing to build.
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { stdout } = await run(npm, ['pack', '--ignore-scripts', '--json', '--offline'], {
    cwd: source,
    shell: process.platform === 'win32',
  });
  const [archive] = Object.values(JSON.parse(stdout)) as {
    filename: string;
    files: { path: string }[];
  }[];
  packed = archive!.files.map((file) => file.path);

  app = path.join(folder, 'app');
  const modules = path.join(app, 'node_modules');
  fs.mkdirSync(modules, { recursive: true });
  await run('tar', ['-xf', archive!.filename, '-C', modules], { cwd: source });
  fs.renameSync(path.join(modules, 'package'), path.join(modules, 'tuskmq'));
  for (const name of Object.keys(manifest.dependencies)) {
    const link = path.join(modules, name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.join(root, 'node_modules', name), link, 'junction');
  }
}, 120_000);

afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('the package', () => {
  test('holds every file of sql/ and migrations/', () => {
    const needed = ['sql', 'migrations'].flatMap((part) => filesBelow(part));
    expect(needed.length).toBeGreaterThan(0);
    expect(packed).toEqual(expect.arrayContaining(needed));
  });

  test('holds nothing but the library', () => {
    const tops = new Set(packed.map((file) => file.split('/')[0]));
    expect([...tops].sort()).toEqual(['dist', 'migrations', 'package.json', 'sql']);
  });

  test.each(['cjs', 'esm'] as const)(
    'is bundled with an application into one file that needs no other, as %s',
    async (format) => {
      const database = await createDatabase();
      const source = path.join(app, `bundled-${format}.ts`);
      fs.writeFileSync(
        source,
        `import { Queue, Worker } from 'tuskmq';
       const connection = ${JSON.stringify(database.url)};
       const queue = new Queue('q', { connection });
       const worker = new Worker('q', async (job) => job.data + 1, { connection });
       worker.on('completed', async (_job, result) => {
         console.log(result);
         await worker.close();
         const filed = new Worker('q', process.argv[1], { connection });
         const failed = new Promise((resolve) => filed.once('failed', (_job, error) => resolve(error)));
         await queue.add('job', 1);
         console.log((await failed).message);
         await filed.close();
         await queue.close();
       });
       void queue.add('job', 1);`,
      );
      const elsewhere = path.join(folder, 'elsewhere', format);
      const file = path.join(elsewhere, format === 'esm' ? 'app.mjs' : 'app.cjs');
      await build({
        entryPoints: [source],
        outfile: file,
        bundle: true,
        platform: 'node',
        format,
        external: ['pg-native'],
        logLevel: 'silent',
        banner: {
          js:
            format === 'esm'
              ? `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = '.'; const __filename = 'x.js';`
              : '',
        },
      });
      const out = await node(elsewhere, file);
      await database.drop();
      expect(out.trim()).toMatch(/^2\nProcessors in files need .* leave tuskmq out of the bundle/);
    },
  );

  test('is required by a CommonJS module', async () => {
    const out = await program('main.cjs', `console.log(typeof require('tuskmq').Queue);`);
    expect(out).toBe('function');
  });

  test('is imported by an ES module', async () => {
    const out = await program(
      'main.mjs',
      `import { Queue } from 'tuskmq'; console.log(typeof Queue);`,
    );
    expect(out).toBe('function');
  });

  test('is the default of its ES module, as a whole', async () => {
    const out = await program(
      'default.mjs',
      `import tuskmq, { Queue } from 'tuskmq'; console.log(tuskmq.Queue === Queue);`,
    );
    expect(out).toBe('true');
  });

  test('hands out the same values to require and to import', async () => {
    const out = await program(
      'both.mjs',
      `import { createRequire } from 'node:module';
       import * as imported from 'tuskmq';
       const required = createRequire(import.meta.url)('tuskmq');
       const names = Object.keys(required);
       const different = names.filter((name) => imported[name] !== required[name]);
       console.log(JSON.stringify({ some: names.includes('Queue'), different }));`,
    );
    expect(JSON.parse(out)).toEqual({ some: true, different: [] });
  });

  test('tells its manifest to tools that ask', async () => {
    const out = await program('manifest.cjs', `console.log(require('tuskmq/package.json').name);`);
    expect(out).toBe('tuskmq');
  });

  test.each([
    [
      'sandbox.cjs',
      `const { Queue, Worker } = require('tuskmq');
       const file = require('node:path').join(__dirname, 'processor.cjs');`,
    ],
    [
      'sandbox.mjs',
      `import { Queue, Worker } from 'tuskmq';
       const file = new URL('./processor.mjs', import.meta.url);`,
    ],
  ])('runs processors from files, in processes and in threads, in %s', async (name, head) => {
    const database = await createDatabase();
    const work = 'async (job) => { await job.updateProgress(1); return job.data; }';
    fs.writeFileSync(path.join(app, 'processor.cjs'), `module.exports = ${work};`);
    fs.writeFileSync(path.join(app, 'processor.mjs'), `export default ${work};`);
    const out = await program(
      name,
      `${head}
       const connection = ${JSON.stringify(database.url)};
       const run = async (useWorkerThreads) => {
         const queue = new Queue('q', { connection });
         const worker = new Worker('q', file, { connection, useWorkerThreads });
         const result = await new Promise((resolve, reject) => {
           worker.on('completed', (_job, value) => resolve(value));
           worker.on('failed', (_job, error) => reject(error));
           queue.add('job', useWorkerThreads ? 'thread' : 'process');
         });
         await worker.close();
         await queue.close();
         return result;
       };
       run(false).then(async (one) => console.log(one, await run(true)));`,
    );
    await database.drop();
    expect(out).toBe('process thread');
  });

  test('has types that an application can declare its own by', async () => {
    fs.writeFileSync(
      path.join(app, 'declared.ts'),
      `import { FlowProducer, Queue, Worker } from 'tuskmq';
       export const worker = new Worker('q', async (job) => job.id);
       export const options = worker.opts;
       export const queue = new Queue<{ a: number }>('q');
       export const backend = queue.getBackend();
       export const flow = new FlowProducer();
       export function makeWorker() { return new Worker('q', async () => 1); }
       export class Mine extends Worker { readonly own = this.opts; }`,
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const typeRoots = path.join(root, 'node_modules/@types');
    const flags = ['--declaration', '--emitDeclarationOnly', '--strict', '--target', 'es2022'];
    const kinds = ['--module', 'node16', '--typeRoots', typeRoots];
    await node(app, tsc, ...flags, ...kinds, '--types', 'node', 'declared.ts');
    const declared = fs.readFileSync(path.join(app, 'declared.d.ts'), 'utf8');
    expect(declared).not.toMatch(/import\("(?!tuskmq"|pg")/);
  });

  test('has types that need no esModuleInterop: they import nothing as a default', () => {
    const dist = path.join(app, 'node_modules/tuskmq/dist');
    const declarations = fs
      .readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.d.ts'));
    const faulty = declarations.filter((file) =>
      /^import (type )?\w+ from/m.test(fs.readFileSync(path.join(dist, file), 'utf8')),
    );
    expect(declarations.length).toBeGreaterThan(50);
    expect(faulty).toEqual([]);
  });

  test.each(['mts', 'cts'])('has types for a .%s file', async (extension) => {
    const file = `types.${extension}`;
    fs.writeFileSync(
      path.join(app, file),
      `import tuskmq, { Queue, migrate, type QueueOptions } from 'tuskmq';
       export const all: typeof Queue = tuskmq.Queue;
       export const ready: Promise<void> = migrate({ connection: 'postgres://localhost/app' });
       export type Options = QueueOptions;
       export function isQueue(value: unknown): value is Queue { return value instanceof Queue; }
       // @ts-expect-error: were the types missing, everything would be any and this no error
       migrate({ connection: new Date() });
      `,
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const flags = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'node16',
      '--esModuleInterop',
    ];
    await node(app, tsc, ...flags, '--types', '', file);
  });
});

function filesBelow(part: string): string[] {
  return fs
    .readdirSync(path.join(root, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join('/'));
}

async function program(name: string, source: string): Promise<string> {
  fs.writeFileSync(path.join(app, name), source);
  return (await node(app, name)).trim();
}

/** Runs Node; what it printed becomes part of the error, for tsc reports on standard output. */
async function node(cwd: string, ...args: string[]): Promise<string> {
  try {
    return (await run(process.execPath, args, { cwd })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`node ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
}
