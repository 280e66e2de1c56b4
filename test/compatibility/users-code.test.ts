import path from 'node:path';
import { ModuleKind, ModuleResolutionKind, Project, ScriptTarget } from 'ts-morph';

const root = path.resolve(__dirname, '../..');

/** What the compiler says of a file whose `bullmq` is found there. */
function complaints(bullmq: string): string[] {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      esModuleInterop: true,
      target: ScriptTarget.ES2022,
      module: ModuleKind.ESNext,
      moduleResolution: ModuleResolutionKind.Bundler,
      types: ['node'],
      paths: { bullmq: [path.join(root, bullmq)] },
    },
  });
  const file = project.addSourceFileAtPath(path.join(__dirname, 'users-code.ts'));
  return file.getPreEmitDiagnostics().map((diagnostic) => {
    const { line } = file.getLineAndColumnAtPos(diagnostic.getStart() ?? 0);
    const text = diagnostic.getMessageText();
    return `${line}: ${typeof text === 'string' ? text : text.getMessageText()}`;
  });
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
