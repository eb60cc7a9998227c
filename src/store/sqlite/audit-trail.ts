import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AuditedClosure, AuditTrail } from '../../ports/audit';
import { auditedClosure, checkpointFromRow, sealFromRow } from '../audit-rows';
import { StoreMissing } from '../errors';
import { newestCheckpoint } from './checkpoints';
import { DATABASE_FILE } from './data-folder';
import { BUSY_TIMEOUT_MS, Database } from './database';
import { assertMigrated } from './migrate';

/** Ids of closures, of entries and of seals: whatever is left of a closure counts. */
const IDS = `SELECT id FROM (
    SELECT * FROM (SELECT id FROM closure WHERE id > ?1 ORDER BY id LIMIT ?2)
    UNION SELECT * FROM (SELECT DISTINCT closure_id FROM closure_event WHERE closure_id > ?1 ORDER BY closure_id LIMIT ?2)
    UNION SELECT * FROM (SELECT DISTINCT closure_id FROM audit_seal WHERE closure_id > ?1 ORDER BY closure_id LIMIT ?2)
  ) ORDER BY id LIMIT ?2`;

/**
 * Opens the audit trail of an embedded store for reading, beside the gateway that has the store: it neither takes the
 * folder's lock nor writes.
 * @throws StoreMissing where the folder holds no store
 * @throws StoreTooNew, StoreTooOld where its tables are not those of this version
 */
export async function openSqliteAuditTrail(dataDir: string): Promise<AuditTrail> {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) throw new StoreMissing(`The data folder ${dataDir}`);
  const db = new Database(`${pathToFileURL(file).href}?mode=ro`, BUSY_TIMEOUT_MS);
  try {
    assertMigrated(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return new SqliteAuditTrail(db);
}

class SqliteAuditTrail implements AuditTrail {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async closures(after: string, limit: number) {
    return this.#inOneLook(() => this.#audited(this.#db.all(IDS, [after, limit]).map((row) => row.id as string)));
  }

  async closure(id: string) {
    const [audited] = this.#inOneLook(() => this.#audited([id]));
    return audited ?? null;
  }

  async checkpoints(after: number, limit: number) {
    return this.#db.all('SELECT * FROM audit_checkpoint WHERE number > ? ORDER BY number LIMIT ?', [after, limit]).map(checkpointFromRow);
  }

  async newestCheckpoint() {
    return newestCheckpoint(this.#db);
  }

  async seals(checkpoint: number) {
    return this.#db.all('SELECT * FROM audit_seal WHERE checkpoint = ? ORDER BY closure_id', [checkpoint]).map(sealFromRow);
  }

  async dispose() {
    this.#db.close();
  }

  #audited(ids: readonly string[]): AuditedClosure[] {
    const of = (id: string, sql: string) => this.#db.all(sql, [id]);
    return ids.flatMap((id) => {
      const [row] = of(id, 'SELECT * FROM closure WHERE id = ?');
      const entries = of(id, 'SELECT * FROM closure_event WHERE closure_id = ? ORDER BY seq');
      const seals = of(id, 'SELECT * FROM audit_seal WHERE closure_id = ? ORDER BY checkpoint');
      return auditedClosure(id, row ?? null, entries, seals) ?? [];
    });
  }

  /** A gateway may be writing: a closure's row, entries and seals are of one moment. */
  #inOneLook<T>(read: () => T): T {
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#db.exec('COMMIT');
    }
  }
}
