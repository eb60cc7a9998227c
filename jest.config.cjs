require('./test/support/find-postgres.cjs');

const { existsSync } = require('node:fs');

process.env.CHROMIUM_PATH ||= ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path)) ?? '';
const { POSTGRES_BIN, TEST_DATABASE_URL, REQUIRE_POSTGRES, CHROMIUM_PATH, REQUIRE_CHROMIUM } = process.env;

/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.(t|j)s$': '@swc/jest',
    '^.+\\.cjs$': ['@swc/jest', { swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2022' } }],
  },
  // jose ships ECMAScript modules only, and PGlite imports modules while it runs; Jest's CommonJS runtime can do neither.
  transformIgnorePatterns: ['/node_modules/(?!jose/|@electric-sql/pglite/)'],
  // Beside the packages, so that a run leaves nothing in the system's temporary folder.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
};

/**
 * `*.postgres.test.ts` needs a database; `*.postgres-server.test.ts` starts, stops and kills servers of its own;
 * `*.browser.test.ts` needs Chromium.
 */
const elsewhere = '\\.(postgres|postgres-server|browser)\\.test\\.ts$';
const everywhere = { ...common, displayName: 'gateway', testMatch: ['**/*.test.ts'], testPathIgnorePatterns: [elsewhere] };
const postgres = {
  ...common,
  displayName: 'postgres',
  testMatch: ['**/*.postgres.test.ts'],
  globalSetup: '<rootDir>/test/support/postgres-setup.ts',
  globalTeardown: '<rootDir>/test/support/postgres-teardown.ts',
};
const postgresServer = { ...common, displayName: 'postgres server', testMatch: ['**/*.postgres-server.test.ts'] };
const browser = { ...common, displayName: 'browser', testMatch: ['**/*.browser.test.ts'] };

const hasDatabase = Boolean(POSTGRES_BIN || TEST_DATABASE_URL || REQUIRE_POSTGRES);
const hasPrograms = Boolean(POSTGRES_BIN || REQUIRE_POSTGRES);
const hasBrowser = Boolean(CHROMIUM_PATH || REQUIRE_CHROMIUM);

/** @type {import('jest').Config} */
module.exports = {
  projects: [everywhere, ...(hasDatabase ? [postgres] : []), ...(hasPrograms ? [postgresServer] : []), ...(hasBrowser ? [browser] : [])],
  reporters: ['default', ['<rootDir>/test/support/not-run-reporter.cjs', { hasDatabase, hasPrograms, hasBrowser }]],
  maxWorkers: 2,
  // What takes longer hangs. A busy machine is several times slower than an idle one.
  testTimeout: 180_000,
};
