import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Checkpoint } from '../src/domain/audit-checkpoint';

/** A file that was named on the command line cannot be used. */
export class FileRefused extends Error {
  constructor(path: string, what: string) {
    super(`${path}: ${what}`);
  }
}

const checkpointSchema = z.object({
  number: z.int().positive(),
  sealedAt: z.int(),
  root: z.string(),
  keyId: z.string(),
  signature: z.string(),
});

/** @throws FileRefused */
export function readCheckpoint(path: string): Checkpoint {
  try {
    return checkpointSchema.parse(JSON.parse(textOf(path)));
  } catch (error) {
    if (error instanceof FileRefused) throw error;
    throw new FileRefused(path, 'is no checkpoint that this command wrote');
  }
}

/** @throws FileRefused */
export function readPublicKey(path: string): KeyObject {
  const pem = textOf(path);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new FileRefused(path, 'is no key in PEM');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new FileRefused(path, `must be an Ed25519 key, and is ${key.asymmetricKeyType}`);
  return key;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FileRefused(path, `cannot be read: ${(error as Error).message}`);
  }
}
