import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { baseUrlSetting, PrivateKeyError, readPrivateKey, requestsPerSecondSetting } from '../../src/provider-kit/settings';

/** The settings of this adapter, by variable name without the provider's prefix. No message repeats a value. */

const SMALLEST_MODULUS_BITS = 2048;

/** An RSA private key: it signs the assertions to the token endpoint (RS256, RFC 7518 section 3.3). */
const rsaKey = z.string().transform((setting, context): KeyObject => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  try {
    const key = readPrivateKey(setting);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key.asymmetricKeyType !== 'rsa') return refuse('must be an RSA key');
    return bits < SMALLEST_MODULUS_BITS ? refuse(`must be an RSA key of at least ${SMALLEST_MODULUS_BITS} bits`) : key;
  } catch (error) {
    if (error instanceof PrivateKeyError) return refuse(error.message);
    throw error;
  }
});

/** As the provider documents the header: the shape of a UUID, in either case. */
const clientId = z
  .string()
  .regex(/^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$/, { error: 'must be a UUID (36 characters)' });

/** RFC 6749 section 3.3. */
const scope = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/, { error: 'must be OAuth scopes, separated by single spaces' });

const printable = z.string().regex(/^[\x21-\x7E]{1,255}$/, { error: 'must be 1 to 255 printable ASCII characters without spaces' });

/** A comma list, compared without case. */
const words = z
  .string()
  .transform((list) => list.split(',').map((word) => word.trim().toLowerCase()))
  .refine((list) => !list.includes(''), { error: 'must be a comma list without empty places', abort: true })
  .transform((list): ReadonlySet<string> => new Set(list));

/** A header's name, RFC 9110 section 5.6.2; lower case afterwards. */
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, { error: 'must be the name of an HTTP header' })
  .transform((name) => name.toLowerCase());

const oneOf = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z.enum(choices, { error: `must be one of ${choices.join(', ')}` });

export const settingsSchema = z
  .object({
    BASE_URL: baseUrlSetting,
    /** The whole URL of the token endpoint. */
    TOKEN_URL: baseUrlSetting,
    CLIENT_ID: clientId,
    PRIVATE_KEY: rsaKey,
    /** The `kid` under which the provider has the public key. */
    KEY_ID: printable,
    /** `iss` of the assertions; unset: the client id. */
    ISSUER: printable.optional(),
    /** `aud` of the assertions; unset: the token URL. */
    AUDIENCE: printable.optional(),
    GRANT: oneOf(['client_credentials', 'jwt-bearer']).default('client_credentials'),
    CLOSE_SCOPE: scope.default('accounts.delete'),
    READ_SCOPE: scope.default('accounts.read'),
    /** The `x-device` header; unset: not sent. */
    DEVICE: z.string().regex(/^[a-zA-Z]{1,255}$/, { error: 'must be 1 to 255 letters a-z and A-Z' }).optional(),
    IBAN_CHECKSUM: oneOf(['strict', 'off']).default('strict'),
    READS: oneOf(['on', 'off']).default('on'),
    /** Words of an account's status that mean open, or closed. */
    OPEN_WORDS: words.default(new Set(['open', 'active'])),
    CLOSED_WORDS: words.default(new Set(['closed'])),
    /** The header that carries the client id. */
    CLIENT_ID_HEADER: headerName.default('x-client-id'),
    /** The provider publishes no figure. */
    REQUESTS_PER_SECOND: requestsPerSecondSetting.default(20),
  })
  .superRefine((settings, context) => {
    if ([...settings.CLOSED_WORDS].every((word) => !settings.OPEN_WORDS.has(word))) return;
    context.addIssue({ code: 'custom', path: ['CLOSED_WORDS'], message: 'has a word that OPEN_WORDS has too' });
  });

export type Settings = z.output<typeof settingsSchema>;
