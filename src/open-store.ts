import type { Config } from './config/load-config';
import type { Clock } from './ports/clock';
import type { ClosureStore } from './ports/store';
import { openPostgresStore } from './store/postgres';
import { openSqliteStore } from './store/sqlite';
import { systemClock } from './system';

/** A store with the clock of everything that is stored in it. */
export interface OpenStore {
  store: ClosureStore;
  clock: Clock;
}

/**
 * Opens the store that the configuration names.
 * @throws what {@link openPostgresStore} or {@link openSqliteStore} throws
 */
export async function openStore({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<OpenStore> {
  if (databaseUrl) return openPostgresStore(databaseUrl.reveal());
  return { store: await openSqliteStore({ dataDir, clock: systemClock }), clock: systemClock };
}
