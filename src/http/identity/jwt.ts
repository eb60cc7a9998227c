import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { JwtConfig } from '../../config/identity-settings';
import { type Scope, SCOPES } from '../../domain/caller';
import type { Identity } from '../../graphql/context';
import type { Authenticate } from '../authenticate';
import { type IssuerKeys, KeysUnavailable } from './issuer-keys';

/** RFC 6750 section 2.1: the scheme in any case, then the token. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;
/** No honest token is longer, characters. */
const LONGEST_TOKEN = 8_192;
/** How far the issuer's clock may be from ours, seconds. */
const CLOCK_TOLERANCE_S = 5;
/** Names are kept with closures and compared: no more than that, and nothing invisible. */
const NAME = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,255}$/u;
/** What RFC 7519 section 5.1 has it mean that no type is given. */
const UNTYPED = 'jwt';

/**
 * AUTH=jwt: bearer tokens of one issuer, signed with keys of its key set (RFC 9068, RFC 7519). Null for a request
 * without a token, and for every token that is not good, whatever is wrong with it.
 * The promise rejects with KeysUnavailable where it cannot be told.
 */
export function jwtAuthenticate(config: JwtConfig, keys: IssuerKeys): Authenticate {
  const types = new Set(config.tokenTypes.map((type) => type.toLowerCase()));
  return async ({ headers }) => {
    const authorization = headers.authorization ?? '';
    const token = authorization.length <= LONGEST_TOKEN ? BEARER.exec(authorization)?.[1] : undefined;
    if (token === undefined) return null;
    try {
      const { issuer, audience } = config;
      const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
        issuer,
        audience,
        algorithms: [...config.algorithms],
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp'],
      });
      // "application/" may be left out, RFC 7515 section 4.1.9.
      const type = (protectedHeader.typ ?? UNTYPED).toLowerCase().replace(/^application\//, '');
      return types.has(type) ? identityOf(payload, config.claims) : null;
    } catch (error) {
      if (error instanceof KeysUnavailable || !(error instanceof errors.JOSEError)) throw error;
      return null;
    }
  };
}

/** Null where the token does not say for whom it is. */
function identityOf(payload: JWTPayload, claims: JwtConfig['claims']): Identity | null {
  const tenant = claimOf(payload, claims.tenant);
  const subject = claimOf(payload, claims.subject);
  if (!isName(tenant) || !isName(subject) || payload.exp === undefined) return null;
  const granted = new Set(wordsOf(claimOf(payload, claims.scope)));
  return {
    tenant,
    subject,
    scopes: new Set(SCOPES.filter((scope: Scope) => granted.has(scope))),
    expiresAt: payload.exp * 1000,
    ...(claims.accounts !== undefined && { accounts: new Set(wordsOf(claimOf(payload, claims.accounts))) }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && NAME.test(value);
}

/** A list, or one text with spaces in between (RFC 8693 section 4.2). */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}

/** @param name of a claim, or a JSON Pointer (RFC 6901), which begins with a slash */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (!name.startsWith('/')) return Object.hasOwn(payload, name) ? payload[name] : undefined;
  const steps = name.slice(1).split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined),
    payload,
  );
}
