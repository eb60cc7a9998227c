import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreUnwritable } from '../errors';

/** The store's database in its data folder, and in a backup of it. */
export const DATABASE_FILE = 'gateway.db';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/**
 * Makes the folder and the files that are missing, for the owner's eyes only; what exists keeps its mode.
 * SQLite gives its side files the mode of the database.
 *
 * Nothing that exists is opened: closing a file would drop every lock that this process holds on it
 * (https://sqlite.org/howtocorrupt.html#posix_close_bug).
 * @throws StoreUnwritable
 */
export function prepareDataFolder(dataDir: string, files: readonly string[]): void {
  try {
    const firstMade = mkdirSync(dataDir, { recursive: true, mode: OWNER_ONLY_FOLDER });
    for (const file of files) createIfMissing(file);
    // SQLite opens what it cannot write for reading alone, without a word.
    for (const path of [dataDir, ...files]) accessSync(path, constants.R_OK | constants.W_OK);
    if (firstMade) syncFolders(resolve(dataDir), dirname(resolve(firstMade)));
  } catch (error) {
    throw new StoreUnwritable(dataDir, error);
  }
}

function createIfMissing(file: string): void {
  try {
    closeSync(openSync(file, 'wx', OWNER_ONLY_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A new folder survives a power cut only when its parent, which names it, is synced. Windows has no such call. */
export function syncFolders(from: string, upTo: string): void {
  if (process.platform === 'win32') return;
  for (let folder = from; ; folder = dirname(folder)) {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (folder === upTo || folder === dirname(folder)) return;
  }
}
