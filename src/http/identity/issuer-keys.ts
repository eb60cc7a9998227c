import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Agent } from 'undici';

/** Whether the issuer has such a key cannot be told now. */
export class KeysUnavailable extends Error {}

/** After so long keys are asked for again, ms: one that the issuer withdrew is not trusted for ever. */
const FRESH_MS = 600_000;
/** Between requests that strangers can cause by naming keys that do not exist, and between tries in an outage, ms. */
const PAUSE_MS = 10_000;
/** Between tries while there are no keys at all, ms. */
const FIRST_KEYS_PAUSE_MS = 500;
const TIMEOUT_MS = 5_000;
/** Of a key set, bytes. */
const MOST_BYTES = 1_048_576;

/**
 * The public keys of the issuer of tokens: a JWKS (RFC 7517 section 5) at one address. Asked for when first needed, when
 * a key is not known, and now and then; all who wait share one request. Where the issuer does not answer, or not with a
 * key set, the keys had last stay good.
 */
export class IssuerKeys {
  readonly #url: URL;
  readonly #agent = new Agent({ connect: { timeout: TIMEOUT_MS }, maxResponseSize: MOST_BYTES });
  #keys: JWTVerifyGetKey | null = null;
  #pending: Promise<void> | null = null;
  #failure: unknown = null;
  /** On the monotonic clock, ms, like the other one. */
  #freshUntil = -Infinity;
  #notBefore = -Infinity;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /**
   * The key of a token's header, as jose asks for it.
   * @throws KeysUnavailable; jose's JWKSNoMatchingKey for a key that the issuer does not have
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const known = await this.#current();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() < this.#notBefore) throw error;
    }
    this.#notBefore = performance.now() + PAUSE_MS;
    await this.#refresh();
    if (this.#failure !== null) throw new KeysUnavailable('The keys of the issuer cannot be had.', { cause: this.#failure });
    return (await this.#current())(header, token);
  };

  /** Rejects with KeysUnavailable as long as there have never been any. */
  async ready(): Promise<void> {
    await this.#current();
  }

  async dispose(): Promise<void> {
    await this.#agent.destroy();
  }

  async #current(): Promise<JWTVerifyGetKey> {
    const now = performance.now();
    // Nobody waits for a newer set while there is one.
    if (this.#keys && now >= this.#freshUntil && now >= this.#notBefore) void this.#refresh();
    if (!this.#keys && (this.#pending !== null || now >= this.#notBefore)) await this.#refresh();
    if (!this.#keys) throw new KeysUnavailable('The keys of the issuer cannot be had.', { cause: this.#failure });
    return this.#keys;
  }

  #refresh(): Promise<void> {
    this.#pending ??= this.#load().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #load(): Promise<void> {
    try {
      const set = await this.#fetch();
      const keys = createLocalJWKSet(set);
      if (set.keys.length === 0) throw new Error('The issuer has no keys.');
      this.#keys = keys;
      this.#failure = null;
      this.#freshUntil = performance.now() + FRESH_MS;
    } catch (error) {
      this.#failure = error;
      this.#notBefore = performance.now() + (this.#keys ? PAUSE_MS : FIRST_KEYS_PAUSE_MS);
    }
  }

  async #fetch(): Promise<JSONWebKeySet> {
    const { origin, pathname, search } = this.#url;
    const { statusCode, body } = await this.#agent.request({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`The issuer answered with status ${statusCode}.`);
    return JSON.parse(text) as JSONWebKeySet;
  }
}
