import type { Attempt, Closure, ClosureEvent, ClosureReport } from '../../domain/closure';
import type { Claimed, ListFilter, NotNow, VisibleTo } from '../../ports/store';
import { attemptFromRow, closureFromRow, eventFromRow, grouped, reportFromRow, type Row } from '../rows';
import type { Query, SqlParam } from './driver';
import { groundsOf, listStatement } from './list';

/** The store's reads and its claim; see ClosureStore for what each one promises. */

/** In the words of the index. */
const IS_KEY = 'ARRAY[tenant, subject, idempotency_key] = ARRAY[$1, $2, $3] AND idempotency_key IS NOT NULL';

const NOBODY: NotNow = { closures: [], providers: [] };

/** The condition that a closure may be seen. @param params of the statement, the tenant first; more are added */
function seenBy(visibleTo: VisibleTo | undefined, params: SqlParam[]): string {
  return `(${groundsOf('$1', visibleTo, (value) => `$${params.push(value)}`).join(' OR ')})`;
}

/** See ClosureStore.claimDue. */
export async function claimDueClosures(query: Query, limit: number, leaseMs: number, notNow = NOBODY): Promise<Claimed[]> {
  const [row] = await query('SELECT gateway_claim_due($1, $2, $3, $4) AS claimed', [limit, leaseMs, notNow.closures, notNow.providers]);
  const claimed = row?.claimed as { closure: Row; attempts: Row[] }[];
  return claimed.map(({ closure, attempts }) => ({ closure: closureFromRow(closure), attempts: attempts.map(attemptFromRow) }));
}

/** Claimed closures count, too: they wait for the end of their claim. */
export async function nextDue(query: Query, notNow = NOBODY): Promise<number | null> {
  const [row] = await query('SELECT gateway_next_due($1, $2) AS at', [notNow.closures, notNow.providers]);
  return (row?.at ?? null) as number | null;
}

export async function closuresById(query: Query, tenant: string, ids: readonly string[], visibleTo?: VisibleTo): Promise<(Closure | null)[]> {
  const params: SqlParam[] = [tenant, ids];
  const rows = await query(`SELECT * FROM closure WHERE tenant = $1 AND id = ANY ($2) AND ${seenBy(visibleTo, params)}`, params);
  const byId = new Map(rows.map((row) => [row.id, closureFromRow(row)]));
  return ids.map((id) => byId.get(id) ?? null);
}

export function closureByKey(query: Query, tenant: string, subject: string, key: string): Promise<Closure | null> {
  return one(query, `SELECT * FROM closure WHERE ${IS_KEY}`, [tenant, subject, key]);
}

export function closureByLockKey(query: Query, tenant: string, provider: string, lockKey: string): Promise<Closure | null> {
  return one(
    query,
    `SELECT * FROM closure WHERE id = (
       SELECT max(closure_id) FROM closure_identifier WHERE tenant = $1 AND provider = $2 AND lock_key = $3)`,
    [tenant, provider, lockKey],
  );
}

export async function newestClosuresOfAccount(query: Query, provider: string, lockKey: string): Promise<Closure[]> {
  const rows = await query(
    `SELECT * FROM closure WHERE id IN (
       SELECT max(closure_id) FROM closure_identifier WHERE provider = $1 AND lock_key = $2 GROUP BY tenant)`,
    [provider, lockKey],
  );
  return rows.map(closureFromRow);
}

export async function newestClosuresByRef(
  query: Query,
  tenant: string,
  refs: readonly string[],
  visibleTo?: VisibleTo,
): Promise<(Closure | null)[]> {
  const params: SqlParam[] = [tenant, refs];
  const rows = await query(
    `SELECT newest.ref AS looked_up, closure.* FROM (
       SELECT ref, max(closure_id) AS newest_id FROM closure_identifier AS name JOIN closure ON id = closure_id
       WHERE name.tenant = $1 AND ref = ANY ($2) AND ${seenBy(visibleTo, params)} GROUP BY ref
     ) AS newest JOIN closure ON closure.id = newest_id`,
    params,
  );
  const byRef = new Map(rows.map((row) => [row.looked_up, closureFromRow(row)]));
  return refs.map((ref) => byRef.get(ref) ?? null);
}

export async function listClosures(query: Query, tenant: string, filter: ListFilter, limit: number, after: string | null): Promise<Closure[]> {
  const status = filter.status && [...new Set(filter.status)];
  if (status?.length === 0) return [];
  const { sql, params } = listStatement(tenant, { ...filter, status }, limit, after);
  return (await query(sql, params)).map(closureFromRow);
}

export async function requestedAt(query: Query, tenant: string, subject: string | null, place: number): Promise<number | null> {
  const [asked, params] = subject === null ? ['TRUE', []] : ['subject = $3', [subject]];
  const [row] = await query(
    `SELECT requested_at FROM closure WHERE tenant = $1 AND (subject <> provider OR idempotency_key IS NOT NULL) AND ${asked} ORDER BY id DESC LIMIT 1 OFFSET $2`,
    [tenant, place - 1, ...params],
  );
  return row ? Number(row.requested_at) : null;
}

export async function attemptsOf(query: Query, id: string): Promise<Attempt[]> {
  return (await query('SELECT * FROM attempt WHERE closure_id = $1 ORDER BY number', [id])).map(attemptFromRow);
}

/** Of the given closures, those of the tenant. */
const OWN = '(SELECT id FROM closure WHERE tenant = $1 AND id = ANY ($2))';

export async function eventsOf(query: Query, tenant: string, ids: readonly string[]): Promise<ClosureEvent[][]> {
  const rows = await query(`SELECT * FROM closure_event WHERE closure_id IN ${OWN} ORDER BY closure_id, seq`, [tenant, ids]);
  return grouped(rows, ids, eventFromRow);
}

export async function reportsOf(query: Query, tenant: string, ids: readonly string[]): Promise<ClosureReport[][]> {
  const rows = await query(`SELECT * FROM closure_report WHERE closure_id IN ${OWN} ORDER BY closure_id, created_at, id`, [tenant, ids]);
  return grouped(rows, ids, reportFromRow);
}

export async function accountRefsOf(query: Query, tenant: string, ids: readonly string[]): Promise<string[][]> {
  const rows = await query('SELECT closure_id, ref FROM closure_identifier WHERE tenant = $1 AND closure_id = ANY ($2)', [tenant, ids]);
  return grouped(rows, ids, (row) => row.ref as string);
}

export async function childrenOf(query: Query, tenant: string, ids: readonly string[]): Promise<Closure[][]> {
  const rows = await query(
    `SELECT link.parent_id AS parent, closure.* FROM closure_child AS link JOIN closure ON closure.id = link.child_id
     WHERE link.parent_id = ANY ($1) AND closure.tenant = $2 ORDER BY closure.id`,
    [ids, tenant],
  );
  const byParent = new Map(ids.map((id): [string, Closure[]] => [id, []]));
  for (const row of rows) byParent.get(row.parent as string)!.push(closureFromRow(row));
  return ids.map((id) => byParent.get(id)!);
}

export async function parentsOf(query: Query, tenant: string, ids: readonly string[]): Promise<(Closure | null)[]> {
  const rows = await query(
    `SELECT newest.child_id AS child, closure.* FROM (
       SELECT child_id, max(parent_id) AS parent_id FROM closure_child WHERE child_id = ANY ($1) GROUP BY child_id
     ) AS newest JOIN closure ON closure.id = newest.parent_id WHERE closure.tenant = $2`,
    [ids, tenant],
  );
  const byChild = new Map(rows.map((row) => [row.child, closureFromRow(row)]));
  return ids.map((id) => byChild.get(id) ?? null);
}

/** Jumps along the index from one provider to the next: a tenant has few providers and many closures. */
export async function providersOf(query: Query, tenant: string): Promise<string[]> {
  const rows = await query(
    `WITH RECURSIVE seen (provider) AS (
       (SELECT min(provider) FROM closure_identifier WHERE tenant = $1)
       UNION ALL
       SELECT (SELECT min(next.provider) FROM closure_identifier next WHERE next.tenant = $1 AND next.provider > seen.provider)
       FROM seen WHERE seen.provider IS NOT NULL
     ) SELECT provider FROM seen WHERE provider IS NOT NULL`,
    [tenant],
  );
  return rows.map(({ provider }) => provider as string);
}

async function one(query: Query, sql: string, params: readonly SqlParam[]): Promise<Closure | null> {
  const [row] = await query(sql, params);
  return row ? closureFromRow(row) : null;
}
