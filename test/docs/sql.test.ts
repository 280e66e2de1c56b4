import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { useInstances } from '../helpers/instances';
import { until } from '../helpers/wait';

const on = useInstances();
const page = fs.readFileSync(path.join(__dirname, '../../docs/sql.md'), 'utf8');
const blocks = [...page.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);

/** Roles belong to the whole server, which others may test on. */
const suffix = randomBytes(4).toString('hex');
const roleNames = ['shop', 'app', 'monitoring'];
const renamed = (sql: string) =>
  roleNames.reduce(
    (text, role) =>
      text
        .replaceAll(`'${role}'`, `'${role}_${suffix}'`)
        .replaceAll(new RegExp(`(ROLE|TO) ${role}\\b`, 'g'), `$1 ${role}_${suffix}`),
    sql,
  );

/** Statements with the answer that the page promises by `-->`, if it does; a body in $$ is one piece. */
function statementsOf(block: string): { text: string; answer: string | undefined }[] {
  const pieces = block.matchAll(
    /((?:\$\$[\s\S]*?\$\$|--[^\n]*|[^;$-]|-(?!-))+);(?:[ ]*--> (.*))?/g,
  );
  return [...pieces].map(([, text, answer]) => ({ text: text!, answer }));
}

const statements = blocks.flatMap(statementsOf);

test('every statement of docs/sql.md works, in its order, and answers as it says', async () => {
  const queue = on.queue('emails');
  const worker = on.worker(queue, async () => {
    throw new Error('no such mailbox');
  });
  for (const jobId of ['failed-1', 'failed-2']) await queue.add('bounce', {}, { jobId });
  await until(async () => (await queue.getFailedCount()) === 2);
  await worker.close();

  const client = await on.client();
  const answers: unknown[] = [];
  for (const { text, answer } of statements) {
    const { rows } = await client.query(renamed(text)).catch((error) => {
      throw new Error(`${error.message}, in: ${text}`, { cause: error });
    });
    if (answer !== undefined) {
      answers.push([text, String(Object.values(rows[0] as object)[0])]);
    }
  }
  expect(answers).toEqual(
    statements.flatMap(({ text, answer }) => (answer === undefined ? [] : [[text, answer]])),
  );
  for (const role of roleNames) {
    await on.sql(`drop owned by ${role}_${suffix}; drop role ${role}_${suffix}`);
  }
});

test('no statement of the page is left out', () => {
  const semicolons = blocks
    .join('')
    .replace(/\$\$[\s\S]*?\$\$/g, '')
    .replace(/--[^\n]*/g, '')
    .split(';');
  expect(statements.length).toBe(semicolons.length - 1);
  expect(statements.length).toBeGreaterThan(40);
  expect(statements.filter(({ answer }) => answer !== undefined).length).toBe(8);
});
