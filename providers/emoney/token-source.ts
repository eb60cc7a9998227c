import type { AdapterContext } from '../../src/provider-kit/define';
import { ProviderHttp, type ProviderAnswer } from '../../src/provider-kit/http';
import { TokenCache } from '../../src/provider-kit/oauth';
import type { RateBudget } from '../../src/provider-kit/rate-budget';
import { signAssertion, tokenForm } from './assertion';
import type { Settings } from './settings';

/** Tokens by scope, and the connections to the token endpoint that they come over. */
export interface TokenSource {
  tokens: TokenCache;
  dispose(): Promise<void>;
}

export function openTokenSource(settings: Settings, context: AdapterContext, budget: RateBudget): TokenSource {
  const { clock, random, telemetry, secrets } = context;
  const url = new URL(settings.TOKEN_URL);
  const http = new ProviderHttp({ baseUrl: url.origin, context, connections: 2, budget });
  const claims = {
    issuer: settings.ISSUER ?? settings.CLIENT_ID,
    clientId: settings.CLIENT_ID,
    audience: settings.AUDIENCE ?? settings.TOKEN_URL,
    keyId: settings.KEY_ID,
    key: settings.PRIVATE_KEY,
  };

  async function fetch(scope: string): Promise<ProviderAnswer> {
    const started = clock.monotonic();
    const answer = await http.send({
      method: 'POST',
      path: url.pathname,
      priority: scope === settings.CLOSE_SCOPE ? 'CLOSE' : 'RECONCILE',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: await tokenForm(settings.GRANT, scope, () => signAssertion(claims, context)),
    });
    telemetry.providerCall({
      provider: context.id,
      operation: 'token',
      outcome: answer.kind === 'answer' ? 'answered' : answer.cause,
      durationMs: clock.monotonic() - started,
      httpStatus: answer.kind === 'notSent' ? undefined : answer.status,
      // A token is fetched for everybody who waits for it, so it has an id of its own.
      correlationId: random.id(),
    });
    return answer;
  }

  return { tokens: new TokenCache({ fetch, clock, secrets }), dispose: () => http.dispose() };
}
