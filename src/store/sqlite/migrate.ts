import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreTooNew, StoreTooOld } from '../errors';
import { chainOlderEntries } from './chain-older';
import type { Database } from './database';

const FOLDER = join(__dirname, '..', 'migrations', 'sqlite');
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** What SQL alone cannot do, by the name of its file; in the same transaction, after it. */
const STEPS_OF_CODE: Readonly<Record<string, (db: Database) => void>> = { 'audit-trail.sql': chainOlderEntries };

/**
 * Brings the tables up to this version of the gateway. Forward only: number n is `000n-….sql`, runs in one
 * transaction, and `user_version` says how far the database is. To be called under the folder's lock.
 * @throws StoreTooNew for a database that a newer gateway has migrated
 */
export function migrate(db: Database): void {
  const migrations = migrationFiles();
  const current = versionOf(db);
  if (current > migrations.length) throw new StoreTooNew(current, migrations.length);
  for (let number = current + 1; number <= migrations.length; number += 1) {
    const name = migrations[number - 1]!;
    const sql = readFileSync(join(FOLDER, name), 'utf8');
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      STEPS_OF_CODE[name.slice('0000-'.length)]?.(db);
      db.exec(`PRAGMA user_version = ${number}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

/**
 * For a reader, which changes nothing.
 * @throws StoreTooNew, StoreTooOld
 */
export function assertMigrated(db: Database): void {
  const current = versionOf(db);
  const known = migrationFiles().length;
  if (current > known) throw new StoreTooNew(current, known);
  if (current < known) throw new StoreTooOld(current, known);
}

function versionOf(db: Database): number {
  return Number(db.all('PRAGMA user_version')[0]?.user_version);
}

/** File names in order; their numbers are 1, 2, 3, … */
function migrationFiles(): string[] {
  const names = readdirSync(FOLDER).filter((name) => FILE_NAME.test(name));
  names.sort();
  names.forEach((name, index) => {
    if (Number(name.slice(0, 4)) !== index + 1) throw new Error(`Migration ${name} is not number ${index + 1}.`);
  });
  return names;
}
