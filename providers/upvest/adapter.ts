import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, AccountState, CloseOutcome } from '../../src/domain/outcome';
import type { ReasonMapping } from '../../src/domain/reason';
import type { CloseRequest, CloseSend, ProviderAdapter, ProviderCapabilities, ReadContext } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { problemJson } from '../../src/provider-kit/error-body';
import { type CloseTable, judgeCloseAnswer } from '../../src/provider-kit/judge-close';
import { isReadFailed, type JsonRead, judgeRead, type ReadRules, readWithToken } from '../../src/provider-kit/judge-read';
import { TokenCache } from '../../src/provider-kit/oauth';
import { RateBudget } from '../../src/provider-kit/rate-budget';
import { accountSchema, CLOSE_SCOPE, READ_SCOPE, REQUEST_ID_HEADER, type WireAccount } from './api';
import { UpvestBlockers } from './blockers';
import { UpvestLists } from './blockers-lists';
import { capabilitiesFor } from './capabilities';
import { UpvestClient } from './client';
import { errorRows } from './errors';
import { closeQuery, reasonMapping, resourcePath, standingOf } from './mapping';
import type { Settings } from './settings';
import { UpvestWebhooks } from './webhooks';

const readRules: ReadRules = { dialect: problemJson, requestIdHeader: REQUEST_ID_HEADER };

/** 202 is the one documented success: accepted, and worked on from then on. */
const closeTable: CloseTable = {
  ...readRules,
  success: { 202: { kind: 'accepted', providerStatus: 'CLOSING' } },
  errors: errorRows,
};
/** With `notification_only` the same 202 closes nothing. */
const announceTable: CloseTable = { ...closeTable, success: { 202: { kind: 'announced' } } };

/** Where something may still stand in the way. */
const BLOCKABLE: ReadonlySet<AccountState> = new Set(['OPEN', 'CLOSING']);

/**
 * The investment API's side of a closing.
 * Sources: https://docs.upvest.co/api/accounts/account_closure.md,
 * https://docs.upvest.co/api/account-groups/account_group_closure.md
 */
export class UpvestAdapter implements ProviderAdapter {
  readonly capabilities: ProviderCapabilities;
  readonly webhooks: UpvestWebhooks;
  readonly #context: AdapterContext;
  readonly #client: UpvestClient;
  readonly #tokens: TokenCache;
  readonly #blockers: UpvestBlockers;

  /** @throws PrivateKeyError for a key that the settings would have refused */
  constructor(settings: Settings, context: AdapterContext) {
    this.capabilities = capabilitiesFor(settings, context.visibilityLagMs);
    this.#context = context;
    const { clock, secrets } = context;
    this.#client = new UpvestClient(settings, context, new RateBudget(this.capabilities.requestsPerSecond, clock));
    this.#tokens = new TokenCache({ fetch: (scope) => this.#client.requestToken(scope), clock, secrets });
    this.#blockers = new UpvestBlockers(new UpvestLists({ client: this.#client, tokens: this.#tokens, context }));
    this.webhooks = new UpvestWebhooks({ settings, context, client: this.#client, tokens: this.#tokens });
  }

  mapReason(request: Pick<CloseRequest, 'account' | 'reason'>): ReasonMapping {
    return reasonMapping(request);
  }

  /** `DELETE /accounts/{id}` or `DELETE /account_groups/{id}`. */
  async requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    const { clock, telemetry, id: provider } = this.#context;
    const token = await this.#tokens.get(CLOSE_SCOPE, { fresh: send.freshToken });
    if (!token.ok) {
      const { code, message, retryAfterMs, evidence } = token;
      return { ...evidence, kind: 'notApplied', code, message, retryAfterMs };
    }
    const started = clock.monotonic();
    const answer = await this.#client.call(token.token, {
      method: 'DELETE',
      path: resourcePath(request.account),
      query: closeQuery(request),
      beforeFirstByte: () => send.beforeFirstByte(),
    });
    const { correlationId } = request;
    const outcome = judgeCloseAnswer(answer, request.announceOnly ? announceTable : closeTable, {
      nowMs: clock.now(),
      onUnmapped: (word) => telemetry.unmapped({ provider, what: 'error', word, correlationId }),
    });
    if (outcome.kind === 'authFailed') this.#tokens.refuse(CLOSE_SCOPE, token.token);
    const { kind, httpStatus, requestId } = outcome;
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'close', outcome: kind, durationMs, httpStatus, requestId, correlationId });
    return outcome;
  }

  /** `GET` of the same path, then of the lists that blockers are derived from. Changes become visible late: see the README. */
  async readAccount(account: AccountRef, context: ReadContext): Promise<AccountRead> {
    const { clock, telemetry, timeoutMs, id: provider } = this.#context;
    const { correlationId, purpose: priority } = context;
    const started = clock.monotonic();
    const path = resourcePath(account);
    const answer = await readWithToken(this.#tokens, READ_SCOPE, (token) => this.#client.call(token, { method: 'GET', path, priority }));
    const { read, wire } = isReadFailed(answer)
      ? { read: answer }
      : this.#accountRead(account, judgeRead(answer, readRules, { nowMs: clock.now() }), correlationId);
    const outcome = read.ok ? read.state : read.code;
    const { httpStatus, requestId } = read;
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'read', outcome, durationMs, httpStatus, requestId, correlationId });
    if (!context.blockers || !wire || !read.ok || !BLOCKABLE.has(read.state)) return read;
    // Two requests' time for the whole, however many there are: the claim of whoever waits for it holds little longer.
    const found = await this.#blockers.read(account, wire, context, 2 * timeoutMs - durationMs);
    return { ...read, ...found, blockers: [...read.blockers, ...found.blockers] };
  }

  dispose(): Promise<void> {
    return this.#client.dispose();
  }

  #accountRead(account: AccountRef, read: JsonRead, correlationId: string): { read: AccountRead; wire?: WireAccount } {
    switch (read.kind) {
      case 'failed':
        return { read: read.failure };
      case 'notFound':
        return { read: { ok: true, ...read.evidence, providerErrors: read.body.errors, state: 'NOT_FOUND', blockers: [], aliases: [] } };
      case 'json':
        break;
    }
    const seen = accountSchema.safeParse(read.value).data;
    // An answer about another account, or about none, says nothing about this one.
    if (seen?.id.toLowerCase() !== account.id) {
      const message = 'The provider\'s answer to a read is not about the account asked for.';
      return { read: { ok: false, ...read.evidence, code: 'PROVIDER_PROTOCOL_ERROR', message } };
    }
    const standing = standingOf(seen.status);
    if (!standing) this.#context.telemetry.unmapped({ provider: this.#context.id, what: 'status', word: seen.status, correlationId });
    const { state, blockers } = standing ?? { state: 'UNKNOWN', blockers: [] };
    return { read: { ok: true, ...read.evidence, state, providerStatus: seen.status, blockers, aliases: [] }, wire: seen };
  }
}
