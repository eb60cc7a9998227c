import { closureRef } from '../../domain/account';
import type { Closure } from '../../domain/closure';
import { isTerminal } from '../../domain/closure-status';
import type { Alias } from '../../ports/store';
import type { Database } from './database';

/**
 * The names of accounts. A row with live = 1 holds its lock key for its closure; a unique index sees to it that
 * one closure at most does.
 */

/** The live closure that has the account behind the lock key, if there is one. */
export function liveHolder(db: Database, tenant: string, provider: string, lockKey: string): string | undefined {
  const [row] = db.all(
    'SELECT closure_id FROM closure_identifier WHERE tenant = ? AND provider = ? AND lock_key = ? AND live = 1',
    [tenant, provider, lockKey],
  );
  return row?.closure_id as string | undefined;
}

/** Whether the newest closure of the account, live or not, is still what somebody saw; null: there was none. */
export function isNewest(db: Database, { tenant, account, lockKey }: Closure, seen: Pick<Closure, 'id' | 'status'> | null): boolean {
  const [row] = db.all(
    `SELECT id, status FROM closure WHERE id = (
       SELECT max(closure_id) FROM closure_identifier WHERE tenant = ? AND provider = ? AND lock_key = ?)`,
    [tenant, account.provider, lockKey],
  );
  return row?.id === seen?.id && row?.status === seen?.status;
}

/**
 * Adds a name. Where a live closure has the lock key already, the name is kept for lookups only; where the closure
 * has the name already, it is taken up again if the lock key is free by now.
 */
export function addIdentifier(db: Database, closure: Closure, alias: Alias): void {
  const { tenant } = closure;
  const { provider } = closure.account;
  const isFree = liveHolder(db, tenant, provider, alias.lockKey) === undefined;
  const live = isFree && !isTerminal(closure.status);
  db.run(
    `INSERT INTO closure_identifier (closure_id, ref, tenant, provider, lock_key, live) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (closure_id, ref) DO UPDATE SET live = max(live, excluded.live)`,
    [closure.id, closureRef(alias.account), tenant, provider, alias.lockKey, live ? 1 : 0],
  );
}

/** The closure is over: its account is free for another one. */
export function releaseIdentifiers(db: Database, closureId: string): void {
  db.run('UPDATE closure_identifier SET live = 0 WHERE closure_id = ? AND live = 1', [closureId]);
}
