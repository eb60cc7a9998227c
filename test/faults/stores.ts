import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosureStore } from '../../src/ports/store';
import { openSqliteStore } from '../../src/store/sqlite';
import { systemClock } from '../../src/system';

/** Where the gateway processes of one run keep their closures. */
export interface StoreUnderTest {
  /** What a gateway process needs in its environment to use it. */
  env: Record<string, string>;
  /** How many processes may use it at once. */
  processes: 1 | 2;
  /** Opens what the processes left behind, after the last one has ended. */
  open(): Promise<ClosureStore>;
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
    open: () => openSqliteStore({ dataDir, clock: systemClock }),
    dispose: async () => rmSync(dataDir, { recursive: true, force: true }),
  };
}
