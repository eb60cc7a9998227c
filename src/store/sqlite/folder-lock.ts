import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreLocked } from '../errors';
import { Database } from './database';

/** An empty SQLite file that is only ever locked. */
export const LOCK_FILE = 'gateway.lock.db';
const NOTE_FILE = 'gateway.lock.txt';
const NOTE = /^process (?<pid>\d+) on (?<host>\S+) since \S+$/;

export interface FolderLock {
  release(): void;
}

/**
 * Takes the folder for this process until `release` or the process's end, however it ends: the lock is the
 * operating system's, on a file, so neither kill -9 nor a process id used again can leave a wrong one behind.
 * The note beside it only serves the message. Network file systems that do not keep file locks are no place for
 * a data folder.
 * @param since epoch ms, for the note
 * @throws StoreLocked at once, when another process (or this one) has it
 */
export function lockFolder(dataDir: string, since: number): FolderLock {
  const note = join(dataDir, NOTE_FILE);
  const db = new Database(join(dataDir, LOCK_FILE), 0);
  try {
    // Statements run by exec leave nothing behind that would keep the file open after close.
    db.exec('BEGIN EXCLUSIVE');
    writeFileSync(note, `process ${process.pid} on ${hostname()} since ${new Date(since).toISOString()}\n`, { mode: 0o600 });
  } catch (error) {
    db.close();
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') throw new StoreLocked(dataDir, holderNamedIn(note));
    throw error;
  }
  return {
    release() {
      rmSync(note, { force: true });
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

/** A note may be older than the lock: its writer was killed, and the next holder has not written its own yet. */
function holderNamedIn(note: string): string {
  let text: string;
  try {
    text = readFileSync(note, 'utf8').trim();
  } catch {
    return 'a process that has not left its name yet';
  }
  const { pid, host } = NOTE.exec(text)?.groups ?? {};
  const isStale = host === hostname() && !isAlive(Number(pid));
  return host && !isStale ? text : 'a process that has not left its name yet';
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
