import type { Attempt, Closure, ClosureEvent, ClosureReport } from '../../domain/closure';
import type { ListFilter, VisibleTo } from '../../ports/store';
import { attemptFromRow, closureFromRow, eventFromRow, grouped, reportFromRow } from '../rows';
import type { Database, SqlValue } from './database';
import { NOBODY, NOT_AMONG, providersWithDue } from './due';
import { listStatement, seenBy } from './list';

/** The store's reads; see ClosureStore for what each one promises. They see committed state only. */

export function closuresById(db: Database, tenant: string, ids: readonly string[], visibleTo?: VisibleTo): (Closure | null)[] {
  const { sql, params } = seenBy(tenant, visibleTo);
  const rows = db.all(`SELECT * FROM closure WHERE tenant = ? AND id IN (SELECT value FROM json_each(?)) AND ${sql}`, [
    tenant,
    JSON.stringify(ids),
    ...params,
  ]);
  const byId = new Map(rows.map((row) => [row.id, closureFromRow(row)]));
  return ids.map((id) => byId.get(id) ?? null);
}

export function closureByKey(db: Database, tenant: string, subject: string, key: string): Closure | null {
  return one(db, 'SELECT * FROM closure WHERE tenant = ? AND subject = ? AND idempotency_key = ?', [tenant, subject, key]);
}

export function closureByLockKey(db: Database, tenant: string, provider: string, lockKey: string): Closure | null {
  return one(
    db,
    `SELECT * FROM closure WHERE id = (
       SELECT max(closure_id) FROM closure_identifier WHERE tenant = ? AND provider = ? AND lock_key = ?)`,
    [tenant, provider, lockKey],
  );
}

export function newestClosuresOfAccount(db: Database, provider: string, lockKey: string): Closure[] {
  const rows = db.all(
    `SELECT * FROM closure WHERE id IN (
       SELECT max(closure_id) FROM closure_identifier WHERE provider = ? AND lock_key = ? GROUP BY tenant)`,
    [provider, lockKey],
  );
  return rows.map(closureFromRow);
}

export function newestClosuresByRef(db: Database, tenant: string, refs: readonly string[], visibleTo?: VisibleTo): (Closure | null)[] {
  const { sql, params } = seenBy(tenant, visibleTo);
  const rows = db.all(
    `SELECT newest.ref AS looked_up, closure.* FROM (
       SELECT ref, max(closure_id) AS newest_id FROM closure_identifier AS name JOIN closure ON id = closure_id
       WHERE name.tenant = ? AND ref IN (SELECT value FROM json_each(?)) AND ${sql} GROUP BY ref
     ) AS newest JOIN closure ON closure.id = newest_id`,
    [tenant, JSON.stringify(refs), ...params],
  );
  const byRef = new Map(rows.map((row) => [row.looked_up, closureFromRow(row)]));
  return refs.map((ref) => byRef.get(ref) ?? null);
}

export function listClosures(db: Database, tenant: string, filter: ListFilter, limit: number, after: string | null): Closure[] {
  const status = filter.status && [...new Set(filter.status)];
  if (status?.length === 0) return [];
  const { sql, params } = listStatement(tenant, { ...filter, status }, limit, after);
  return db.all(sql, params).map(closureFromRow);
}

export function requestedAt(db: Database, tenant: string, subject: string | null, place: number): number | null {
  const [asked, params] = subject === null ? ['TRUE', []] : ['subject = ?', [subject]];
  const [row] = db.all(
    `SELECT requested_at FROM closure WHERE tenant = ? AND (subject <> provider OR idempotency_key IS NOT NULL) AND ${asked} ORDER BY id DESC LIMIT 1 OFFSET ?`,
    [tenant, ...params, place - 1],
  );
  return (row?.requested_at ?? null) as number | null;
}

export function attemptsOf(db: Database, id: string): Attempt[] {
  return db.all('SELECT * FROM attempt WHERE closure_id = ? ORDER BY number', [id]).map(attemptFromRow);
}

/** Of the given closures, those of the tenant. */
const OWN = '(SELECT id FROM closure WHERE tenant = ? AND id IN (SELECT value FROM json_each(?)))';

export function eventsOf(db: Database, tenant: string, ids: readonly string[]): ClosureEvent[][] {
  const rows = db.all(`SELECT * FROM closure_event WHERE closure_id IN ${OWN} ORDER BY closure_id, seq`, [tenant, JSON.stringify(ids)]);
  return grouped(rows, ids, eventFromRow);
}

export function reportsOf(db: Database, tenant: string, ids: readonly string[]): ClosureReport[][] {
  const rows = db.all(`SELECT * FROM closure_report WHERE closure_id IN ${OWN} ORDER BY closure_id, created_at, id`, [tenant, JSON.stringify(ids)]);
  return grouped(rows, ids, reportFromRow);
}

export function accountRefsOf(db: Database, tenant: string, ids: readonly string[]): string[][] {
  const rows = db.all('SELECT closure_id, ref FROM closure_identifier WHERE tenant = ? AND closure_id IN (SELECT value FROM json_each(?))', [
    tenant,
    JSON.stringify(ids),
  ]);
  return grouped(rows, ids, (row) => row.ref as string);
}

/** Jumps along the index from one provider to the next: a tenant has few providers and many closures. */
export function providersOf(db: Database, tenant: string): string[] {
  const rows = db.all(
    `WITH RECURSIVE seen (provider) AS (
       SELECT min(provider) FROM closure_identifier WHERE tenant = ?1
       UNION ALL
       SELECT (SELECT min(provider) FROM closure_identifier WHERE tenant = ?1 AND provider > seen.provider)
       FROM seen WHERE seen.provider IS NOT NULL
     ) SELECT provider FROM seen WHERE provider IS NOT NULL ORDER BY provider`,
    [tenant],
  );
  return rows.map((row) => row.provider as string);
}

/** Claimed closures count, too: they wait for the end of their claim. */
export function nextDue(db: Database, notNow = NOBODY): number | null {
  const closures = JSON.stringify(notNow.closures);
  const unclaimed = providersWithDue(db, notNow).flatMap((provider) => {
    const where = `provider = ? AND due_at IS NOT NULL AND lease_until IS NULL AND ${NOT_AMONG}`;
    return db.all(`SELECT due_at AS at FROM closure WHERE ${where} ORDER BY due_at LIMIT 1`, [provider, closures]);
  });
  // Whatever is claimed is some worker's, and few.
  const claimed = db.all(
    `SELECT max(due_at, lease_until) AS at FROM closure WHERE lease_until IS NOT NULL AND due_at IS NOT NULL AND ${NOT_AMONG}
       AND provider NOT IN (SELECT value FROM json_each(?)) ORDER BY at LIMIT 1`,
    [closures, JSON.stringify(notNow.providers)],
  );
  const times = [...unclaimed, ...claimed].map(({ at }) => at as number);
  return times.length > 0 ? Math.min(...times) : null;
}

function one(db: Database, sql: string, params: readonly SqlValue[]): Closure | null {
  const [row] = db.all(sql, params);
  return row ? closureFromRow(row) : null;
}
