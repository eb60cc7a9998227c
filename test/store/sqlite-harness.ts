import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite';
import { openSqliteAuditTrail } from '../../src/store/sqlite/audit-trail';
import type { StoreHarness } from '../store-contract/harness';

export interface SqliteHarness extends StoreHarness {
  dataDir: string;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'closure-store-'));
}

/** A SQLite store in a temporary folder, on a clock that only moves when it is told to. */
export async function openSqliteHarness(): Promise<SqliteHarness> {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'data');
  let now = 1_790_000_000_000;
  const clock = {
    now: () => now,
    monotonic: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
  const harness: SqliteHarness = {
    dataDir,
    clock,
    store: await openSqliteStore({ dataDir, clock }),
    auditTrail: () => openSqliteAuditTrail(dataDir),
    async reopen() {
      await harness.store.dispose();
      harness.store = await openSqliteStore({ dataDir, clock });
      return harness.store;
    },
    async dispose() {
      await harness.store.dispose();
      rmSync(folder, { recursive: true });
    },
  };
  return harness;
}
