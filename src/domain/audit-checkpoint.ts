import { createHash } from 'node:crypto';
import { encodeFields } from './audit-chain';

/** How far a closure's chain had come when a checkpoint was made. */
export interface Seal {
  closureId: string;
  /** Entries so far. */
  count: number;
  /** The hash of the last of them. */
  head: string;
}

/**
 * One of a chain of checkpoints. Each lists the closures that got entries since they were last listed, so that all of
 * them together hold every entry that is older than the newest.
 */
export interface Checkpoint {
  /** 1, 2, 3, … */
  number: number;
  /** Epoch ms. */
  sealedAt: number;
  /** SHA-256, hex, over the root before it and what it lists. */
  root: string;
  /** Names the key that signed it. */
  keyId: string;
  /** Of {@link signedText}, base64. */
  signature: string;
}

/** Signs checkpoints. */
export interface CheckpointSigner {
  keyId: string;
  /** @returns the signature in base64 */
  sign(text: string): string;
}

/** What stands in the place of a root before the first checkpoint. */
export const NO_ROOT = '';

/** @param seals in the order of their closure ids */
export function checkpointRoot(previousRoot: string, { number, sealedAt }: Pick<Checkpoint, 'number' | 'sealedAt'>, seals: readonly Seal[]): string {
  const hash = createHash('sha256').update(encodeFields(['checkpoint.v1', previousRoot, number, sealedAt]));
  for (const { closureId, count, head } of seals) hash.update(encodeFields([closureId, count, head]));
  return hash.digest('hex');
}

/** What is signed of a checkpoint: it names its purpose, so that the signature is good for nothing else. */
export function signedText({ number, sealedAt, root }: Pick<Checkpoint, 'number' | 'sealedAt' | 'root'>): string {
  return encodeFields(['account-closure-gateway checkpoint.v1', number, sealedAt, root]);
}

/** The checkpoint that follows the one given; null: it is the first. */
export function nextCheckpoint(previous: Pick<Checkpoint, 'number' | 'root'> | null, sealedAt: number, seals: readonly Seal[], signer: CheckpointSigner): Checkpoint {
  const number = (previous?.number ?? 0) + 1;
  const root = checkpointRoot(previous?.root ?? NO_ROOT, { number, sealedAt }, seals);
  return { number, sealedAt, root, keyId: signer.keyId, signature: signer.sign(signedText({ number, sealedAt, root })) };
}
