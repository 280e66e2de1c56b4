import {
  type ExportedDeclarations,
  ModuleKind,
  ModuleResolutionKind,
  Node,
  Project,
  Scope,
  type Symbol as TypeSymbol,
} from 'ts-morph';

/** A name that a package exports, with its members when it is a class, an object type or an enum. */
export interface PublicType {
  kind: 'class' | 'enum' | 'function' | 'type' | 'value';
  /** Public members by name; `constructor`, and statics as `static x`. Inherited ones are included. */
  members: string[];
}

/**
 * What the entry file of a package exports, from its types. The native compiler of TypeScript 7 has no
 * API for this yet; ts-morph carries a compiler that has one, and resolves what is inherited, mapped or
 * intersected.
 */
export function readTypes(entryFile: string): Map<string, PublicType> {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      module: ModuleKind.ESNext,
      moduleResolution: ModuleResolutionKind.Bundler,
      skipLibCheck: true,
      strict: true,
      types: ['node'],
    },
  });
  const entry = project.addSourceFileAtPath(entryFile);
  project.resolveSourceFileDependencies();
  const types = new Map<string, PublicType>();
  for (const [name, declarations] of entry.getExportedDeclarations()) {
    types.set(name, publicType(declarations));
  }
  return types;
}

function publicType(declarations: ExportedDeclarations[]): PublicType {
  const [declaration] = declarations;
  if (Node.isClassDeclaration(declaration)) {
    const statics = [...declaration.getStaticMethods(), ...declaration.getStaticProperties()];
    const own = declaration.getType().getProperties().filter(isPublic).map(memberName);
    return {
      kind: 'class',
      members: [
        'constructor',
        ...statics
          .filter((member) => member.getScope() === Scope.Public)
          .map((member) => `static ${member.getName()}`),
        ...own,
      ],
    };
  }
  if (Node.isEnumDeclaration(declaration)) {
    return { kind: 'enum', members: declaration.getMembers().map((member) => member.getName()) };
  }
  if (Node.isInterfaceDeclaration(declaration) || Node.isTypeAliasDeclaration(declaration)) {
    return { kind: 'type', members: membersOf(declaration) };
  }
  return { kind: Node.isFunctionDeclaration(declaration) ? 'function' : 'value', members: [] };
}

/** Members of an object type; of a union of object types, those of any of them. */
function membersOf(declaration: Node): string[] {
  const type = declaration.getType();
  const parts = type.isUnion() ? type.getUnionTypes() : [type];
  if (!parts.every((part) => part.isObject() || part.isIntersection())) return [];
  if (parts.some((part) => part.getCallSignatures().length > 0 || part.isArray())) return [];
  return [
    ...new Set(parts.flatMap((part) => part.getProperties().filter(isPublic).map(memberName))),
  ];
}

function memberName(symbol: TypeSymbol): string {
  return symbol.getName();
}

/** Not private, protected or marked internal, and no member of Node's EventEmitter. */
function isPublic(symbol: TypeSymbol): boolean {
  return symbol.getDeclarations().every((declaration) => {
    if (/node_modules\/(@types|typescript)\//.test(declaration.getSourceFile().getFilePath()))
      return false;
    if (Node.isScoped(declaration) && declaration.getScope() !== Scope.Public) return false;
    return true;
  });
}
