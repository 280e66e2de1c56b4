import {
  type CompilerOptions,
  ModuleKind,
  ModuleResolutionKind,
  Project,
  ScriptTarget,
  type SourceFile,
} from 'ts-morph';

/** A compiler as an application has it, strict, to which packages are what `paths` says. */
export function compiler(paths: Record<string, string[]>, also: CompilerOptions = {}): Project {
  return new Project({
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
      paths,
      ...also,
    },
  });
}

/** What the compiler says of a file, each with its line. */
export function complaintsOf(file: SourceFile): string[] {
  return file.getPreEmitDiagnostics().map((diagnostic) => {
    const { line } = file.getLineAndColumnAtPos(diagnostic.getStart() ?? 0);
    const text = diagnostic.getMessageText();
    return `${line}: ${typeof text === 'string' ? text : text.getMessageText()}`;
  });
}
