import type { WebhookEvent } from '../../ports/provider';
import type { EventOutcome, InboxEvent } from '../../ports/store';
import type { Query } from './driver';

/** The webhook inbox; each of these is one statement, and one commit. */

/** See ClosureStore.keepEvents. Two deliveries of the same events meet in the same order, and so do not lock each other. */
export async function keepEvents(query: Query, provider: string, events: readonly WebhookEvent[], receivedAt: number): Promise<void> {
  await query(
    `INSERT INTO webhook_event (provider, id, type, payload, received_at, position)
     SELECT $1, event.id, event.type, event.payload, $2::bigint, event.position
     FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS event (id, type, payload, position)
     ORDER BY event.id, event.position ON CONFLICT DO NOTHING`,
    [provider, receivedAt, events.map(({ id }) => id), events.map(({ type }) => type), events.map(({ payload }) => payload)],
  );
}

/** See ClosureStore.claimEvents. */
export async function claimEvents(query: Query, limit: number, leaseMs: number): Promise<InboxEvent[]> {
  const rows = await query(
    `WITH open AS (
       SELECT provider, id FROM webhook_event
       WHERE outcome IS NULL AND (lease_until IS NULL OR lease_until <= (SELECT gateway_now()))
       ORDER BY received_at, position LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE webhook_event AS event SET lease_until = (SELECT gateway_now()) + $2::bigint
       FROM open WHERE event.provider = open.provider AND event.id = open.id RETURNING event.*
     ) SELECT * FROM taken ORDER BY received_at, position`,
    [limit, leaseMs],
  );
  return rows.map((row) => ({
    provider: row.provider as string,
    id: row.id as string,
    type: row.type as string,
    payload: row.payload as string,
    receivedAt: Number(row.received_at),
  }));
}

/** See ClosureStore.settleEvent. */
export async function settleEvent(query: Query, provider: string, id: string, outcome: EventOutcome): Promise<void> {
  await query('UPDATE webhook_event SET outcome = $3, lease_until = NULL WHERE provider = $1 AND id = $2', [provider, id, outcome]);
}
