import type { AccountRef } from '../../src/domain/account';
import type { LiquidationOutcome, Sale, SalesRead } from '../../src/domain/liquidation';
import type { ReadFailed } from '../../src/domain/outcome';
import type { CloseSend, LiquidationRequest, ListingContext, ProviderLiquidation } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { problemJson } from '../../src/provider-kit/error-body';
import { judgeLiquidationAnswer, type LiquidationTable } from '../../src/provider-kit/judge-liquidation';
import { isReadFailed, judgeRead, readWithToken } from '../../src/provider-kit/judge-read';
import type { TokenCache, TokenRefused } from '../../src/provider-kit/oauth';
import { accountSchema, liquidationSchema, READ_SCOPE, REQUEST_ID_HEADER, SALES_SCOPE, SELL_SCOPE, type WireLiquidation } from './api';
import { type Listed, type UpvestLists, unusable } from './blockers-lists';
import type { UpvestClient } from './client';
import { liquidationErrorRows } from './errors';
import { inTime } from './in-time';
import { resourcePath } from './mapping';

export interface LiquidationOptions {
  client: Pick<UpvestClient, 'call'>;
  tokens: TokenCache;
  lists: UpvestLists;
  context: Pick<AdapterContext, 'id' | 'clock' | 'telemetry' | 'timeoutMs'>;
}

const LISTED_TOO_LATE: ReadFailed = { ok: false, code: 'PROVIDER_TIMEOUT', message: 'The provider did not list the sales of the account in time.' };
const READY_TOO_LATE: LiquidationOutcome = { kind: 'notApplied', code: 'PROVIDER_TIMEOUT', message: 'What the request to sell needs could not be had in time.' };
/** The client may not have the scope. RFC 6749 section 5.2 */
const NO_RIGHT: ReadonlySet<string> = new Set(['invalid_scope', 'unauthorized_client']);
const rules = { dialect: problemJson, requestIdHeader: REQUEST_ID_HEADER };

/** https://docs.upvest.co/products/tol/guides/liquidations/liquidations_webhooks */
const STATES = new Map<string, Sale['state']>([
  ['NEW', 'OPEN'],
  ['PROCESSING', 'OPEN'],
  ['FILLED', 'OPEN'],
  ['SETTLED', 'SETTLED'],
  ['CANCELLED', 'CANCELLED'],
]);

/**
 * The sale of all positions of an account.
 * Source: https://docs.upvest.co/api/release/upvest-investment-api.v1-1/liquidations
 */
export class UpvestLiquidation implements ProviderLiquidation {
  readonly #options: LiquidationOptions;

  constructor(options: LiquidationOptions) {
    this.#options = options;
  }

  /** `POST /accounts/{id}/liquidations`, in the name of the user whose account it is. */
  async request(request: LiquidationRequest, send: Pick<CloseSend, 'beforeFirstByte'>): Promise<LiquidationOutcome> {
    const { client, tokens, context } = this.#options;
    const { account, idempotencyKey, correlationId } = request;
    const { clock, telemetry, id: provider, timeoutMs } = context;
    // As long as one request may take: with the request itself it must fit into a claim.
    const ready = await inTime(timeoutMs, READY_TOO_LATE, (signal) => this.#prepare(account, signal));
    if ('kind' in ready) return ready;
    const { token, user } = ready;
    const started = clock.monotonic();
    const answer = await client.call(token, {
      method: 'POST',
      path: salesPath(account),
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ user_id: user }),
      beforeFirstByte: () => send.beforeFirstByte(),
    });
    const table: LiquidationTable = { ...rules, successStatus: 202, errors: liquidationErrorRows, sale: (value) => this.#saleIn(value, request) };
    const outcome = judgeLiquidationAnswer(answer, table, {
      nowMs: clock.now(),
      onUnmapped: (word) => telemetry.unmapped({ provider, what: 'error', word, correlationId }),
    });
    if (outcome.httpStatus === 401) tokens.refuse(SELL_SCOPE, token);
    const { kind, httpStatus, requestId } = outcome;
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'liquidate', outcome: kind, durationMs, httpStatus, requestId, correlationId });
    return outcome;
  }

  /** `GET` of the same path, all pages. */
  async list(account: AccountRef, context: ListingContext): Promise<SalesRead> {
    const list = { scope: SALES_SCOPE, path: salesPath(account), entry: liquidationSchema };
    // As long as two requests may take: whoever waits for it holds a claim.
    const late: Listed<WireLiquidation> = { entries: [], failure: LISTED_TOO_LATE };
    const { entries, failure } = await inTime(2 * this.#options.context.timeoutMs, late, (signal) => this.#options.lists.read(list, { ...context, signal }));
    if (failure) return failure;
    const sales = entries.filter((entry) => entry.account_id.toLowerCase() === account.id);
    // A list with sales of other accounts is not the list that was asked for.
    if (sales.length < entries.length) return unusable("The provider's list of sales is not about the account asked for.");
    return { ok: true, sales: sales.map((wire) => this.#saleOf(wire, context.correlationId)) };
  }

  /** What the request takes, or why there will be none. */
  async #prepare(account: AccountRef, signal: AbortSignal): Promise<LiquidationOutcome | { token: string; user: string }> {
    const token = await this.#options.tokens.get(SELL_SCOPE);
    if (!token.ok) return this.#withoutToken(token);
    if (signal.aborted) return READY_TOO_LATE;
    const user = await this.#userOf(account);
    if (typeof user === 'string') return { token: token.token, user };
    const { ok: _failed, ...failure } = user;
    return { ...failure, kind: 'notApplied' };
  }

  /** Whatever else the trouble is, a change of credentials or the end of an outage may mend it. */
  #withoutToken({ code, message, retryAfterMs, oauthError, evidence }: TokenRefused): LiquidationOutcome {
    return oauthError !== undefined && NO_RIGHT.has(oauthError)
      ? { ...evidence, kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED', message: 'The provider gave the gateway no token for selling positions.' }
      : { ...evidence, kind: 'notApplied', code, message, retryAfterMs };
  }

  /** The account's own read names its users; an owner is asked for in the first place. */
  async #userOf(account: AccountRef): Promise<string | ReadFailed> {
    const { client, tokens, context } = this.#options;
    const path = resourcePath(account);
    const answer = await readWithToken(tokens, READ_SCOPE, (token) => client.call(token, { method: 'GET', path, priority: 'POLL' }));
    if (isReadFailed(answer)) return answer;
    const read = judgeRead(answer, rules, { nowMs: context.clock.now() });
    if (read.kind === 'failed') return read.failure;
    const wire = read.kind === 'json' ? accountSchema.safeParse(read.value).data : undefined;
    const users = wire?.id.toLowerCase() === account.id ? (wire.users ?? []) : [];
    const user = users.find(({ type }) => type === 'OWNER') ?? users[0];
    return user?.id ?? { ...unusable("The provider's answer does not say whose the account is."), ...read.evidence };
  }

  #saleIn(value: unknown, { account, correlationId }: LiquidationRequest): Sale | undefined {
    const wire = liquidationSchema.safeParse(value).data;
    return wire?.account_id.toLowerCase() === account.id ? this.#saleOf(wire, correlationId) : undefined;
  }

  #saleOf({ id, status, created_at: requestedAt }: WireLiquidation, correlationId: string): Sale {
    const { telemetry, id: provider } = this.#options.context;
    const state = STATES.get(status) ?? 'UNKNOWN';
    if (state === 'UNKNOWN') telemetry.unmapped({ provider, what: 'status', word: status, correlationId });
    return { id, state, providerStatus: status, requestedAt };
  }
}

function salesPath(account: AccountRef): string {
  return `${resourcePath(account)}/liquidations`;
}
