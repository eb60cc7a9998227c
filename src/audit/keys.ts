import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Checkpoint, type CheckpointSigner, signedText } from '../domain/audit-checkpoint';

/** Enough of a fingerprint to tell an operator's keys apart; what counts is the signature. */
const KEY_ID_LENGTH = 16;

/** Public keys by their ids. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/** The beginning of the SHA-256 of the public key's DER form, hex. */
function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex').slice(0, KEY_ID_LENGTH);
}

/** @param key an Ed25519 private key */
export function signerWith(key: KeyObject): CheckpointSigner {
  return {
    keyId: keyIdOf(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

/** @param keys Ed25519, public or private: what checks is the public half */
export function publicKeys(keys: readonly KeyObject[]): PublicKeys {
  const halves = keys.map((key) => (key.type === 'private' ? createPublicKey(key) : key));
  return new Map(halves.map((key) => [keyIdOf(key), key]));
}

/** Why a checkpoint's signature does not hold; null: it does. */
export function signatureProblem(keys: PublicKeys, checkpoint: Checkpoint): string | null {
  const key = keys.get(checkpoint.keyId);
  if (!key) return `is signed by key ${JSON.stringify(checkpoint.keyId)}, which was not given`;
  const holds = verify(null, Buffer.from(signedText(checkpoint)), key, Buffer.from(checkpoint.signature, 'base64'));
  return holds ? null : `does not have the signature of key ${checkpoint.keyId}`;
}
