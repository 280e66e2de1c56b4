import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type CallExpression, Node, Project } from 'ts-morph';

/** Full titles of tests, as jest prints them with their placeholders, and the file of each. */
export function readTestTitles(directory: string): Map<string, string> {
  const project = new Project({ skipAddingFilesFromTsConfig: true });
  const titles = new Map<string, string>();
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.test.ts')).sort()) {
    const source = project.addSourceFileAtPath(path.join(directory, file));
    source.forEachDescendant((node) => {
      const title = titleOf(node, 'test');
      if (title === undefined) return;
      const around = node
        .getAncestors()
        .reverse()
        .flatMap((ancestor) => titleOf(ancestor, 'describe') ?? []);
      titles.set([...around, title].join(' '), file.split(path.sep).join('/'));
    });
  }
  return titles;
}

/** The title of `test('…')` or `test.each(…)('…')`, and of describe in the same ways. */
function titleOf(node: Node, word: 'test' | 'describe'): string | undefined {
  if (!Node.isCallExpression(node) || calledWord(node) !== word) return undefined;
  const [title] = node.getArguments();
  return Node.isStringLiteral(title) || Node.isNoSubstitutionTemplateLiteral(title)
    ? title.getLiteralText()
    : undefined;
}

function calledWord(call: CallExpression): string {
  const callee = call.getExpression();
  return (Node.isCallExpression(callee) ? callee.getExpression() : callee)
    .getText()
    .replace(/\.each(<[\s\S]*)?$/, '');
}
