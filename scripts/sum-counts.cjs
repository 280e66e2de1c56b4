// Adds up the totals that count-reporter.cjs left in a file and prints `N passed, N failed`.
// Exit code 1 when a test failed or none ran.

const { readFileSync } = require('node:fs');

const file = process.argv[2] ?? '';
const runs = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));

let passed = 0;
let failed = 0;
for (const run of runs) {
  passed += run.passed;
  failed += run.failed;
}
if (passed + failed === 0) {
  console.log('No test ran.');
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
