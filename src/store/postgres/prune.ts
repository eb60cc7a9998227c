import { TERMINAL_STATUSES } from '../../domain/closure-status';
import type { Forgettable } from '../../ports/store';
import type { Query } from './driver';

/** See ClosureStore.prune. What another process is about to forget, or somebody writes to, is left to the next time. */
export async function prune(query: Query, what: Forgettable, limit: number): Promise<{ keys: number; events: number }> {
  const keys = await forgetKeys(query, what.keysBefore, limit);
  const unreadable = await forgetEvents(query, ['UNREADABLE'], what.unreadableBefore, limit);
  const events = await forgetEvents(query, ['APPLIED', 'IGNORED'], what.eventsBefore, limit - unreadable);
  return { keys, events: unreadable + events };
}

/** The fingerprint goes with its key: it says what the key was given for. */
async function forgetKeys(query: Query, before: number, limit: number): Promise<number> {
  const [row] = await query(
    `WITH old AS (
       SELECT id FROM closure
       WHERE idempotency_key IS NOT NULL AND status = ANY ($1) AND status_since < $2 LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
     ), forgotten AS (
       UPDATE closure SET idempotency_key = NULL, fingerprint = '' FROM old WHERE closure.id = old.id RETURNING 1
     ) SELECT count(*) AS count FROM forgotten`,
    [TERMINAL_STATUSES, before, limit],
  );
  return Number(row?.count);
}

async function forgetEvents(query: Query, outcomes: readonly string[], before: number, limit: number): Promise<number> {
  const [row] = await query(
    `WITH old AS (
       SELECT provider, id FROM webhook_event WHERE outcome = ANY ($1) AND received_at < $2 LIMIT $3 FOR UPDATE SKIP LOCKED
     ), forgotten AS (
       DELETE FROM webhook_event AS event USING old WHERE event.provider = old.provider AND event.id = old.id RETURNING 1
     ) SELECT count(*) AS count FROM forgotten`,
    [outcomes, before, limit],
  );
  return Number(row?.count);
}
