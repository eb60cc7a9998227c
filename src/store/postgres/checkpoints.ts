import { type CheckpointSigner, nextCheckpoint } from '../../domain/audit-checkpoint';
import type { SealedCheckpoint } from '../../ports/store';
import { checkpointFromRow, sealFromRow } from '../audit-rows';
import type { Row } from '../rows';
import type { Query } from './driver';

/** One statement, and so one moment: the list is that of the newest checkpoint's successor. */
const LOOK = `
  SELECT gateway_now() AS now,
    (SELECT to_json(newest) FROM audit_checkpoint newest ORDER BY number DESC LIMIT 1) AS newest,
    (SELECT coalesce(json_agg(grown ORDER BY closure_id), '[]') FROM (
       SELECT id AS closure_id, audit_count AS count, audit_head AS head FROM closure
       WHERE audit_count > audit_sealed ORDER BY id LIMIT $1) AS grown) AS seals`;

/**
 * See ClosureStore.sealCheckpoint. Its number is what processes race for; whoever loses looks again. So no row is locked
 * while the checkpoint is signed.
 */
export async function sealCheckpoint(query: Query, limit: number, signer: CheckpointSigner): Promise<SealedCheckpoint | null> {
  for (;;) {
    const [look] = await query(LOOK, [limit]);
    const seals = (look!.seals as Row[]).map(sealFromRow);
    if (seals.length === 0) return null;
    const newest = look!.newest ? checkpointFromRow(look!.newest as Row) : null;
    const checkpoint = nextCheckpoint(newest, Number(look!.now), seals, signer);
    const { number, sealedAt, root, keyId, signature } = checkpoint;
    const rows = [
      { number, sealed_at: sealedAt, root, key_id: keyId, signature },
      seals.map(({ closureId, count, head }) => ({ closure_id: closureId, count, head })),
    ];
    const [made] = await query('SELECT gateway_seal($1, $2) AS sealed', rows.map((row) => JSON.stringify(row)));
    if (made?.sealed) return { ...checkpoint, closures: seals.length };
  }
}
