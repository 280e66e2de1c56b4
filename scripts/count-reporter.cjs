// A Jest reporter that appends one line of JSON with the totals of a run to a file.

const { appendFileSync } = require('node:fs');

module.exports = class CountReporter {
  /**
   * @param {unknown} _globalConfig
   * @param {{ file: string }} options
   */
  constructor(_globalConfig, options) {
    this.file = options.file;
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      // A file that does not even load counts as one failed test.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    appendFileSync(this.file, `${JSON.stringify(counts)}\n`);
  }
};
