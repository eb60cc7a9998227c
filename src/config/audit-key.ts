import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { PrivateKeyError, readPrivateKey } from '../provider-kit/settings';
import { Secret } from './secret';

/** AUDIT_KEY: an Ed25519 private key in PEM, or `file:` and the path of one. Empty is the same as unset. */
export const signingKeySetting = z
  .string()
  .optional()
  .transform((setting, context): Secret<KeyObject> | undefined => {
    if (!setting) return undefined;
    const key = readSigningKey(setting);
    if (typeof key !== 'string') return new Secret(key);
    context.addIssue({ code: 'custom', message: key });
    return z.NEVER;
  });

/** The key, or what is wrong with it in a sentence that does not repeat it. */
function readSigningKey(setting: string): KeyObject | string {
  try {
    const key = readPrivateKey(setting);
    return key.asymmetricKeyType === 'ed25519' ? key : `Must be an Ed25519 key, and is ${key.asymmetricKeyType}.`;
  } catch (error) {
    if (!(error instanceof PrivateKeyError)) throw error;
    return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  }
}
