import { createHmac, timingSafeEqual } from 'node:crypto';

export interface HmacRules {
  /** What the provider and the gateway share. */
  secret: string;
  algorithm: 'sha256' | 'sha512';
  /** How the signature is written; it has to be written exactly so, with no character to spare. */
  encoding: 'hex' | 'base64';
}

/**
 * Whether the signature is the provider's over these parts, one after the other: strings as UTF-8, bodies as they came.
 * For webhooks that are signed by a shared secret. Takes as long for a signature that is nearly right as for any other.
 */
export function hmacVerifies(parts: readonly (string | Buffer)[], signature: string, { secret, algorithm, encoding }: HmacRules): boolean {
  const hmac = createHmac(algorithm, secret);
  for (const part of parts) hmac.update(part);
  const expected = Buffer.from(hmac.digest(encoding));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
