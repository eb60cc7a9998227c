import type { ListFilter, VisibleTo } from '../../ports/store';
import type { SqlValue } from './database';

/**
 * One page of a tenant's closures, newest first, as a statement. An empty set of blockers matches nothing.
 *
 * Each status, and each ground on which the caller may see a closure, is a page of its own, and the newest of all of
 * them are the answer: so a page of a rare status costs what that status has, and a page of a common one ends early.
 * SQLite alone would walk all closures of the tenant.
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

  const statuses = filter.status?.map((status): Condition => ({ sql: 'status = ?', params: [status] })) ?? [ANY];
  const pages = groundsOf(tenant, filter.visibleTo).flatMap((ground) => statuses.map((status) => [ground, status]));
  const page = (more: Condition[]) => {
    const all = [...conditions, ...more.map(({ sql }) => sql)].join(' AND ');
    return `SELECT * FROM (SELECT * FROM closure WHERE ${all} ORDER BY id DESC LIMIT ?)`;
  };
  return {
    // One closure may be there on both grounds: UNION keeps it once.
    sql: `${pages.map(page).join(' UNION ')} ORDER BY id DESC LIMIT ?`,
    params: [...pages.flatMap((more) => [...values, ...more.flatMap(({ params }) => params), limit]), limit],
  };
}

/** In terms of the table `closure`. */
export interface Condition {
  sql: string;
  params: SqlValue[];
}

const ANY: Condition = { sql: 'TRUE', params: [] };

/** The condition that a closure may be seen. */
export function seenBy(tenant: string, visibleTo: VisibleTo | undefined): Condition {
  const grounds = groundsOf(tenant, visibleTo);
  return { sql: `(${grounds.map(({ sql }) => sql).join(' OR ')})`, params: grounds.flatMap(({ params }) => params) };
}

/**
 * The conditions of which a closure fulfils one that may be seen. What a provider began is recorded under the provider's
 * id, which nobody may pass for.
 */
function groundsOf(tenant: string, visibleTo: VisibleTo | undefined): Condition[] {
  if (!visibleTo) return [ANY];
  const { subject, accountRefs } = visibleTo;
  return [
    { sql: 'subject = ? AND subject <> closure.provider', params: [subject] },
    {
      sql: 'id IN (SELECT closure_id FROM closure_identifier WHERE tenant = ? AND ref IN (SELECT value FROM json_each(?)))',
      params: [tenant, JSON.stringify(accountRefs)],
    },
  ];
}
