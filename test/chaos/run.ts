/** `npm run chaos`: `npm run chaos -- --help` tells the options. */

import { startDatabase } from '../../dev/database';
import { type ChaosReport, runChaos } from './chaos';
import { DESCRIPTIONS } from './faults';
import { readOptions } from './options';

main().catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  // A server that crashes leaves what it has written to the operating system: only a power cut needs fsync.
  const server = await startDatabase({ durable: false });
  try {
    if (!server.crash && options.faults.includes('crash')) {
      console.log('The given database cannot be restarted: that fault is left out.');
      options.faults = options.faults.filter((fault) => fault !== 'crash');
    }
    console.log(
      `${options.jobs} jobs, ${options.workers} worker processes, PostgreSQL ${server.version} (${server.kind}), --seed ${options.seed}`,
    );
    const report = await runChaos(server, { ...options, onProgress: showProgress() });
    print(report);
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

/** A line every few seconds, or one that is written over on a terminal. */
function showProgress() {
  const { isTTY } = process.stdout;
  let shownAt = 0;
  return ({
    completed,
    total,
    faults,
  }: Parameters<NonNullable<Parameters<typeof runChaos>[1]['onProgress']>>[0]) => {
    if (performance.now() - shownAt < (isTTY ? 200 : 5_000)) return;
    shownAt = performance.now();
    const line = `${completed} of ${total} jobs completed; ${[...faults].map(([fault, count]) => `${fault} ${count}`).join(', ')}`;
    process.stdout.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

function print({ seconds, faults, outcomes, findings, problems }: ChaosReport): void {
  const rows: [string, string | number, (string | number)?][] = [
    ...[...faults].map(([fault, count]) => [DESCRIPTIONS[fault], count] as [string, number]),
    ['', ''],
    ...[...outcomes].map(([outcome, count]) => [`steps ${outcome}`, count] as [string, number]),
    ['', ''],
    ...findings.map(
      ({ what, expected, found }) =>
        [what, found, found === expected ? 'ok' : `expected ${expected}`] as [
          string,
          number,
          string,
        ],
    ),
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  console.log(`\nDone in ${seconds.toFixed(0)} s.\n`);
  for (const [what, count, verdict = ''] of rows) {
    console.log(`${what.padEnd(width)}  ${`${count}`.padStart(8)}  ${verdict}`.trimEnd());
  }
  for (const problem of problems.slice(0, 50)) console.log(`\nFAULT: ${problem}`);
  console.log(problems.length > 0 ? `\n${problems.length} faults.` : '\nNo fault.');
}
