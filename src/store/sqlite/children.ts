import type { Closure } from '../../domain/closure';
import type { ChildClosure } from '../../ports/store';
import { closureFromRow } from '../rows';
import type { Database } from './database';
import { liveHolder } from './identifiers';
import { insertClosure } from './insert';

/** Closures that wait for others: a group's for those of its accounts. */

/** Links each child to its parent, and records it first unless a live closure has its account. */
export function addChildren(db: Database, parentId: string, children: readonly ChildClosure[]): void {
  for (const { closure, event } of children) {
    const holder = liveHolder(db, closure.tenant, closure.account.provider, closure.lockKey);
    if (holder === undefined) insertClosure(db, closure, event, null);
    db.run('INSERT INTO closure_child (parent_id, child_id) VALUES (?, ?) ON CONFLICT DO NOTHING', [parentId, holder ?? closure.id]);
  }
}

/**
 * A closure moved: those that wait for it are looked at again. The fence rises, so that a worker that looked before the
 * move does not go by it; one whose request is on its way is left to it. The time that a provider asked for is kept to.
 * @param writerId the closure whose own change moves the child, and which knows of it; null: none
 */
export function wakeParents(db: Database, now: number, childId: string, writerId: string | null): void {
  db.run(
    `UPDATE closure SET due_at = iif(attempts = 0 AND error IS NULL, ?1, due_at), lease_until = NULL, fence = fence + 1
     WHERE id IN (SELECT parent_id FROM closure_child WHERE child_id = ?2) AND id IS NOT ?3
       AND include_accounts = 1 AND status IN ('REQUESTED', 'UNCONFIRMED')
       AND NOT EXISTS (SELECT 1 FROM attempt
         WHERE closure_id = closure.id AND effect = 'MARKED' AND marked_at + deadline_ms > ?1)`,
    [now, childId, writerId],
  );
}

/** See ClosureStore.children. */
export function childrenOf(db: Database, tenant: string, ids: readonly string[]): Closure[][] {
  const rows = db.all(
    // CROSS JOIN fixes the order: from the few links to their closures, and not from all closures of the tenant.
    `SELECT link.parent_id AS parent, closure.* FROM closure_child AS link CROSS JOIN closure ON closure.id = link.child_id
     WHERE link.parent_id IN (SELECT value FROM json_each(?)) AND closure.tenant = ? ORDER BY closure.id`,
    [JSON.stringify(ids), tenant],
  );
  const byParent = new Map(ids.map((id): [string, Closure[]] => [id, []]));
  for (const row of rows) byParent.get(row.parent as string)!.push(closureFromRow(row));
  return ids.map((id) => byParent.get(id)!);
}

/** See ClosureStore.parents. */
export function parentsOf(db: Database, tenant: string, ids: readonly string[]): (Closure | null)[] {
  const rows = db.all(
    `SELECT newest.child_id AS child, closure.* FROM (
       SELECT child_id, max(parent_id) AS parent_id FROM closure_child
       WHERE child_id IN (SELECT value FROM json_each(?)) GROUP BY child_id
     ) AS newest CROSS JOIN closure ON closure.id = newest.parent_id WHERE closure.tenant = ?`,
    [JSON.stringify(ids), tenant],
  );
  const byChild = new Map(rows.map((row) => [row.child, closureFromRow(row)]));
  return ids.map((id) => byChild.get(id) ?? null);
}
