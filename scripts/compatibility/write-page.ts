import { behaviour } from './behaviour';
import type { PublicType } from './read-types';
import { isVerdict, type Verdict, type Verdicts } from './verdict';

/** The page `docs/bullmq-compatibility.md`. */
export function writePage(
  verdicts: Verdicts,
  bullmq: Map<string, PublicType>,
  testFiles: Map<string, string>,
  version: string,
): string {
  const count = { same: 0, differs: 0, 'not here': 0, like: 0 };
  const sections: string[] = [];
  const wholes: string[] = [];
  const absent = new Map<string, string[]>();
  for (const [name, entry] of Object.entries(verdicts)) {
    if (!isVerdict(entry)) {
      const members = Object.entries(entry);
      for (const [, { verdict }] of members) count[verdict]++;
      const rows = members.map(([member, verdict]) => row(member, verdict, testFiles));
      sections.push([`### ${name}`, '', ...HEAD, ...rows].join('\n'));
      continue;
    }
    count[entry.verdict]++;
    if (entry.verdict === 'not here') {
      absent.set(entry.note, [...(absent.get(entry.note) ?? []), name]);
    } else {
      const kind = bullmq.get(name)?.kind;
      wholes.push(row(kind === 'enum' ? `${name}.*` : name, entry, testFiles));
    }
  }
  return [
    '# Compatibility with BullMQ',
    '',
    `Every name that BullMQ ${version} exports, with every public member of its classes and every option, and what became of it`,
    'here. The reference is BullMQ on Redis. The names come from its types, the verdicts from',
    '`scripts/compatibility/verdicts.ts`; this page is written by `npm run compatibility`, and a test holds the',
    'verdicts against both packages.',
    '',
    `${count.same} are the **same**, each proved by a test; ${count.differs} **differ**, with the reason; ${count['not here']} are **not here**.`,
    'Options that are not here are tolerated: they change nothing.',
    '',
    '## Behaviour that is of no single member',
    '',
    '| what | BullMQ | here | why |',
    '|--|--|--|--|',
    ...behaviour.map(
      ({ what, bullmq: theirs, here, why }) => `| ${what} | ${theirs} | ${here} | ${why} |`,
    ),
    '',
    '## Members',
    '',
    sections.join('\n\n'),
    '',
    '## Names',
    '',
    ...HEAD,
    ...wholes,
    '',
    '## Names that are not here',
    '',
    '| why | names |',
    '|--|--|',
    ...[...absent].map(([note, names]) => `| ${note} | ${names.map(code).join(', ')} |`),
    '',
  ].join('\n');
}

const HEAD = ['| member | | how and why | proved by |', '|--|--|--|--|'];

function row(member: string, verdict: Verdict, testFiles: Map<string, string>): string {
  if (verdict.verdict === 'like') return `| ${code(member)} | same | as ${code(verdict.name)} | |`;
  const note = 'note' in verdict ? verdict.note : '';
  const test = 'test' in verdict ? verdict.test : undefined;
  return `| ${code(member)} | ${verdict.verdict} | ${cell(note)} | ${test ? proof(test, testFiles) : ''} |`;
}

function proof(test: string, testFiles: Map<string, string>): string {
  const file = testFiles.get(test);
  return `[${cell(test)}](../test/${file})`;
}

function code(name: string): string {
  return `\`${name}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
