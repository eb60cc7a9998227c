import { StoreMissing, StoreTooNew } from '../errors';
import { assertVersion, migrationFiles } from '../migration-files';
import type { Driver, Query } from './driver';

/** Any number that nobody else locks: "closures" in ASCII. */
const LOCK = '7164767883521697139';

/**
 * Brings the tables up to this version of the gateway. Forward only, all in one transaction; processes that start at
 * the same moment take turns. Where nothing is to be done, no right to change the schema is needed.
 * @throws StoreTooNew for a database that a newer gateway has migrated
 */
export async function migrate(driver: Driver): Promise<void> {
  const migrations = migrationFiles('postgres');
  if ((await versionOf(driver.query)) === migrations.length) return;
  await driver.session(async (query) => {
    await query('BEGIN');
    try {
      await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      const current = await versionOf(query);
      if (current > migrations.length) throw new StoreTooNew(current, migrations.length);
      for (const { sql } of migrations.slice(current)) await query(sql);
      if (current === 0) await query('CREATE TABLE gateway_schema (version integer NOT NULL); INSERT INTO gateway_schema VALUES (0)');
      await query('UPDATE gateway_schema SET version = $1', [migrations.length]);
      await query('COMMIT');
    } catch (error) {
      await query('ROLLBACK');
      throw error;
    }
  });
}

/**
 * For a reader, which changes nothing.
 * @throws StoreMissing, StoreTooNew, StoreTooOld
 */
export async function assertMigrated(query: Query): Promise<void> {
  const found = await versionOf(query);
  if (found === 0) throw new StoreMissing('The database');
  assertVersion(found, migrationFiles('postgres').length);
}

async function versionOf(query: Query): Promise<number> {
  // Asked of the catalogue's rows: to_regclass answers from a cache that does not know what was committed just now.
  const [table] = await query("SELECT FROM pg_tables WHERE tablename = 'gateway_schema' AND schemaname = ANY (current_schemas(false))");
  if (!table) return 0;
  const [row] = await query('SELECT version FROM gateway_schema');
  return Number(row?.version);
}
