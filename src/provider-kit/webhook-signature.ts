import { createHash } from 'node:crypto';
import type { WebhookReceipt } from '../ports/provider';
import type { KeySet } from './key-set';
import { type ClaimedSignature, claimedSignature, type SignatureScheme, type SignedMessage, signatureVerifies } from './signatures';

/** How a provider signs its webhooks by HTTP message signatures. */
export interface WebhookSignatureRules {
  scheme: Pick<SignatureScheme, 'quotedNames'>;
  keys: Pick<KeySet, 'find'>;
  /** How far the time of signing may be from now, either way, seconds. */
  toleranceSeconds: number;
}

/** A delivery as it was signed. The body is the raw bytes, and there always is one, if only of no bytes. */
export type WebhookMessage = SignedMessage & { body: Buffer };

export type WebhookVerdict = { kind: 'verified' } | Exclude<WebhookReceipt, { kind: 'verified' }>;

/**
 * Whether a webhook was signed by the provider, not long ago, for this path, over this body. What can be judged
 * without a key is judged first, so that rubbish costs neither a request for keys nor a verification.
 * Resolves for everything that a sender can do; a reason holds nothing that the sender wrote.
 */
export async function verifyWebhook(message: WebhookMessage, rules: WebhookSignatureRules, nowMs: number): Promise<WebhookVerdict> {
  const claimed = claimedSignature(message.headers);
  if (!claimed) return refused('there is no well-formed signature');
  const fault = timeFault(claimed, nowMs / 1000, rules.toleranceSeconds) ?? coverageFault(claimed, message);
  if (fault) return refused(fault);
  const found = await rules.keys.find(claimed.keyId);
  switch (found.kind) {
    case 'unavailable':
      return { kind: 'unavailable', reason: 'the keys of the provider cannot be had' };
    case 'unknown':
      return refused('the provider has no such key');
    case 'key':
      return signatureVerifies(withLength(message), claimed, rules.scheme, found.key) ? { kind: 'verified' } : refused('the signature does not verify');
  }
}

function refused(reason: string): WebhookVerdict {
  return { kind: 'refused', reason };
}

/** An ingress may pass a body on in chunks, without its length. The digest has shown that it is the body that was signed. */
function withLength({ headers, ...message }: WebhookMessage): WebhookMessage {
  return { ...message, headers: { 'content-length': String(message.body.length), ...headers } };
}

function timeFault({ created, expires }: ClaimedSignature, now: number, tolerance: number): string | null {
  if (Math.abs(now - created) > tolerance) return 'the signature is from another time';
  return expires !== undefined && expires < now ? 'the signature has expired' : null;
}

/** How a body's digest may be written in each field: RFC 3230 and RFC 9530. */
const DIGESTS: Record<string, (body: Buffer) => string[]> = {
  digest: (body) => ['SHA-256', 'sha-256'].map((name) => `${name}=${hash('sha256', body)}`),
  'content-digest': (body) => [`sha-256=:${hash('sha256', body)}:`, `sha-512=:${hash('sha512', body)}:`],
};

/** A signature that leaves out the method, the path or the body could have been made for something else. */
function coverageFault({ components }: ClaimedSignature, { headers, body }: WebhookMessage): string | null {
  if (!components.includes('@method') || !components.includes('@path')) return 'the signature does not cover method and path';
  const digests = Object.entries(DIGESTS).filter(([field]) => components.includes(field));
  if (digests.length === 0) return 'the signature does not cover the body';
  const right = digests.every(([field, spellings]) => spellings(body).includes(headers[field]?.trim() ?? ''));
  return right ? null : 'the digest is not that of the body';
}

function hash(algorithm: 'sha256' | 'sha512', body: Buffer): string {
  return createHash(algorithm).update(body).digest('base64');
}
