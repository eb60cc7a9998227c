import { z } from 'zod';
import { isLoopback } from '../provider-kit/settings';
import type { ConfigProblem } from './config-error';
import type { ProviderConfig } from './provider-settings';
import { count, oneOf, orUnset, timer } from './schemas';
import { Secret } from './secret';

/** Who callers are and what they may do: the variables, and what they come to. */

/** Signature algorithms with a public key (RFC 7518 section 3.1, RFC 8037, RFC 9864): a shared secret would let whoever verifies also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;
const USUAL_ALGORITHMS = 'RS256,PS256,ES256,EdDSA,Ed25519';
/** Of a shared secret, characters. */
const SHORTEST_SECRET = 16;
const MOST_ROUTER_SECRETS = 2;

const list = (text: string) => text.split(',').map((entry) => entry.trim());
const given = (sentence: string) => z.string().regex(/\S/, sentence).optional().catch(undefined);
const claim = (name: string) => orUnset(z.string().regex(/^\S{1,200}$/, 'Must be the name of a claim, or a JSON Pointer to it.').default(name));

const url = z
  .string()
  .optional()
  .refine((text) => !text || isAddress(text), 'Must be an https URL (http only on a loopback address) without credentials or fragment.')
  .transform((text) => text || undefined);

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isPlain = username === '' && password === '' && hash === '';
  return isPlain && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)));
}

const algorithms = orUnset(
  z
    .string()
    .default(USUAL_ALGORITHMS)
    .transform(list)
    .refine((names) => names.every((name) => (ALGORITHMS as readonly string[]).includes(name)), `Must be a comma list of ${ALGORITHMS.join(', ')}.`),
);

const tokenTypes = orUnset(
  z
    .string()
    .regex(/^[\w.+/-]+(\s*,\s*[\w.+/-]+)*$/, 'Must be a comma list of token types, for example at+jwt.')
    .default('at+jwt,JWT')
    .transform(list),
);

/** No sentence quotes one. */
const routerSecrets = z
  .string()
  .optional()
  .transform((text) => (text ? list(text) : []))
  .refine((secrets) => secrets.length <= MOST_ROUTER_SECRETS, `Must be one secret, or two while one takes the other's place.`)
  .refine(
    (secrets) => secrets.every((secret) => secret.length >= SHORTEST_SECRET && /^[\x21-\x7e]+$/.test(secret)),
    `Each must be at least ${SHORTEST_SECRET} printable characters of ASCII, without spaces.`,
  )
  .transform((secrets) => secrets.map((secret) => new Secret(secret)));

export const identitySettings = {
  AUTH: oneOf(['jwt', 'none']).default('jwt'),
  AUTH_JWKS_URL: url,
  AUTH_ISSUER: given('Must be the issuer.'),
  AUTH_AUDIENCE: given('Must be the audience.'),
  AUTH_ALGORITHMS: algorithms,
  AUTH_TOKEN_TYPES: tokenTypes,
  AUTH_TENANT_CLAIM: claim('tenant'),
  AUTH_SUBJECT_CLAIM: claim('sub'),
  AUTH_SCOPE_CLAIM: claim('scope'),
  AUTHORIZE: orUnset(oneOf(['tenant', 'claim', 'http']).optional()),
  AUTHORIZE_CLAIM: claim('accounts'),
  AUTHORIZE_URL: url,
  AUTHORIZE_TOKEN: z.string().optional().transform((token) => (token ? new Secret(token) : undefined)),
  AUTHORIZE_TIMEOUT_MS: timer(1_000),
  AUTHORIZE_CACHE_MS: count(0, 60_000, 5_000),
  ROUTER_SECRETS: routerSecrets,
} as const;

export type IdentitySettings = { [Key in keyof typeof identitySettings]: z.output<(typeof identitySettings)[Key]> };

/** How bearer tokens are read, RFC 9068 and RFC 7519. */
export interface JwtConfig {
  jwksUrl: string;
  issuer: string;
  audience: string;
  algorithms: readonly string[];
  /** Values of `typ`; a token without one counts as "JWT". */
  tokenTypes: readonly string[];
  /** Names of claims, or JSON Pointers (RFC 6901) to them. `accounts` only where the policy is by claim. */
  claims: { tenant: string; subject: string; scope: string; accounts: string | undefined };
}

/** By what it is decided which accounts of their tenant a caller may act on. */
export type PolicyConfig =
  | { kind: 'tenant' }
  | { kind: 'claim' }
  | { kind: 'http'; url: string; token: Secret<string> | undefined; timeoutMs: number; cacheMs: number };

/** What is wrong about the settings together; each of them by itself is fine. */
export function identityProblems(settings: Partial<IdentitySettings>, host: string | undefined): ConfigProblem[] {
  if (settings.AUTH === 'none' && host !== undefined && !isLoopback(asInUrl(host))) {
    return [{ variable: 'AUTH', sentence: 'none lets every caller do everything, so it is allowed only while HOST is a loopback address.' }];
  }
  if (settings.AUTH !== 'jwt') return [];
  const required = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'] as const;
  const missing = required.filter((variable) => variable in settings && settings[variable] === undefined);
  const problems = missing.map((variable): ConfigProblem => ({ variable, sentence: 'Is required by AUTH=jwt, the default. AUTH=none works while HOST is a loopback address.' }));
  if ('AUTHORIZE' in settings && settings.AUTHORIZE === undefined) {
    const sentence = 'Is required by AUTH=jwt: claim (the token lists the accounts), http (a policy endpoint is asked), or tenant (every account of the tenant).';
    problems.push({ variable: 'AUTHORIZE', sentence });
  }
  if (settings.AUTHORIZE === 'http' && 'AUTHORIZE_URL' in settings && settings.AUTHORIZE_URL === undefined) {
    problems.push({ variable: 'AUTHORIZE_URL', sentence: 'Is required by AUTHORIZE=http.' });
  }
  return problems;
}

/** A tenant is no owner of accounts where providers are shared: then somebody must say whose each account is. */
export function tenancyProblems({ AUTH, AUTHORIZE }: Partial<IdentitySettings>, providers: readonly ProviderConfig[]): ConfigProblem[] {
  if (AUTH !== 'jwt' || AUTHORIZE !== 'tenant') return [];
  return providers
    .filter(({ tenants }) => tenants === '*' || tenants.size !== 1)
    .map(({ id }) => ({
      variable: `${id.toUpperCase()}_TENANTS`,
      sentence: 'AUTHORIZE=tenant lets a tenant close every account of the provider, so it must name exactly one.',
    }));
}

/** Undefined: AUTH=none. */
export function jwtConfig(settings: IdentitySettings): JwtConfig | undefined {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = settings;
  if (settings.AUTH === 'none' || jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  return {
    jwksUrl,
    issuer,
    audience,
    algorithms: settings.AUTH_ALGORITHMS,
    tokenTypes: settings.AUTH_TOKEN_TYPES,
    claims: {
      tenant: settings.AUTH_TENANT_CLAIM,
      subject: settings.AUTH_SUBJECT_CLAIM,
      scope: settings.AUTH_SCOPE_CLAIM,
      accounts: settings.AUTHORIZE === 'claim' ? settings.AUTHORIZE_CLAIM : undefined,
    },
  };
}

export function policyConfig(settings: IdentitySettings): PolicyConfig {
  const { AUTHORIZE_URL: address, AUTHORIZE_TOKEN: token, AUTHORIZE_TIMEOUT_MS: timeoutMs, AUTHORIZE_CACHE_MS: cacheMs } = settings;
  if (settings.AUTH === 'none') return { kind: 'tenant' };
  if (settings.AUTHORIZE === 'http' && address !== undefined) return { kind: 'http', url: address, token, timeoutMs, cacheMs };
  return { kind: settings.AUTHORIZE === 'claim' ? 'claim' : 'tenant' };
}

/** A host as `URL.hostname` would have it. */
function asInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host.toLowerCase();
}
