import fs from 'node:fs';
import path from 'node:path';
import { compiler, complaintsOf } from '../helpers/compiler';

const root = path.resolve(__dirname, '../..');

/** What the samples take from the application around them. */
const AROUND = `
import type { Pool } from 'pg';
import type * as tuskmq from 'tuskmq';
declare global {
  const { Queue, Worker, FlowProducer, migrate }: typeof tuskmq;
  const connection: string;
  const pool: Pool;
  const queue: tuskmq.Queue;
  const job: tuskmq.Job;
  const [send, load, charge, ship, prisma, db, knex, dataSource, em, sequelize, sql, database]: any[];
  const [Order, orders, orderId]: any[];
}`;

/** What the compiler says of the samples of a page, each a module of its own, with the strictest options of applications. */
function complaints(page: string): string[] {
  const project = compiler(
    { tuskmq: [path.join(root, 'lib/index.ts')] },
    {
      // What the libraries hand to callbacks is not declared here.
      noImplicitAny: false,
      exactOptionalPropertyTypes: true,
      // Not the DOM, which has a Worker of its own.
      lib: ['lib.es2023.d.ts'],
    },
  );
  project.createSourceFile(path.join(__dirname, 'around.ts'), AROUND);
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  const samples = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  expect(samples).not.toEqual([]);
  return samples.flatMap(([, sample], i) => {
    const isStatement =
      !/^\s*(return|const .*await job\.)/m.test(sample!) || /Worker\(/.test(sample!);
    const body = isStatement
      ? `${sample}\nexport {};`
      : `export async function run(tx: any) {\n${sample}\n}`;
    const file = project.createSourceFile(path.join(__dirname, `sample-${i}.ts`), body);
    return complaintsOf(file).map((complaint) => `sample ${i + 1}, ${complaint}`);
  });
}

// The compiler reads a few hundred files.
jest.setTimeout(120_000);

test.each(['README.md', 'docs/steps.md', 'docs/transactions.md', 'docs/poolers.md'])(
  'the samples of %s compile as they are printed',
  (page) => {
    expect(complaints(page)).toEqual([]);
  },
);
