import { randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { jsonAnswer, type SandboxReply, type SandboxRequest } from '../../../src/provider-kit/sandbox';
import { claimedSignature, DRAFT_15, DRAFT_6, signatureFault } from '../../../src/provider-kit/signatures';
import { Refusal, withRequestId } from './problems';

/** Who may ask, and with what: checks as strict as the pages are. */
export interface Credentials {
  clientId: string;
  clientSecret: string;
  keyId: string;
  publicKey: KeyObject;
  /** Scopes that the client may have. */
  scopes: readonly string[];
}

/** https://docs.upvest.co/products/omnibus/concepts/api_concepts/http_signatures/v15/v15_signature_components */
const MUST_COVER = ['@method', '@path', '@query', 'accept', 'authorization', 'content-length', 'content-type', 'idempotency-key', 'upvest-client-id'];
const TOKEN_FIELDS = ['client_id', 'client_secret', 'grant_type', 'scope'];
/** How far the two clocks may be apart, seconds. */
const SKEW_SECONDS = 5;

interface IssuedToken {
  scopes: ReadonlySet<string>;
  /** Epoch ms. */
  until: number;
}

/** Checks requests and issues tokens. Every refusal is thrown as a {@link Refusal}. */
export class Gate {
  readonly #credentials: Credentials;
  readonly #tokenLifeSeconds: number;
  readonly #tokens = new Map<string, IssuedToken>();
  readonly #nonces = new Set<string>();
  /** Every token so far, good or not. */
  readonly issued: string[] = [];

  constructor(credentials: Credentials, tokenLifeSeconds: number) {
    this.#credentials = credentials;
    this.#tokenLifeSeconds = tokenLifeSeconds;
  }

  /** Headers and signature, which every request must have. */
  checkSignedRequest(request: SandboxRequest, nowMs: number): void {
    const headers = flat(request.headers);
    const clientId = headers['upvest-client-id'];
    if (!clientId) throw new Refusal('missing_client_id', 'The header upvest-client-id is missing.');
    if (headers['accept'] !== 'application/json' && headers['accept'] !== 'application/pdf') {
      throw new Refusal('not_acceptable', 'Only application/json and application/pdf are on offer.');
    }
    if ((headers['upvest-api-version'] ?? '1') !== '1') throw new Refusal('invalid_request', 'There is no such API version.');
    const version = headers['upvest-signature-version'] ?? '6';
    if (version !== '15' && version !== '6') throw new Refusal('invalid_request', 'There is no such signature version.');
    if (clientId !== this.#credentials.clientId) throw new Refusal('unauthorised', 'The client is not known.');

    const claimed = claimedSignature(headers);
    if (!claimed) throw new Refusal('unauthorised', 'The request is not signed.');
    if (claimed.keyId !== this.#credentials.keyId) throw new Refusal('unauthorised', 'The key is not known.');
    if (claimed.expires === undefined || !claimed.nonce) throw new Refusal('unauthorised', 'The signature lacks a parameter.');
    const { method, path, query, body } = request;
    const fault = signatureFault(
      { method, path, query, headers, body },
      claimed,
      {
        scheme: version === '15' ? DRAFT_15 : DRAFT_6,
        key: this.#credentials.publicKey,
        now: Math.floor(nowMs / 1000),
        skew: SKEW_SECONDS,
        required: MUST_COVER,
      },
    );
    if (fault) throw new Refusal('unauthorised', `The signature does not verify: ${fault}.`);
    if (this.#nonces.has(claimed.nonce)) throw new Refusal('unauthorised', 'The signature was used before.');
    this.#nonces.add(claimed.nonce);
  }

  /** `POST /auth/token`. https://docs.upvest.co/api/access-tokens */
  issueToken(request: SandboxRequest, nowMs: number): SandboxReply {
    const { clientId, clientSecret, scopes } = this.#credentials;
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') throw new Refusal('invalid_request', 'A form is wanted.');
    const form = new URLSearchParams(request.body.toString('utf8'));
    if ([...form.keys()].toSorted().join() !== TOKEN_FIELDS.join()) throw new Refusal('invalid_request', 'The form has other fields than it should.');
    if (form.get('grant_type') !== 'client_credentials') throw new Refusal('invalid_request', 'There is no such grant.');
    const right = form.get('client_id') === clientId && form.get('client_secret') === clientSecret;
    if (!right) throw new Refusal('unauthorised', 'The client credentials are wrong.');
    const asked = (form.get('scope') ?? '').split(' ');
    if (asked.some((scope) => !scopes.includes(scope))) throw new Refusal('unauthorised', 'The client may not have the scope.');
    const token = randomBytes(32).toString('base64url');
    this.issued.push(token);
    this.#tokens.set(token, { scopes: new Set(asked), until: nowMs + this.#tokenLifeSeconds * 1000 });
    const grant = { access_token: token, expires_in: this.#tokenLifeSeconds, scope: asked.join(' '), token_type: 'bearer' };
    return withRequestId(jsonAnswer(200, grant));
  }

  checkToken(request: SandboxRequest, scope: string, nowMs: number): void {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    const issued = token ? this.#tokens.get(token) : undefined;
    if (!issued || issued.until <= nowMs) throw new Refusal('unauthorised', 'The token is not valid.');
    if (!issued.scopes.has(scope)) throw new Refusal('forbidden', 'The token lacks the scope.');
  }

  /** Makes every token issued so far invalid. */
  revokeTokens(): void {
    this.#tokens.clear();
  }
}

function flat(headers: SandboxRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]])),
  );
}
