import { StoreTooNew } from '../errors';
import { migrationTexts } from '../migration-files';
import type { Database } from './database';

/**
 * Brings the tables up to this version of the gateway. Forward only: each migration runs in one transaction, and
 * `user_version` says how far the database is. To be called under the folder's lock.
 * @throws StoreTooNew for a database that a newer gateway has migrated
 */
export function migrate(db: Database): void {
  const migrations = migrationTexts('sqlite');
  const current = Number(db.all('PRAGMA user_version')[0]?.user_version);
  if (current > migrations.length) throw new StoreTooNew(current, migrations.length);
  for (const [index, sql] of migrations.slice(current).entries()) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${current + index + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}
