import type { WebhookEvent } from '../../ports/provider';
import type { EventOutcome, InboxEvent } from '../../ports/store';
import type { Database, SqlRow } from './database';

/** The webhook inbox. Writes are synchronous and run in a savepoint of a group commit. */

/** See ClosureStore.keepEvents. */
export function keepEvents(db: Database, provider: string, events: readonly WebhookEvent[], receivedAt: number): void {
  for (const { id, type, payload } of events) {
    db.run('INSERT INTO webhook_event (provider, id, type, payload, received_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', [
      provider,
      id,
      type,
      payload,
      receivedAt,
    ]);
  }
}

/** See ClosureStore.claimEvents. */
export function claimEvents(db: Database, now: number, limit: number, leaseMs: number): InboxEvent[] {
  const rows = db.all(
    `UPDATE webhook_event SET lease_until = ? WHERE rowid IN (
       SELECT rowid FROM webhook_event
       WHERE outcome IS NULL AND (lease_until IS NULL OR lease_until <= ?) ORDER BY received_at, rowid LIMIT ?
     ) RETURNING *, rowid AS position`,
    [now + leaseMs, now, limit],
  );
  // RETURNING keeps no order.
  return rows.toSorted((a, b) => Number(a.position) - Number(b.position)).map(eventFromRow);
}

/** See ClosureStore.settleEvent. */
export function settleEvent(db: Database, provider: string, id: string, outcome: EventOutcome): void {
  db.run('UPDATE webhook_event SET outcome = ?, lease_until = NULL WHERE provider = ? AND id = ?', [outcome, provider, id]);
}

/** At open, under the folder's lock, whoever claimed them is known to be gone. */
export function voidEventLeases(db: Database): void {
  db.run('UPDATE webhook_event SET lease_until = NULL WHERE lease_until IS NOT NULL');
}

function eventFromRow(row: SqlRow): InboxEvent {
  return {
    provider: row.provider as string,
    id: row.id as string,
    type: row.type as string,
    payload: row.payload as string,
    receivedAt: Number(row.received_at),
  };
}
