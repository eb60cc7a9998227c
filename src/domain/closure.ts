import type { AccountRef } from './account';
import type { Blocker, BlockerCode } from './blocker';
import type { ClosureError } from './closure-error';
import type { ClosureStatus } from './closure-status';
import type { ClosureErrorCode } from './error-code';
import type { Evidence, RequiredAction } from './outcome';
import type { ClosureInitiator, ClosureReason, ReasonMapping } from './reason';

/** What caused a transition. */
export const EVENT_CAUSES = ['REQUEST', 'RESPONSE', 'POLL', 'WEBHOOK', 'OPERATOR', 'TIMER'] as const;
export type EventCause = (typeof EVENT_CAUSES)[number];

/** The part of a closure that never changes after it was recorded. */
export interface ClosureIntent {
  /** UUIDv7. */
  id: string;
  tenant: string;
  /** Who asked; the idempotency key belongs to (tenant, subject). */
  subject: string;
  idempotencyKey: string | null;
  /** SHA-256, hex, over the normalised input; compared, never shown. */
  fingerprint: string;
  account: AccountRef;
  /** See {@link lockKey}: at most one live closure per (tenant, provider, lock key). */
  lockKey: string;
  reason: ClosureReason;
  reasonText: string | null;
  reasonMapping: ReasonMapping;
  initiator: ClosureInitiator;
  announceOnly: boolean;
  liquidatePositions: boolean;
  /** The accounts of the group are closed first, each by a closure of its own. */
  includeAccounts: boolean;
  /** Links the caller's request to every log line and provider request. */
  correlationId: string;
  /** Epoch ms. */
  requestedAt: number;
}

/** The part that moves. Times are epoch ms. */
export interface ClosureProgress {
  status: ClosureStatus;
  statusSince: number;
  updatedAt: number;
  closedAt: number | null;
  providerStatus: string | null;
  blockers: Blocker[];
  /** What else may be in the way of a closing account: the provider refuses to show it. OTHER: anything. Null: nothing was refused. */
  blockersUnknown: BlockerCode[] | null;
  requiredAction: RequiredAction | null;
  expectedCloseAt: number | null;
  error: ClosureError | null;
  /** When the worker looks at it next; null: never by itself. */
  dueAt: number | null;
  /** Close requests marked as leaving the gateway. */
  attempts: number;
  /** Steps in a row that changed nothing; drives back-off. */
  quietSteps: number;
  /** A conflict or an undocumented refusal was stored and the account was not read since: never resent before it is. */
  pendingRead: 'CONFLICT' | 'UNDOCUMENTED' | null;
  /** When a read or a webhook first showed the account closing. */
  closingSeenAt: number | null;
  /** When a read first showed the account open again, after closing was seen or after CLOSED. */
  openSeenAt: number | null;
  /** When reads began to find no such account, without a find since. */
  notFoundSince: number | null;
  /** The accounts of the group were listed once, and each has its closure. */
  accountsListed: boolean;
  /** What is known of the sale of its positions; null: none was begun. */
  liquidation: Liquidation | null;
}

/**
 * How far the sale of an account's positions is.
 * - MARKED: the request is about to leave or left; no usable answer is stored.
 * - WAITING: proven without effect, to be tried again under the same key.
 * - ACCEPTED: the provider works on it.
 * - SETTLED / CANCELLED / REFUSED: over.
 * - GIVEN_UP: what became of it could not be found out; nobody looks any more.
 */
export type LiquidationStage = 'MARKED' | 'WAITING' | 'ACCEPTED' | 'SETTLED' | 'CANCELLED' | 'REFUSED' | 'GIVEN_UP';

/** The request to sell, stored before its first byte leaves. Times are epoch ms. */
export interface Liquidation {
  stage: LiquidationStage;
  /** UUID; the same for every resend, so that the provider begins one sale at most. */
  idempotencyKey: string;
  /** When the newest request was marked. */
  markedAt: number;
  /** When the oldest request without a usable answer was marked; absent: there is none. */
  doubtSince?: number;
  /** No other request leaves before this: the provider asked for it, or what became of the last one cannot be seen yet. */
  notBefore: number;
  /** The provider's id of it, once it is known. */
  id?: string;
  /** The provider's own word, raw. */
  providerStatus?: string;
  /** The history says that it waits. */
  delayTold?: true;
  /** Why the provider's list says nothing of it, where that does not pass by itself; told once. */
  listTrouble?: ClosureErrorCode;
}

/** A closure as the store keeps it. */
export interface Closure extends ClosureIntent, ClosureProgress {
  /** Rises with every change a caller can see; writers without a claim compare it. */
  version: number;
  /** Rises with every claim and every write without one; a worker's writes compare it. */
  fence: number;
}

/**
 * What is known of one close request.
 * - MARKED: about to leave or left; no answer stored.
 * - UNKNOWN: answer lost or unusable.
 * - UNAVAILABLE: answered "out of service", which proves nothing.
 * - ACCEPTED: the provider took it; the rest follows.
 * - COMPLETED: the provider says that it is done.
 * - REFUSED / NOT_APPLIED / NOT_SENT: proven without effect.
 * - SET_ASIDE: a person decided that it no longer counts, whatever was known of it.
 */
export const ATTEMPT_EFFECTS = [
  'MARKED',
  'UNKNOWN',
  'UNAVAILABLE',
  'ACCEPTED',
  'COMPLETED',
  'REFUSED',
  'NOT_APPLIED',
  'NOT_SENT',
  'SET_ASIDE',
] as const;
export type AttemptEffect = (typeof ATTEMPT_EFFECTS)[number];

/** One close request, marked durably before its first byte leaves. */
export interface Attempt {
  /** 1, 2, 3, … within its closure. */
  number: number;
  /** Epoch ms, the store's clock. */
  markedAt: number;
  /** How long the request may take before the gateway gives its connection up, ms. */
  deadlineMs: number;
  effect: AttemptEffect;
  /** Epoch ms; null while MARKED. */
  answeredAt: number | null;
  evidence: Evidence;
}

/** One line of a closure's history and of the audit trail. */
export interface ClosureEvent {
  from: ClosureStatus | null;
  to: ClosureStatus;
  /** Epoch ms. */
  at: number;
  cause: EventCause;
  /** Our own words. */
  detail: string | null;
  /** Who: a subject for REQUEST and OPERATOR, null for the gateway itself. */
  actor: string | null;
  correlationId: string;
  providerRequestId: string | null;
  /** Absent: nothing that a provider said. */
  evidence?: EventEvidence;
}

/** What of a provider's word stood behind a line of the history. For the audit trail; callers do not see it. */
export interface EventEvidence extends Pick<Evidence, 'httpStatus' | 'providerErrors'> {
  /** The provider's own word for the account's state, raw. */
  providerStatus?: string;
  /** The provider's id of the verified webhook event. */
  webhookEventId?: string;
}

/** E.g. the provider's closing statement. */
export interface ClosureReport {
  id: string;
  type: string;
  /** Epoch ms. */
  createdAt: number;
}

/** Lost or unusable answer: the request may have been applied, and the account must be read. */
export function isUnresolved(attempt: Attempt): boolean {
  return attempt.effect === 'MARKED' || attempt.effect === 'UNKNOWN';
}

const WITHOUT_EFFECT: ReadonlySet<AttemptEffect> = new Set(['REFUSED', 'NOT_APPLIED', 'NOT_SENT', 'SET_ASIDE']);

/** Not proven without effect; "out of service" proves nothing either. */
export function mayBeApplied(attempt: Attempt): boolean {
  return !WITHOUT_EFFECT.has(attempt.effect);
}

/** True while an answer to the newest request is still waited for. */
export function isBeingSent(attempts: readonly Attempt[], now: number): boolean {
  const newest = attempts.at(-1);
  return newest?.effect === 'MARKED' && now < newest.markedAt + newest.deadlineMs;
}
