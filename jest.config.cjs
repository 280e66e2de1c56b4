// TUSKMQ_TEST_COUNTS names a file to which the totals of the run are appended (.ci/run adds them up).
const counts = process.env.TUSKMQ_TEST_COUNTS;

const swc = [
  '@swc/jest',
  { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '\\.ts$': swc,
    // It imports on demand, which Jest's modules cannot.
    '@electric-sql/pglite/.*\\.cjs$': swc,
  },
  transformIgnorePatterns: ['/node_modules/(?!@electric-sql/pglite/)'],
  globalSetup: '<rootDir>/test/helpers/global-setup.ts',
  globalTeardown: '<rootDir>/test/helpers/global-teardown.ts',
  // One more than most machines of continuous integration have cores: many tests wait rather than work.
  maxWorkers: 3,
  testTimeout: 60_000,
  reporters: [
    'default',
    ...(counts ? [['<rootDir>/scripts/count-reporter.cjs', { file: counts }]] : []),
  ],
};
