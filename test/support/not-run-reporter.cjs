/** Says at the end of a run what it did not run, and what it takes to run it. */
module.exports = class NotRunReporter {
  constructor(_, { hasDatabase }) {
    this.what = hasDatabase ? 'with servers of their own' : 'on a real PostgreSQL';
  }

  onRunComplete() {
    process.stderr.write(
      `\nNOT RUN: the tests ${this.what}, because PostgreSQL is not installed.\n` +
        'Install it (apt-get install postgresql), name the folder of its programs in POSTGRES_BIN, or give a database to\n' +
        'spoil in TEST_DATABASE_URL. With REQUIRE_POSTGRES=1 its absence is a failure.\n',
    );
  }
};
