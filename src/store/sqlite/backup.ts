import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BackupRefused } from '../errors';
import { DATABASE_FILE, syncFolders } from './data-folder';
import { Database } from './database';

export interface BackupOptions {
  /** The data folder; a gateway may be at work in it. */
  from: string;
  /** The folder for the backup, made when it is missing. */
  to: string;
}

/** How long SQLite waits, blocking, for somebody who opens or closes the database at this moment, ms. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Copies the embedded store, as it is between two commits, while a gateway goes on working in it: whatever was
 * acknowledged before the call is in the copy. The copy is checked and on the disk when this returns; one that was
 * broken off never has the name of a finished one.
 *
 * Not for the gateway's own process: closing its file there would drop the locks that the gateway holds on it.
 * @returns the path of the copy
 * @throws BackupRefused; otherwise SQLite's or the file system's error, for example ENOSPC
 */
export function backUpSqliteStore({ from, to }: BackupOptions): string {
  const source = join(from, DATABASE_FILE);
  const target = join(to, DATABASE_FILE);
  const unfinished = `${target}.unfinished`;
  if (!existsSync(source)) throw new BackupRefused(`${from} is no data folder: it has no ${DATABASE_FILE}.`);
  if (existsSync(target)) throw new BackupRefused(`${target} exists already and is not overwritten.`);
  const firstMade = mkdirSync(to, { recursive: true, mode: 0o700 });
  rmSync(unfinished, { force: true });
  copy(source, unfinished);
  check(unfinished);
  sync(unfinished);
  renameSync(unfinished, target);
  syncFolders(resolve(to), firstMade ? dirname(resolve(firstMade)) : resolve(to));
  return target;
}

/** One read transaction, which holds no writer up (https://sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause). */
function copy(source: string, target: string): void {
  // Made empty first, so that nobody but its owner can read it at any time.
  closeSync(openSync(target, 'wx', 0o600));
  const db = new Database(source, BUSY_TIMEOUT_MS);
  try {
    db.run('VACUUM INTO ?', [target]);
  } finally {
    db.close();
  }
}

function check(copied: string): void {
  const db = new Database(copied, BUSY_TIMEOUT_MS);
  try {
    const found = db.all('PRAGMA quick_check').map((row) => String(row.quick_check));
    if (found.join() !== 'ok') throw new BackupRefused(`The copy is damaged, and so may be the store: ${found[0]}`);
  } finally {
    db.close();
  }
}

/** SQLite does not promise that what VACUUM INTO has written is on the disk. */
function sync(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
