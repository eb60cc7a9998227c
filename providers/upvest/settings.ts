import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { baseUrlSetting, PrivateKeyError, readPrivateKey, requestsPerSecondSetting, uuidSetting } from '../../src/provider-kit/settings';
import { isSigningKey } from '../../src/provider-kit/signatures';

const shape = z.object({
  /** `https://api.upvest.co`, or the provider's sandbox at `https://sandbox.upvest.co`. */
  BASE_URL: baseUrlSetting,
  CLIENT_ID: uuidSetting,
  CLIENT_SECRET: z.string().min(1).max(1000),
  /** What the provider named the public key when it was registered. */
  KEY_ID: uuidSetting,
  /** PEM (PKCS #8 or SEC 1, encrypted or not), or `file:` and a path. ECDSA P-521 or Ed25519. */
  PRIVATE_KEY: z.string().min(1),
  PRIVATE_KEY_PASSPHRASE: z.string().optional(),
  /** 6 is deprecated for API calls. */
  SIGNATURE_VERSION: z.enum(['15', '6'], { error: 'must be 15 or 6' }).default('15'),
  API_VERSION: z.literal('1', { error: 'must be 1' }).default('1'),
  /** Default: a third of what the provider's sandbox admits; for its live environment no figure is published. */
  REQUESTS_PER_SECOND: requestsPerSecondSetting.default(100),
  /** The path under which the provider reaches the gateway's webhooks, where an ingress rewrites it. */
  WEBHOOK_PATH: z
    .string()
    .regex(/^(\/[\w.~%-]+)+$/, { error: 'must be an absolute path without a query' })
    .optional(),
  /** How far from now the signing of a webhook may lie, either way, seconds. */
  WEBHOOK_TOLERANCE_SECONDS: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: 'must be a whole number of seconds from 1 to 9999' })
    .transform(Number)
    .default(300),
});

/** What a gateway needs to know to talk to the provider; every variable is read under the provider's prefix. */
export const settings = shape.refine((given) => signingKeyProblem(given) === null, {
  path: ['PRIVATE_KEY'],
  error: (issue) => signingKeyProblem(issue.input as KeyGiven) ?? '',
  // Looked at even where another variable is wrong: all problems are told at once.
  when: ({ value }) => isKeyGiven(value),
});

export type Settings = z.output<typeof shape>;

type KeyGiven = Pick<Settings, 'PRIVATE_KEY' | 'PRIVATE_KEY_PASSPHRASE'>;

/**
 * The key that requests are signed with.
 * @throws PrivateKeyError, whose message names no value
 */
export function signingKey({ PRIVATE_KEY, PRIVATE_KEY_PASSPHRASE }: KeyGiven): KeyObject {
  const key = readPrivateKey(PRIVATE_KEY, PRIVATE_KEY_PASSPHRASE);
  if (!isSigningKey(key)) throw new PrivateKeyError('must be an ECDSA key on the curve P-521 (secp521r1), or an Ed25519 key');
  return key;
}

function signingKeyProblem(given: KeyGiven): string | null {
  try {
    signingKey(given);
    return null;
  } catch (error) {
    return error instanceof PrivateKeyError ? error.message : 'cannot be used';
  }
}

function isKeyGiven(value: unknown): value is KeyGiven {
  return typeof value === 'object' && value !== null && 'PRIVATE_KEY' in value && typeof value.PRIVATE_KEY === 'string' && value.PRIVATE_KEY !== '';
}
