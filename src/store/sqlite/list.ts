import type { ListFilter } from '../../ports/store';
import type { SqlValue } from './database';

/**
 * One page of a tenant's closures, newest first, as a statement. An empty set of blockers matches nothing.
 *
 * Each status is a page of its own, and the newest of all of them are the answer: so a page of a rare status costs
 * what that status has, and a page of a common one ends early. SQLite alone would walk all closures of the tenant.
 */
export function listStatement(
  tenant: string,
  filter: ListFilter,
  limit: number,
  after: string | null,
): { sql: string; params: SqlValue[] } {
  const conditions = ['tenant = ?'];
  const values: SqlValue[] = [tenant];
  const where = (condition: string, ...bound: SqlValue[]) => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (after !== null) where('id < ?', after);
  if (filter.provider !== undefined) where('provider = ?', filter.provider);
  if (filter.accountRef !== undefined) {
    where('id IN (SELECT closure_id FROM closure_identifier WHERE tenant = ? AND ref = ?)', tenant, filter.accountRef);
  }
  if (filter.blocker) {
    // The first half says in the index's own words that closures without blockers do not matter.
    where(
      `blockers <> '[]' AND EXISTS (SELECT 1 FROM json_each(blockers) AS blocker
         WHERE blocker.value ->> 'code' IN (SELECT value FROM json_each(?)))`,
      JSON.stringify(filter.blocker),
    );
  }
  if (filter.key) where('subject = ? AND idempotency_key = ?', filter.key.subject, filter.key.idempotencyKey);
  if (filter.requestedAfter !== undefined) where('requested_at > ?', filter.requestedAfter);
  if (filter.updatedAfter !== undefined) where('updated_at > ?', filter.updatedAfter);
  if (filter.statusBefore !== undefined) where('status_since < ?', filter.statusBefore);

  const page = (more: string[]) => `SELECT * FROM closure WHERE ${[...conditions, ...more].join(' AND ')} ORDER BY id DESC LIMIT ?`;
  if (!filter.status) return { sql: page([]), params: [...values, limit] };
  const pages = filter.status.map(() => `SELECT * FROM (${page(['status = ?'])})`);
  return {
    sql: `SELECT * FROM (${pages.join(' UNION ALL ')}) ORDER BY id DESC LIMIT ?`,
    params: [...filter.status.flatMap((status) => [...values, status, limit]), limit],
  };
}
