import { TERMINAL_STATUSES } from '../../domain/closure-status';
import type { Forgettable } from '../../ports/store';
import type { Database } from './database';

/** See ClosureStore.prune. Runs in a savepoint of a group commit. */
export function prune(db: Database, what: Forgettable, limit: number): { keys: number; events: number } {
  const keys = forgetKeys(db, what.keysBefore, limit);
  const unreadable = forgetEvents(db, ['UNREADABLE'], what.unreadableBefore, limit);
  const events = forgetEvents(db, ['APPLIED', 'IGNORED'], what.eventsBefore, limit - unreadable);
  return { keys, events: unreadable + events };
}

/** The fingerprint goes with its key: it says what the key was given for. */
function forgetKeys(db: Database, before: number, limit: number): number {
  return db.run(
    `UPDATE closure SET idempotency_key = NULL, fingerprint = '' WHERE rowid IN (
       SELECT rowid FROM closure
       WHERE idempotency_key IS NOT NULL AND status IN (SELECT value FROM json_each(?)) AND status_since < ? LIMIT ?)`,
    [JSON.stringify(TERMINAL_STATUSES), before, limit],
  );
}

function forgetEvents(db: Database, outcomes: readonly string[], before: number, limit: number): number {
  return db.run(
    `DELETE FROM webhook_event WHERE rowid IN (
       SELECT rowid FROM webhook_event WHERE outcome IN (SELECT value FROM json_each(?)) AND received_at < ? LIMIT ?)`,
    [JSON.stringify(outcomes), before, limit],
  );
}
