import type { ListFilter } from '../../ports/store';
import type { SqlValue } from './database';

/** One page of a tenant's closures, newest first, as a statement. An empty set of statuses or blockers matches nothing. */
export function listStatement(
  tenant: string,
  filter: ListFilter,
  limit: number,
  after: string | null,
): { sql: string; params: SqlValue[] } {
  const conditions = ['tenant = ?'];
  const params: SqlValue[] = [tenant];
  const where = (condition: string, ...values: SqlValue[]) => {
    conditions.push(condition);
    params.push(...values);
  };
  if (after !== null) where('id < ?', after);
  if (filter.status) where('status IN (SELECT value FROM json_each(?))', JSON.stringify(filter.status));
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
  return { sql: `SELECT * FROM closure WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`, params: [...params, limit] };
}
