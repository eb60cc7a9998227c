import { type KeyObject, randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import { jsonAnswer, type SandboxRequest } from '../../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../../src/provider-kit/sandbox-faults';

/** The sandbox's token endpoint: as strict as RFC 7523 lets a server be. */

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** The longest that an assertion may live, seconds. */
const LONGEST_ASSERTION_S = 300;

export interface TokenRules {
  clientId: string;
  issuer: string;
  keyId: string;
  publicKey: KeyObject;
  scopes: readonly string[];
  /** Lifetime of a token, seconds. */
  lifetimeS: number;
}

/** RFC 6749 section 5.2. */
class TokenError extends Error {
  constructor(
    readonly error: 'invalid_request' | 'invalid_client' | 'invalid_grant' | 'invalid_scope' | 'unsupported_grant_type',
    description: string,
  ) {
    super(description);
  }
}

export class SandboxTokens {
  readonly #rules: TokenRules;
  readonly #issued = new Map<string, { scopes: string[]; until: number }>();
  readonly #seenJtis = new Set<string>();
  /** Every token and every assertion so far, good or not. */
  readonly credentials: string[] = [];

  constructor(rules: TokenRules) {
    this.#rules = rules;
  }

  /** Every token so far is refused from now on. */
  revokeAll(): void {
    this.#issued.clear();
  }

  /** The scopes of a live token; undefined: unknown, expired or revoked. */
  scopesOf(token: string): readonly string[] | undefined {
    const found = this.#issued.get(token);
    return found && found.until > Date.now() ? found.scopes : undefined;
  }

  /** @param audience what `aud` must be: the token endpoint's URL */
  async answer(request: SandboxRequest, audience: string): Promise<SandboxAnswer> {
    try {
      return jsonAnswer(200, await this.#grant(request, audience), { 'cache-control': 'no-store' });
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      return jsonAnswer(error.error === 'invalid_client' ? 401 : 400, { error: error.error, error_description: error.message });
    }
  }

  async #grant({ method, headers, query, body }: SandboxRequest, audience: string): Promise<object> {
    if (method !== 'POST' || query !== '') throw new TokenError('invalid_request', 'POST without a query');
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') throw new TokenError('invalid_request', 'content type');
    const form = new URLSearchParams(body.toString('utf8'));
    const names = [...form.keys()];
    if (new Set(names).size !== names.length) throw new TokenError('invalid_request', 'repeated parameter');

    const grant = form.get('grant_type');
    if (grant !== 'client_credentials' && grant !== JWT_BEARER) throw new TokenError('unsupported_grant_type', 'grant_type');
    if (form.get('client_assertion_type') !== CLIENT_ASSERTION_TYPE) throw new TokenError('invalid_client', 'client_assertion_type');
    await this.#verify(form.get('client_assertion'), audience, 'invalid_client');
    if (grant === JWT_BEARER) await this.#verify(form.get('assertion'), audience, 'invalid_grant');
    else if (form.has('assertion')) throw new TokenError('invalid_request', 'assertion');

    const scopes = (form.get('scope') ?? '').split(' ');
    if (!scopes.every((scope) => this.#rules.scopes.includes(scope))) throw new TokenError('invalid_scope', 'scope');
    const token = randomBytes(24).toString('base64url');
    this.credentials.push(token);
    this.#issued.set(token, { scopes, until: Date.now() + this.#rules.lifetimeS * 1000 });
    return { access_token: token, token_type: 'Bearer', expires_in: this.#rules.lifetimeS, scope: scopes.join(' ') };
  }

  async #verify(assertion: string | null, audience: string, code: 'invalid_client' | 'invalid_grant'): Promise<void> {
    this.credentials.push(assertion ?? '');
    const { clientId, issuer, keyId, publicKey } = this.#rules;
    const verified = await jwtVerify(assertion ?? '', publicKey, {
      algorithms: ['RS256'],
      issuer,
      subject: clientId,
      audience,
      maxTokenAge: LONGEST_ASSERTION_S,
      requiredClaims: ['exp', 'iat', 'jti'],
    }).catch((error: unknown) => {
      throw new TokenError(code, String(error));
    });
    const { payload, protectedHeader } = verified;
    const { exp = 0, iat = 0, jti } = payload;
    if (protectedHeader.kid !== keyId) throw new TokenError(code, 'kid');
    if (exp - iat > LONGEST_ASSERTION_S) throw new TokenError(code, 'exp');
    if (typeof jti !== 'string' || jti === '' || this.#seenJtis.has(jti)) throw new TokenError(code, 'jti');
    this.#seenJtis.add(jti);
  }
}
