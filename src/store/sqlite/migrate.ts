import { StoreTooNew } from '../errors';
import { assertVersion, migrationFiles } from '../migration-files';
import { chainOlderEntries } from './chain-older';
import type { Database } from './database';

/** What SQL alone cannot do, by the name of its file; in the same transaction, after it. */
const STEPS_OF_CODE: Readonly<Record<string, (db: Database) => void>> = { 'audit-trail': chainOlderEntries };

/**
 * Brings the tables up to this version of the gateway. Forward only: each migration runs in one transaction, and
 * `user_version` says how far the database is. To be called under the folder's lock.
 * @throws StoreTooNew for a database that a newer gateway has migrated
 */
export function migrate(db: Database): void {
  const migrations = migrationFiles('sqlite');
  const current = versionOf(db);
  if (current > migrations.length) throw new StoreTooNew(current, migrations.length);
  for (const [index, { name, sql }] of migrations.slice(current).entries()) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      STEPS_OF_CODE[name]?.(db);
      db.exec(`PRAGMA user_version = ${current + index + 1}`);
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
  assertVersion(versionOf(db), migrationFiles('sqlite').length);
}

function versionOf(db: Database): number {
  return Number(db.all('PRAGMA user_version')[0]?.user_version);
}
