// Compiles lib/ to CommonJS and lays an ES module wrapper over it, so that `require` and
// `import` hand out the same classes: one process, one instance of the library.
//
//   node scripts/build.mjs [--out DIR]      DIR is dist/ unless given

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(path.join(root, 'package.json'));

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
const out = path.resolve(root, values.out);

rmSync(out, { recursive: true, force: true });
compile();
embedSources();
writeWrapper();

function compile() {
  const manifest = require.resolve('typescript/package.json');
  const tsc = path.join(path.dirname(manifest), require(manifest).bin.tsc);
  execFileSync(process.execPath, [tsc, '--project', 'tsconfig.build.json', '--outDir', out], {
    cwd: root,
    stdio: 'inherit',
  });
}

/** Puts the texts of sql/ and migrations/ into the code, which then needs no files when it is bundled. */
function embedSources() {
  const module = path.join(out, 'store/sources.js');
  const sources = ask('readSources(process.argv[2])', module, root);
  rmSync(`${module}.map`);
  writeFileSync(
    module,
    [
      '"use strict";',
      'Object.defineProperty(exports, "__esModule", { value: true });',
      `const sources = ${JSON.stringify(sources, undefined, 1)};`,
      'exports.readSources = () => sources;',
      '',
    ].join('\n'),
  );
}

function writeWrapper() {
  const names = exportedNames();
  writeFileSync(
    path.join(out, 'index.mjs'),
    [
      "import tuskmq from './index.js';",
      '',
      'export default tuskmq;',
      ...names.map((name) => `export const ${name} = tuskmq.${name};`),
      '',
    ].join('\n'),
  );
  writeFileSync(
    path.join(out, 'index.d.mts'),
    [
      "import * as tuskmq from './index.js';",
      '',
      "export * from './index.js';",
      'export default tuskmq;',
      '',
    ].join('\n'),
  );
}

function exportedNames() {
  /** @type {string[]} */
  const names = ask('', path.join(out, 'index.js'));
  return names.filter((name) => name !== '__esModule' && name !== 'default');
}

/**
 * What a compiled module exports, or what that does. Asked of a process with the repository's node_modules in
 * its module path, because an output folder elsewhere has no dependencies beside it.
 * @param {string} call of one of its exports; the names of all when it is empty
 * @param {string} module
 * @param {string[]} args
 */
function ask(call, module, ...args) {
  const what = call ? `require(process.argv[1]).${call}` : 'Object.keys(require(process.argv[1]))';
  const script = `process.stdout.write(JSON.stringify(${what}))`;
  const answer = execFileSync(process.execPath, ['-e', script, module, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: path.join(root, 'node_modules') },
  });
  return JSON.parse(answer);
}
