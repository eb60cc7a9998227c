import { type Checkpoint, type CheckpointSigner, nextCheckpoint } from '../../domain/audit-checkpoint';
import type { SealedCheckpoint } from '../../ports/store';
import { checkpointFromRow, sealFromRow } from '../audit-rows';
import type { Database } from './database';

/** Audit checkpoints: the write that makes one, and the newest. */

/** See ClosureStore.sealCheckpoint. Synchronous; runs in a savepoint of a group commit. */
export function sealCheckpoint(db: Database, now: number, limit: number, signer: CheckpointSigner): SealedCheckpoint | null {
  const seals = db
    .all('SELECT id AS closure_id, audit_count AS count, audit_head AS head FROM closure WHERE audit_count > audit_sealed ORDER BY id LIMIT ?', [limit])
    .map(sealFromRow);
  if (seals.length === 0) return null;
  const checkpoint = nextCheckpoint(newestCheckpoint(db), now, seals, signer);
  const { number, sealedAt, root, keyId, signature } = checkpoint;
  db.run('INSERT INTO audit_checkpoint (number, sealed_at, root, key_id, signature) VALUES (?, ?, ?, ?, ?)', [number, sealedAt, root, keyId, signature]);
  const ids = JSON.stringify(seals.map(({ closureId }) => closureId));
  db.run(
    `INSERT INTO audit_seal (checkpoint, closure_id, count, head)
     SELECT ?, id, audit_count, audit_head FROM closure WHERE id IN (SELECT value FROM json_each(?))`,
    [number, ids],
  );
  db.run('UPDATE closure SET audit_sealed = audit_count WHERE id IN (SELECT value FROM json_each(?))', [ids]);
  return { ...checkpoint, closures: seals.length };
}

export function newestCheckpoint(db: Database): Checkpoint | null {
  const [row] = db.all('SELECT * FROM audit_checkpoint ORDER BY number DESC LIMIT 1');
  return row ? checkpointFromRow(row) : null;
}
