import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { publicKeys, signerWith } from '../../src/audit/keys';
import { verifyTrail, type VerifySummary } from '../../src/audit/verify';
import type { Checkpoint, CheckpointSigner } from '../../src/domain/audit-checkpoint';
import type { AuditTrail } from '../../src/ports/audit';

/** An operator's key for audit checkpoints. */
export interface AuditKey {
  key: KeyObject;
  signer: CheckpointSigner;
  privatePem: string;
  publicPem: string;
}

export function auditKey(): AuditKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    key: privateKey,
    signer: signerWith(privateKey),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

/** Everything that a verification finds, and what it looked at. */
export async function verified(trail: AuditTrail, keys: readonly AuditKey[] = [], kept?: Checkpoint): Promise<VerifySummary & { found: string[] }> {
  const found: string[] = [];
  const options = { keys: publicKeys(keys.map(({ key }) => key)), kept, tell: (problem: string) => void found.push(problem) };
  return { ...(await verifyTrail(trail, options)), found };
}
