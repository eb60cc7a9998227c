const NO_POSTGRES =
  'because PostgreSQL is not installed.\n' +
  'Install it (apt-get install postgresql), name the folder of its programs in POSTGRES_BIN, or give a database to\n' +
  'spoil in TEST_DATABASE_URL. With REQUIRE_POSTGRES=1 its absence is a failure.';
const NO_CHROMIUM =
  'because Chromium is not installed.\n' +
  'Install it (apt-get install chromium), or name its program in CHROMIUM_PATH. With REQUIRE_CHROMIUM=1 its absence is a failure.';

/** Says at the end of a run what it did not run, and what it takes to run it. */
module.exports = class NotRunReporter {
  constructor(_, { hasDatabase, hasPrograms, hasBrowser }) {
    this.lines = [
      ...(hasPrograms ? [] : [`the tests ${hasDatabase ? 'with servers of their own' : 'on a real PostgreSQL'}, ${NO_POSTGRES}`]),
      ...(hasBrowser ? [] : [`the tests in a browser, ${NO_CHROMIUM}`]),
    ];
  }

  onRunComplete() {
    for (const line of this.lines) process.stderr.write(`\nNOT RUN: ${line}\n`);
  }
};
