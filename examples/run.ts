/**
 * `npm run example <name>`: runs one of the examples on the server DATABASE_URL names, or else on
 * one that is gone afterwards.
 */

import { startDatabase } from '../dev/database';
import { main as chainingFlows } from './chaining-flows';
import { main as delaying } from './delaying';
import { main as durableSteps } from './durable-steps';
import { main as processSteps } from './process-steps';
import { main as transactionalEnqueue } from './transactional-enqueue';
import { main as waitingChildren } from './waiting-children';

interface Example {
  summary: string;
  main(connection: string): Promise<unknown>;
}

const examples: Record<string, Example> = {
  'process-steps': {
    summary: 'a job that fails is tried again from the step it had reached',
    main: processSteps,
  },
  delaying: {
    summary: 'a step puts its own job off',
    main: delaying,
  },
  'waiting-children': {
    summary: 'a running job adds children and waits for them',
    main: waitingChildren,
  },
  'chaining-flows': {
    summary: 'a running job adds a flow and waits for it',
    main: chainingFlows,
  },
  'durable-steps': {
    summary: 'steps that are done once, a sleep, a signal, and the end in one commit',
    main: durableSteps,
  },
  'transactional-enqueue': {
    summary: 'a row and its job, in one transaction',
    main: transactionalEnqueue,
  },
};

async function run(name: string): Promise<void> {
  const database = await startDatabase();
  try {
    console.log(`${name}, on PostgreSQL ${database.version} (${database.kind})`);
    await examples[name]!.main(database.url);
  } finally {
    await database.stop();
  }
}

function list(): string {
  const width = Math.max(...Object.keys(examples).map((name) => name.length));
  const lines = Object.entries(examples).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return ['Usage: npm run example <name>', '', ...lines].join('\n');
}

async function runFromCommandLine(name: string | undefined): Promise<void> {
  if (name === undefined) {
    console.log(list());
  } else if (Object.hasOwn(examples, name)) {
    await run(name);
  } else {
    console.error(`There is no example "${name}".\n\n${list()}`);
    process.exitCode = 1;
  }
}

runFromCommandLine(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
