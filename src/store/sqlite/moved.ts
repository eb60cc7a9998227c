import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreMoved } from '../errors';

const MOVED_FILE = 'gateway.moved.txt';

/** The file that says it. */
export const movedFile = (dataDir: string): string => join(dataDir, MOVED_FILE);

/** Says that the folder's closures were copied to another store, which works on them from now on. */
export function markMoved(dataDir: string, now: number): void {
  writeFileSync(movedFile(dataDir), `copied to PostgreSQL at ${new Date(now).toISOString()}\n`, { mode: 0o600 });
}

/** The copy did not come about. */
export function unmarkMoved(dataDir: string): void {
  rmSync(movedFile(dataDir), { force: true });
}

/** @throws StoreMoved for a folder whose closures were copied */
export function refuseMoved(dataDir: string): void {
  const file = movedFile(dataDir);
  if (existsSync(file)) throw new StoreMoved(dataDir, file);
}
