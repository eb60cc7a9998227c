import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, CloseOutcome } from '../../src/domain/outcome';
import type { ReasonMapping } from '../../src/domain/reason';
import type { CloseRequest, CloseSend, ProviderAdapter, ProviderCapabilities } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { problemJson } from '../../src/provider-kit/error-body';
import { type CloseTable, judgeCloseAnswer } from '../../src/provider-kit/judge-close';
import { isReadFailed, type JsonRead, judgeRead, type ReadRules, readWithToken } from '../../src/provider-kit/judge-read';
import { TokenCache } from '../../src/provider-kit/oauth';
import { accountSchema, CLOSE_SCOPE, READ_SCOPE, REQUEST_ID_HEADER } from './api';
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

  /** @throws PrivateKeyError for a key that the settings would have refused */
  constructor(settings: Settings, context: AdapterContext) {
    this.capabilities = capabilitiesFor(context.visibilityLagMs);
    this.#context = context;
    this.#client = new UpvestClient(settings, context);
    const { clock, secrets } = context;
    this.#tokens = new TokenCache({ fetch: (scope) => this.#client.requestToken(scope), clock, secrets });
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

  /** `GET` of the same path. The provider's own changes become visible late: see the README. */
  async readAccount(account: AccountRef, { correlationId }: { correlationId: string }): Promise<AccountRead> {
    const { clock, telemetry, id: provider } = this.#context;
    const started = clock.monotonic();
    const path = resourcePath(account);
    const answer = await readWithToken(this.#tokens, READ_SCOPE, (token) => this.#client.call(token, { method: 'GET', path }));
    const read = isReadFailed(answer)
      ? answer
      : this.#accountRead(account, judgeRead(answer, readRules, { nowMs: clock.now() }), correlationId);
    const outcome = read.ok ? read.state : read.code;
    const { httpStatus, requestId } = read;
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'read', outcome, durationMs, httpStatus, requestId, correlationId });
    return read;
  }

  dispose(): Promise<void> {
    return this.#client.dispose();
  }

  #accountRead(account: AccountRef, read: JsonRead, correlationId: string): AccountRead {
    switch (read.kind) {
      case 'failed':
        return read.failure;
      case 'notFound':
        return { ok: true, ...read.evidence, providerErrors: read.body.errors, state: 'NOT_FOUND', blockers: [], aliases: [] };
      case 'json':
        break;
    }
    const seen = accountSchema.safeParse(read.value).data;
    // An answer about another account, or about none, says nothing about this one.
    if (seen?.id.toLowerCase() !== account.id) {
      const message = 'The provider\'s answer to a read is not about the account asked for.';
      return { ok: false, ...read.evidence, code: 'PROVIDER_PROTOCOL_ERROR', message };
    }
    const standing = standingOf(seen.status);
    if (!standing) this.#context.telemetry.unmapped({ provider: this.#context.id, what: 'status', word: seen.status, correlationId });
    const { state, blockers } = standing ?? { state: 'UNKNOWN', blockers: [] };
    return { ok: true, ...read.evidence, state, providerStatus: seen.status, blockers, aliases: [] };
  }
}
