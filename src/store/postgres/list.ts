import type { ListFilter, VisibleTo } from '../../ports/store';
import type { SqlParam } from './driver';

/**
 * One page of a tenant's closures, newest first, as a statement. An empty set of blockers matches nothing.
 *
 * Each status, and each ground on which the caller may see a closure, is a page of its own, and the newest of all of
 * them are the answer: so a page of a rare status costs what that status has, and a page of a common one ends early.
 */
export function listStatement(
  tenant: string,
  filter: ListFilter,
  limit: number,
  after: string | null,
): { sql: string; params: SqlParam[] } {
  const params: SqlParam[] = [];
  const bind = (value: SqlParam) => `$${params.push(value)}`;
  const mine = bind(tenant);
  const conditions = [`tenant = ${mine}`];
  if (after !== null) conditions.push(`id < ${bind(after)}`);
  if (filter.provider !== undefined) conditions.push(`provider = ${bind(filter.provider)}`);
  if (filter.accountRef !== undefined) {
    conditions.push(`id IN (SELECT closure_id FROM closure_identifier WHERE tenant = ${mine} AND ref = ${bind(filter.accountRef)})`);
  }
  if (filter.blocker) {
    // The first half says in the index's own words that closures without blockers do not matter.
    conditions.push(
      `blockers <> '[]' AND EXISTS (SELECT FROM json_array_elements(blockers::json) AS blocker
         WHERE blocker ->> 'code' = ANY (${bind(filter.blocker)}::text[]))`,
    );
  }
  if (filter.key) {
    const { subject, idempotencyKey } = filter.key;
    conditions.push(
      `ARRAY[tenant, subject, idempotency_key] = ARRAY[${mine}, ${bind(subject)}, ${bind(idempotencyKey)}] AND idempotency_key IS NOT NULL`,
    );
  }
  if (filter.requestedAfter !== undefined) conditions.push(`requested_at > ${bind(filter.requestedAfter)}`);
  if (filter.updatedAfter !== undefined) conditions.push(`updated_at > ${bind(filter.updatedAfter)}`);
  if (filter.statusBefore !== undefined) conditions.push(`status_since < ${bind(filter.statusBefore)}`);

  const end = `ORDER BY id DESC LIMIT ${bind(limit)}`;
  const page = (more: string[]) => `SELECT * FROM closure WHERE ${[...conditions, ...more].join(' AND ')} ${end}`;
  const statuses = filter.status?.map((status) => [`status = ${bind(status)}`]) ?? [[]];
  const pages = groundsOf(mine, filter.visibleTo, bind).flatMap((ground) => statuses.map((status) => page([ground, ...status])));
  const [only, ...others] = pages;
  if (only !== undefined && others.length === 0) return { sql: only, params };
  // One closure may be there on both grounds: DISTINCT keeps it once.
  const all = pages.map((one) => `(${one})`).join(' UNION ALL ');
  return { sql: `SELECT DISTINCT ON (id) * FROM (${all}) AS pages ${end}`, params };
}

/**
 * The conditions, in terms of the table `closure`, of which a closure fulfils one that may be seen. What a provider
 * began is recorded under the provider's id, which nobody may pass for.
 * @param tenant as it stands in the statement
 * @param bind gives a value its place in the statement
 */
export function groundsOf(tenant: string, visibleTo: VisibleTo | undefined, bind: (value: SqlParam) => string): string[] {
  if (!visibleTo) return ['TRUE'];
  return [
    `subject = ${bind(visibleTo.subject)} AND subject <> closure.provider`,
    `id IN (SELECT closure_id FROM closure_identifier WHERE tenant = ${tenant} AND ref = ANY (${bind(visibleTo.accountRefs)}::text[]))`,
  ];
}
