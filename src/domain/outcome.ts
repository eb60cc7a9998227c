import type { AccountRef } from './account';
import type { Blocker, BlockerCode } from './blocker';
import type { ProviderError } from './closure-error';
import type { ClosureErrorCode } from './error-code';

/** What every answer of a provider carries, whatever it means. */
export interface Evidence {
  /** The provider's own id of the request. */
  requestId?: string;
  httpStatus?: number;
  /** Redacted entries of the provider's error body. */
  providerErrors?: ProviderError[];
}

/** What somebody must do before the provider goes on. */
export interface RequiredAction {
  type: string;
  /** https URL. */
  url?: string;
  /** Epoch ms. */
  expiresAt?: number;
}

/**
 * How an answer to the close request reads. The engine's tables are written in these words;
 * HTTP statuses stay in the kit and the adapter.
 */
export type CloseOutcome = Evidence &
  (
    | { kind: 'accepted'; providerStatus?: string }
    | { kind: 'closed'; providerStatus?: string }
    | { kind: 'announced' }
    /** Takes effect later; `effectiveAt` in epoch ms. */
    | { kind: 'scheduled'; effectiveAt: number; providerStatus?: string }
    | { kind: 'actionRequired'; action: RequiredAction; providerStatus?: string }
    /** A documented refusal with a recognised body: this request was not applied. */
    | { kind: 'rejected'; code: ClosureErrorCode; message: string; blockers?: Blocker[] }
    /** The provider says, distinguishably, that the account is closed already. */
    | { kind: 'alreadyClosed' }
    /** Refused because of the account's state, or in a way the documentation does not have: read before anything else. */
    | { kind: 'conflict'; documented: boolean }
    /** The credentials were not accepted: not applied. */
    | { kind: 'authFailed' }
    /** Proven not applied, may be tried again. `retryAfterMs` as the provider asked, 0 to 24 h. */
    | { kind: 'notApplied'; code: ClosureErrorCode; message: string; retryAfterMs?: number }
    /** Out of service: tried again, and proves nothing about this request. */
    | { kind: 'unavailable'; retryAfterMs?: number }
    /** Sent, and the answer was lost or unusable. `detail` says how, in our words. */
    | { kind: 'unknown'; detail: string }
  );

export type CloseOutcomeKind = CloseOutcome['kind'];

/** What the account's state, read at the provider, says about a closing. */
export const ACCOUNT_STATES = [
  'OPEN',
  'CLOSING',
  'SCHEDULED',
  'ACTION_REQUIRED',
  'CLOSED',
  'FAILED',
  'WITHDRAWN',
  'NOT_FOUND',
  'UNKNOWN',
] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

/** A read that got a usable answer. */
export interface AccountSeen extends Evidence {
  ok: true;
  state: AccountState;
  /** The provider's own word, raw. */
  providerStatus?: string;
  blockers: Blocker[];
  /** Why a part of the blockers could not be read: what is listed is true, and there may be more. */
  blockersUnknown?: BlockersUnknown;
  /** Other identifiers of the same account that the answer revealed. */
  aliases: AccountRef[];
  /** Epoch ms; with SCHEDULED, or where the provider names the expected date. */
  expectedCloseAt?: number;
  action?: RequiredAction;
}

/** A read that says nothing about the account: refused, throttled, out of service, timed out, unusable. */
export interface ReadFailed extends Evidence {
  ok: false;
  code: ClosureErrorCode;
  message: string;
  /** As the provider asked, 0 to 24 h in ms. */
  retryAfterMs?: number;
}

/** A part of the blockers that could not be read. */
export interface BlockersUnknown extends ReadFailed {
  /** What that part could have shown; absent: anything. */
  codes?: readonly BlockerCode[];
}

export type AccountRead = AccountSeen | ReadFailed;
