import type { AuditedClosure, AuditTrail } from '../../ports/audit';
import { auditedClosure, checkpointFromRow, sealFromRow } from '../audit-rows';
import type { Row } from '../rows';
import type { Driver, SqlParam } from './driver';
import { assertMigrated } from './migrate';
import { openedOr } from './opening';
import { PgDriver } from './pg-driver';
import { prepareReader } from './session';

/** Ids of closures, of entries and of seals: whatever is left of a closure counts. */
const PAGE = `SELECT id FROM (
    (SELECT id FROM closure WHERE id > $1 ORDER BY id LIMIT $2)
    UNION (SELECT DISTINCT closure_id FROM closure_event WHERE closure_id > $1 ORDER BY closure_id LIMIT $2)
    UNION (SELECT DISTINCT closure_id FROM audit_seal WHERE closure_id > $1 ORDER BY closure_id LIMIT $2)
  ) AS ids ORDER BY id LIMIT $2`;

/** One statement, and so one moment: a gateway may be writing, and a closure's row, entries and seals belong together. */
const audited = (ids: string) => `
  SELECT page.id, to_json(closure) AS kept,
    (SELECT coalesce(json_agg(entry ORDER BY seq), '[]') FROM closure_event entry WHERE entry.closure_id = page.id) AS entries,
    (SELECT coalesce(json_agg(seal ORDER BY checkpoint), '[]') FROM audit_seal seal WHERE seal.closure_id = page.id) AS seals
  FROM (${ids}) AS page LEFT JOIN closure ON closure.id = page.id ORDER BY page.id`;

/**
 * Opens the audit trail of a PostgreSQL store for reading, beside any number of gateways: it takes no lock and writes
 * nothing. The right to read the tables is enough, and a standby will do.
 * @param url postgres://user:password@host:port/database, with libpq's parameters
 * @throws StoreUnreachable when the database cannot be reached
 * @throws StoreMissing where it holds no store
 * @throws StoreTooNew, StoreTooOld where its tables are not those of this version
 */
export async function openPostgresAuditTrail(url: string): Promise<AuditTrail> {
  const driver = new PgDriver(url, prepareReader);
  return await openedOr(driver, () => openAuditTrailOn(driver));
}

/** {@link openPostgresAuditTrail} on any client. */
export async function openAuditTrailOn(driver: Driver): Promise<AuditTrail> {
  await assertMigrated(driver.query);
  return new PostgresAuditTrail(driver);
}

class PostgresAuditTrail implements AuditTrail {
  constructor(private readonly driver: Driver) {}

  closures(after: string, limit: number) {
    return this.audited(PAGE, [after, limit]);
  }

  async closure(id: string) {
    const [found] = await this.audited('SELECT $1::text COLLATE "C" AS id', [id]);
    return found ?? null;
  }

  async checkpoints(after: number, limit: number) {
    const rows = await this.driver.query('SELECT * FROM audit_checkpoint WHERE number > $1 ORDER BY number LIMIT $2', [after, limit]);
    return rows.map(checkpointFromRow);
  }

  async newestCheckpoint() {
    const [row] = await this.driver.query('SELECT * FROM audit_checkpoint ORDER BY number DESC LIMIT 1');
    return row ? checkpointFromRow(row) : null;
  }

  async seals(checkpoint: number) {
    const rows = await this.driver.query('SELECT * FROM audit_seal WHERE checkpoint = $1 ORDER BY closure_id', [checkpoint]);
    return rows.map(sealFromRow);
  }

  dispose() {
    return this.driver.close();
  }

  private async audited(ids: string, params: readonly SqlParam[]): Promise<AuditedClosure[]> {
    const rows = await this.driver.query(audited(ids), params);
    return rows.flatMap(({ id, kept, entries, seals }) => {
      return auditedClosure(id as string, kept as Row | null, entries as Row[], seals as Row[]) ?? [];
    });
  }
}
