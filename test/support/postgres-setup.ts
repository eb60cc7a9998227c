import { type PostgresServer, startPostgres } from './postgres-server';

declare global {
  var postgresOfThisRun: PostgresServer | undefined;
}

/** One server for the whole run, unless one was given; every test file makes a database of its own on it. */
export default async function setUp(): Promise<void> {
  if (process.env.TEST_DATABASE_URL) return;
  globalThis.postgresOfThisRun = await startPostgres();
  process.env.TEST_DATABASE_URL = globalThis.postgresOfThisRun.url();
}
