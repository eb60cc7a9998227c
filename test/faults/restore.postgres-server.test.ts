import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresAuditTrail } from '../../src/store/postgres/audit-trail';
import { verified } from '../support/audit';
import { startChild } from '../support/child';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { type PostgresServer, startPostgres } from '../support/postgres-server';
import { type BackedUpStore, restoreSuite } from './restore-suite';

// Most of a test here is starting processes, and waiting until the claims of a dead one run out.
jest.setTimeout(300_000);

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.dispose());

/** Runs one of PostgreSQL's own programs, and expects it to have nothing to say. */
async function run(program: string, ...args: string[]): Promise<void> {
  const child = startChild(join(process.env.POSTGRES_BIN ?? '', program), args);
  expect([await child.ended, child.stderr()]).toEqual([0, '']);
}

/** A database, with `pg_dump` and `pg_restore` as docs/operating.md has them. */
async function database(): Promise<BackedUpStore> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-restore-'));
  const dump = join(folder, 'backup.dump');
  let current: TestDatabase = await createDatabase(server.url());
  return {
    env: () => ({ DATABASE_URL: current.url }),
    backUp: () => run('pg_dump', '--format=custom', `--file=${dump}`, current.url),
    async loseAndRestore() {
      await current.dispose();
      current = await createDatabase(server.url());
      await run('pg_restore', '--no-owner', '--exit-on-error', '--single-transaction', `--dbname=${current.url}`, dump);
    },
    async troubles() {
      const trail = await openPostgresAuditTrail(current.url);
      try {
        return (await verified(trail)).found;
      } finally {
        await trail.dispose();
      }
    },
    async dispose() {
      await current.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe('PostgreSQL', () => restoreSuite(database));
