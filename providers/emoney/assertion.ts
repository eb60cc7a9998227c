import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock, Randomness } from '../../src/ports/clock';
import type { Settings } from './settings';

/**
 * Requests to the token endpoint: OAuth with a signed assertion in place of a client secret.
 * Source: https://www.rfc-editor.org/rfc/rfc7523 (2.1 assertion as the grant, 2.2 assertion as the client's proof);
 * the provider's pages show both forms and settle on neither, hence `GRANT`.
 */

const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const GRANT_TYPES = {
  client_credentials: 'client_credentials',
  'jwt-bearer': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;
/** An assertion is used at once; the rest is room for a provider's clock that is ahead, seconds. */
const ASSERTION_LIFE_S = 60;
/** Room for a provider's clock that is behind, which would see the assertion come from the future, seconds. */
const BACKDATED_S = 5;

export interface AssertionClaims {
  issuer: string;
  clientId: string;
  audience: string;
  keyId: string;
  key: KeyObject;
}

/** A fresh assertion with an id of its own. */
export function signAssertion(claims: AssertionClaims, { clock, random }: { clock: Clock; random: Randomness }): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', kid: claims.keyId, typ: 'JWT' })
    .setIssuer(claims.issuer)
    .setSubject(claims.clientId)
    .setAudience(claims.audience)
    .setIssuedAt(now - BACKDATED_S)
    .setExpirationTime(now + ASSERTION_LIFE_S)
    .setJti(random.id())
    .sign(claims.key);
}

/**
 * The form of a token request. With `jwt-bearer` there are two assertions, one that proves the client and one that
 * is the grant; they are two tokens, because a server may refuse to see a `jti` twice.
 */
export async function tokenForm(grant: Settings['GRANT'], scope: string, sign: () => Promise<string>): Promise<string> {
  const form = new URLSearchParams({
    grant_type: GRANT_TYPES[grant],
    scope,
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion: await sign(),
  });
  if (grant === 'jwt-bearer') form.set('assertion', await sign());
  return form.toString();
}
