import type { KeyObject } from 'node:crypto';
import type { AdapterContext } from '../../src/provider-kit/define';
import { type ProviderAnswer, ProviderHttp, type ProviderRequest, type WireTarget } from '../../src/provider-kit/http';
import type { RateBudget } from '../../src/provider-kit/rate-budget';
import type { RequestPriority } from '../../src/provider-kit/turns';
import { DRAFT_15, DRAFT_6, signMessage } from '../../src/provider-kit/signatures';
import { CLOSE_SCOPE, READ_SCOPE, SIGNED_COMPONENTS, TOKEN_PATH, WEBHOOKS_SCOPE } from './api';
import { type Settings, signingKey } from './settings';

/** How long a signature is good for, seconds. The provider names no limit; its own signers use 5 to 60. */
const SIGNATURE_LIFE_SECONDS = 60;

/** A call with a token. */
export type AuthorisedCall = Omit<ProviderRequest, 'headers' | 'finalise'> & Partial<Pick<ProviderRequest, 'headers'>>;

/**
 * Signed requests to the provider. Each has a signature of its own, made when its connection slot is held: the
 * time and the nonce in it are never used twice.
 * Source: https://docs.upvest.co/products/omnibus/concepts/api_concepts/http_signatures
 */
export class UpvestClient {
  readonly #settings: Settings;
  readonly #context: AdapterContext;
  readonly #http: ProviderHttp;
  readonly #key: KeyObject;

  /** @throws PrivateKeyError */
  constructor(settings: Settings, context: AdapterContext, budget: RateBudget) {
    this.#settings = settings;
    this.#context = context;
    this.#key = signingKey(settings);
    // The setting holds it encrypted, or names a file.
    context.secrets.add(this.#key);
    this.#http = new ProviderHttp({ baseUrl: settings.BASE_URL, context, budget });
  }

  /** Sends a request under the token. */
  call(token: string, call: AuthorisedCall): Promise<ProviderAnswer> {
    return this.#send({ ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } });
  }

  /** Asks for a token by client credentials; this request is signed like any other. */
  async requestToken(scope: string): Promise<ProviderAnswer> {
    const { CLIENT_ID, CLIENT_SECRET } = this.#settings;
    const { clock, random, telemetry } = this.#context;
    const form = new URLSearchParams({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, grant_type: 'client_credentials', scope });
    const started = clock.monotonic();
    const answer = await this.#send({
      method: 'POST',
      path: TOKEN_PATH,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      priority: tokenPriority(scope),
    });
    telemetry.providerCall({
      provider: this.#context.id,
      operation: 'token',
      outcome: answer.kind === 'answer' ? 'answered' : answer.cause,
      durationMs: clock.monotonic() - started,
      httpStatus: answer.kind === 'notSent' ? undefined : answer.status,
      // A token is fetched for everybody who waits for it, so it has an id of its own.
      correlationId: random.id(),
    });
    return answer;
  }

  dispose(): Promise<void> {
    return this.#http.dispose();
  }

  #send(request: ProviderRequest): Promise<ProviderAnswer> {
    const { CLIENT_ID, API_VERSION, SIGNATURE_VERSION } = this.#settings;
    return this.#http.send({
      ...request,
      headers: {
        accept: 'application/json',
        'upvest-client-id': CLIENT_ID,
        'upvest-api-version': API_VERSION,
        // Without it the provider takes a signature for version 6.
        ...(SIGNATURE_VERSION === '15' ? { 'upvest-signature-version': '15' } : {}),
        ...request.headers,
      },
      finalise: (target) => this.#sign(target),
    });
  }

  #sign({ body, ...target }: WireTarget): Record<string, string> {
    const { clock, random } = this.#context;
    const created = Math.floor(clock.now() / 1000);
    return signMessage(
      { ...target, body: body === undefined ? undefined : Buffer.from(body) },
      {
        scheme: this.#settings.SIGNATURE_VERSION === '15' ? DRAFT_15 : DRAFT_6,
        key: this.#key,
        keyId: this.#settings.KEY_ID,
        created,
        expires: created + SIGNATURE_LIFE_SECONDS,
        nonce: random.id(),
        components: SIGNED_COMPONENTS,
      },
    );
  }
}

/** Many may wait for one token, so it goes as early as the first of them would. */
function tokenPriority(scope: string): RequestPriority {
  if (scope === CLOSE_SCOPE) return 'CLOSE';
  return scope === READ_SCOPE || scope === WEBHOOKS_SCOPE ? 'RECONCILE' : 'POLL';
}
