import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, AccountState, CloseOutcome, ReadFailed } from '../../src/domain/outcome';
import type { ReasonMapping } from '../../src/domain/reason';
import type {
  ChildrenRead,
  CloseRequest,
  CloseSend,
  ListingContext,
  ProviderAdapter,
  ProviderCapabilities,
  ReadContext,
} from '../../src/ports/provider';
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
import { UpvestChildren } from './children';
import { UpvestClient } from './client';
import { errorRows } from './errors';
import { inTime } from './in-time';
import { UpvestLiquidation } from './liquidation';
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

const LISTED_TOO_LATE: ReadFailed = { ok: false, code: 'PROVIDER_TIMEOUT', message: 'The provider did not list the accounts of the group in time.' };

interface ResourceRead {
  read: AccountRead;
  wire?: WireAccount;
}

/**
 * The investment API's side of a closing.
 * Sources: https://docs.upvest.co/api/accounts/account_closure.md,
 * https://docs.upvest.co/api/account-groups/account_group_closure.md
 */
export class UpvestAdapter implements ProviderAdapter {
  readonly capabilities: ProviderCapabilities;
  readonly webhooks: UpvestWebhooks;
  readonly liquidation: UpvestLiquidation;
  readonly #context: AdapterContext;
  readonly #client: UpvestClient;
  readonly #tokens: TokenCache;
  readonly #blockers: UpvestBlockers;
  readonly #children: UpvestChildren;

  /** @throws PrivateKeyError for a key that the settings would have refused */
  constructor(settings: Settings, context: AdapterContext) {
    this.capabilities = capabilitiesFor(settings, context.visibilityLagMs);
    this.#context = context;
    const { clock, secrets } = context;
    this.#client = new UpvestClient(settings, context, new RateBudget(this.capabilities.requestsPerSecond, clock));
    this.#tokens = new TokenCache({ fetch: (scope) => this.#client.requestToken(scope), clock, secrets });
    const lists = new UpvestLists({ client: this.#client, tokens: this.#tokens, context });
    this.#blockers = new UpvestBlockers(lists);
    this.#children = new UpvestChildren(lists, context);
    this.liquidation = new UpvestLiquidation({ client: this.#client, tokens: this.#tokens, lists, context });
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
    const { clock, timeoutMs } = this.#context;
    const started = clock.monotonic();
    const { read, wire } = await this.#readResource(account, context);
    if (!context.blockers || !wire || !read.ok || !BLOCKABLE.has(read.state)) return read;
    // Two requests' time for the whole, however many there are: the claim of whoever waits for it holds little longer.
    const found = await this.#blockers.read(account, wire, context, 2 * timeoutMs - (clock.monotonic() - started));
    return { ...read, ...found, blockers: [...read.blockers, ...found.blockers] };
  }

  /** `GET` of the group for its users, then of the accounts of each, within two requests' time. */
  listChildren(group: AccountRef, context: ListingContext): Promise<ChildrenRead> {
    return inTime<ChildrenRead>(2 * this.#context.timeoutMs, LISTED_TOO_LATE, async (signal) => {
      const { read, wire } = await this.#readResource(group, context);
      if (!read.ok) return read;
      const { httpStatus, requestId, providerErrors } = read;
      const evidence = { httpStatus, requestId, providerErrors };
      if (!wire) return { ...evidence, ok: false, code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such account group.' };
      const listed = await this.#children.list(group, wire, { ...context, signal });
      return listed.ok ? { ...evidence, ...listed } : listed;
    });
  }

  dispose(): Promise<void> {
    return this.#client.dispose();
  }

  /** `wire` where the account is there. */
  async #readResource(account: AccountRef, { correlationId, purpose: priority }: ListingContext): Promise<ResourceRead> {
    const { clock, telemetry, id: provider } = this.#context;
    const started = clock.monotonic();
    const path = resourcePath(account);
    const answer = await readWithToken(this.#tokens, READ_SCOPE, (token) => this.#client.call(token, { method: 'GET', path, priority }));
    const result = isReadFailed(answer)
      ? { read: answer }
      : this.#accountRead(account, judgeRead(answer, readRules, { nowMs: clock.now() }), correlationId);
    const { read } = result;
    const outcome = read.ok ? read.state : read.code;
    const { httpStatus, requestId } = read;
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'read', outcome, durationMs, httpStatus, requestId, correlationId });
    return result;
  }

  #accountRead(account: AccountRef, read: JsonRead, correlationId: string): ResourceRead {
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
