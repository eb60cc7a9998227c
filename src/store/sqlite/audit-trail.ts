import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AuditedIntent } from '../../domain/audit-chain';
import type { AuditedClosure, AuditedRow, AuditTrail } from '../../ports/audit';
import { StoreMissing } from '../errors';
import { checkpointFromRow, newestCheckpoint, sealFromRow } from './checkpoints';
import { DATABASE_FILE } from './data-folder';
import { BUSY_TIMEOUT_MS, Database, type SqlRow } from './database';
import { assertMigrated } from './migrate';
import { closureFromRow, entryFromRow } from './rows';

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
  if (!existsSync(file)) throw new StoreMissing(dataDir);
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
    return audited && (audited.row || audited.entries.length > 0 || audited.seals.length > 0) ? audited : null;
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
    const among = (sql: string) => this.#db.all(sql, [JSON.stringify(ids)]);
    const found = new Map(ids.map((id): [string, AuditedClosure] => [id, { id, row: null, entries: [], seals: [] }]));
    for (const row of among('SELECT * FROM closure WHERE id IN (SELECT value FROM json_each(?))')) {
      found.get(row.id as string)!.row = auditedRow(row);
    }
    for (const row of among('SELECT * FROM closure_event WHERE closure_id IN (SELECT value FROM json_each(?)) ORDER BY closure_id, seq')) {
      found.get(row.closure_id as string)!.entries.push(entryFromRow(row));
    }
    for (const row of among('SELECT * FROM audit_seal WHERE closure_id IN (SELECT value FROM json_each(?)) ORDER BY closure_id, checkpoint')) {
      found.get(row.closure_id as string)!.seals.push({ ...sealFromRow(row), checkpoint: row.checkpoint as number });
    }
    return [...found.values()];
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

function auditedRow(row: SqlRow): AuditedRow {
  return {
    intent: intentFromRow(row),
    status: row.status as string,
    head: row.audit_head as string,
    count: row.audit_count as number,
    sealed: row.audit_sealed as number,
  };
}

/** Null: somebody has made the account's JSON unreadable. */
function intentFromRow(row: SqlRow): AuditedIntent | null {
  // The rest of the row may be unreadable, too, and is not what the chain begins with.
  const readable = { ...row, blockers: '[]', required_action: null, error: null, liquidation: null };
  try {
    const { id, tenant, subject, account, lockKey, reason, reasonText, reasonMapping, initiator, ...rest } = closureFromRow(readable);
    const { announceOnly, liquidatePositions, includeAccounts, correlationId, requestedAt } = rest;
    if (typeof account !== 'object' || account === null) return null;
    const asked = { id, tenant, subject, account, lockKey, reason, reasonText, reasonMapping, initiator };
    return { ...asked, announceOnly, liquidatePositions, includeAccounts, correlationId, requestedAt };
  } catch {
    return null;
  }
}
