import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, CloseOutcome } from '../../src/domain/outcome';
import type { ReasonMapping } from '../../src/domain/reason';
import type { CloseRequest, CloseSend, ProviderAdapter, ProviderCapabilities, ReadContext } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { errorsArray } from '../../src/provider-kit/error-body';
import { pathSegment, ProviderHttp } from '../../src/provider-kit/http';
import { type CloseTable, judgeCloseAnswer } from '../../src/provider-kit/judge-close';
import { isReadFailed, readWithToken } from '../../src/provider-kit/judge-read';
import { RateBudget } from '../../src/provider-kit/rate-budget';
import { capabilitiesFor } from './capabilities';
import { errorRows, isDocumentedWord } from './errors';
import { ID_TYPE_WORDS, reasonSent } from './mapping';
import { accountRead, isTokenRefusal, nothing } from './reading';
import type { Settings } from './settings';
import { openTokenSource, type TokenSource } from './token-source';

const closeTable: CloseTable = { success: { 204: { kind: 'closed' } }, dialect: errorsArray, errors: errorRows };

/**
 * The account API's side of a closing.
 * Source: https://developer.pagonxtpayments.com/apidocs/closes-an-account-if-the-balance-is-zero
 */
export class EmoneyAdapter implements ProviderAdapter {
  readonly capabilities: ProviderCapabilities;
  readonly #settings: Settings;
  readonly #context: AdapterContext;
  readonly #http: ProviderHttp;
  readonly #tokenSource: TokenSource;

  constructor(settings: Settings, context: AdapterContext) {
    this.capabilities = capabilitiesFor(settings, context.visibilityLagMs);
    this.#settings = settings;
    this.#context = context;
    const budget = new RateBudget(this.capabilities.requestsPerSecond, context.clock);
    this.#http = new ProviderHttp({ baseUrl: settings.BASE_URL, context, budget });
    this.#tokenSource = openTokenSource(settings, context, budget);
  }

  mapReason({ reason, reasonText }: Pick<CloseRequest, 'reason' | 'reasonText'>): ReasonMapping {
    return reasonSent(reason, reasonText).mapping;
  }

  /** `POST /accounts/{account_id}/close`. */
  async requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    const { clock, telemetry, id: provider } = this.#context;
    const { tokens } = this.#tokenSource;
    const scope = this.#settings.CLOSE_SCOPE;
    const token = await tokens.get(scope, { fresh: send.freshToken });
    if (!token.ok) {
      const { code, message, retryAfterMs, evidence } = token;
      return { ...evidence, kind: 'notApplied', code, message, retryAfterMs };
    }
    const started = clock.monotonic();
    const answer = await this.#http.send({
      method: 'POST',
      path: `/accounts/${pathSegment(request.account.id)}/close`,
      query: identifierQuery(request.account),
      headers: { ...this.#headers(token.token), 'content-type': 'application/json' },
      body: JSON.stringify({ closureReason: reasonSent(request.reason, request.reasonText).text }),
      beforeFirstByte: () => send.beforeFirstByte(),
    });
    const { correlationId } = request;
    const outcome = judgeCloseAnswer(answer, closeTable, {
      nowMs: clock.now(),
      onUnmapped: (word) => {
        if (!isDocumentedWord(word)) telemetry.unmapped({ provider, what: 'error', word, correlationId });
      },
    });
    if (outcome.kind === 'authFailed') tokens.refuse(scope, token.token);
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'close', outcome: outcome.kind, durationMs, httpStatus: outcome.httpStatus, correlationId });
    return outcome;
  }

  /** `GET /accounts/{account_id}`, with the parameters of the close. */
  async readAccount(account: AccountRef, { correlationId, purpose }: ReadContext): Promise<AccountRead> {
    if (this.#settings.READS === 'off') return nothing;
    const { clock, telemetry, id: provider } = this.#context;
    const started = clock.monotonic();
    const send = (token: string) =>
      this.#http.send({
        method: 'GET',
        path: `/accounts/${pathSegment(account.id)}`,
        query: identifierQuery(account),
        headers: this.#headers(token),
        priority: purpose,
      });
    const answer = await readWithToken(this.#tokenSource.tokens, this.#settings.READ_SCOPE, send, isTokenRefusal);
    const read = isReadFailed(answer)
      ? answer
      : accountRead(answer, account, {
          settings: this.#settings,
          idRules: this.capabilities.idRules,
          nowMs: clock.now(),
          onUnmapped: (word) => telemetry.unmapped({ provider, what: 'status', word, correlationId }),
        });
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'read', outcome: read.ok ? read.state : read.code, durationMs, httpStatus: read.httpStatus, correlationId });
    return read;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#http.dispose(), this.#tokenSource.dispose()]);
  }

  #headers(token: string): Record<string, string> {
    const { CLIENT_ID_HEADER, CLIENT_ID, DEVICE } = this.#settings;
    return {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      [CLIENT_ID_HEADER]: CLIENT_ID,
      ...(DEVICE ? { 'x-device': DEVICE } : {}),
    };
  }
}

/** The type is always sent: the page of the close names no default for it. */
function identifierQuery({ idType, country }: AccountRef): [string, string][] {
  if (idType === 'PROVIDER_ID') throw new Error('This provider has no ids of its own: the capabilities say so.');
  return [['account_id_type', ID_TYPE_WORDS[idType]], ...(country ? [['account_id_country', country] satisfies [string, string]] : [])];
}
