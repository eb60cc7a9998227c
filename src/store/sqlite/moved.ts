import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreMoved } from '../errors';

const MOVED_FILE = 'gateway.moved.txt';

/** Says that the folder's closures were copied to another store, which works on them from now on. */
export function markMoved(dataDir: string, now: number): void {
  writeFileSync(join(dataDir, MOVED_FILE), `copied to PostgreSQL at ${new Date(now).toISOString()}\n`, { mode: 0o600 });
}

/** The copy did not come about. */
export function unmarkMoved(dataDir: string): void {
  rmSync(join(dataDir, MOVED_FILE), { force: true });
}

/** @throws StoreMoved for a folder whose closures were copied */
export function refuseMoved(dataDir: string): void {
  const file = join(dataDir, MOVED_FILE);
  if (existsSync(file)) throw new StoreMoved(dataDir, file);
}
