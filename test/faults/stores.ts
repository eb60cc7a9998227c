import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditTrail } from '../../src/ports/audit';
import type { ClosureStore } from '../../src/ports/store';
import { openPostgresStore } from '../../src/store/postgres';
import { openPostgresAuditTrail } from '../../src/store/postgres/audit-trail';
import { openSqliteStore } from '../../src/store/sqlite';
import { openSqliteAuditTrail } from '../../src/store/sqlite/audit-trail';
import { systemClock } from '../../src/system';
import { createDatabase } from '../support/postgres-database';
import type { PostgresServer } from '../support/postgres-server';

/** Where the gateway processes of one run keep their closures. */
export interface StoreUnderTest {
  /** What a gateway process needs in its environment to use it. */
  env: Record<string, string>;
  /** How many processes may use it at once. */
  processes: 1 | 2;
  /** What a dead process had claimed is taken up by another one when the claim runs out, and not at once. */
  claimsOutlive: boolean;
  /** How far its clock, as a process sees it, may be from the machine's, ms. */
  clockErrorMs: number;
  /** The server that it is on, and nobody else's; absent: there is none to end. */
  server?: PostgresServer;
  /** Opens what the processes left behind, after the last one has ended. */
  open(): Promise<ClosureStore>;
  auditTrail(): Promise<AuditTrail>;
  dispose(): Promise<void>;
}

/** Makes an empty store. */
export type MakeStore = () => Promise<StoreUnderTest>;

/** The embedded store, in a folder of its own. */
export async function sqliteFolder(): Promise<StoreUnderTest> {
  return sqliteIn(mkdtempSync(join(tmpdir(), 'closure-faults-')));
}

/** The embedded store in a given folder, which `dispose` removes. */
export function sqliteIn(dataDir: string): StoreUnderTest {
  return {
    env: { DATA_DIR: dataDir },
    processes: 1,
    claimsOutlive: false,
    clockErrorMs: 0,
    open: () => openSqliteStore({ dataDir, clock: systemClock }),
    auditTrail: () => openSqliteAuditTrail(dataDir),
    dispose: async () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

/** A process asks the server for its time, and does not know how long the question took to get there, ms. */
const POSTGRES_CLOCK_ERROR_MS = 20;

/**
 * Databases of their own on one server.
 * @param server its address; where its handle is given instead, a run may end the server too
 */
export function postgresOn(server: string | PostgresServer): MakeStore {
  return async () => {
    const own = typeof server === 'string' ? undefined : server;
    const { url, dispose } = await createDatabase(typeof server === 'string' ? server : server.url());
    return {
      env: { DATABASE_URL: url },
      processes: 2,
      claimsOutlive: true,
      clockErrorMs: POSTGRES_CLOCK_ERROR_MS,
      server: own,
      open: async () => (await openPostgresStore(url)).store,
      auditTrail: () => openPostgresAuditTrail(url),
      dispose,
    };
  };
}
