import { type Blocker, type BlockerCode, inOrder } from './blocker';
import { type Caller, mayOperate } from './caller';
import type { ClosureError } from './closure-error';
import type { Closure, ClosureEvent } from './closure';
import { isUnderWay } from './closure-status';
import { isSensitive, type ReasonMapping } from './reason';

/**
 * Tipping-off: whoever may not operate sees a sensitive closure as an ordinary one, and no hold by its name, on
 * any account. Every path that shows a closure goes through here.
 */
const HOLDS: readonly BlockerCode[] = ['COMPLIANCE_HOLD', 'LEGAL_HOLD'];
/** What is left of a hold: neither its amount nor what it is related to nor who could lift it. */
const REVIEW: Omit<Blocker, 'stage'> = {
  code: 'MANUAL_REVIEW',
  message: 'The provider is reviewing the account.',
  resolvableBy: 'PROVIDER',
  selfResolving: false,
  relatedIds: [],
};

/** True for a blocker that must not be named to the holder, and for a review: were its words there, their absence would tell a hold. */
export function isHold({ code }: Blocker): boolean {
  return HOLDS.includes(code) || code === 'MANUAL_REVIEW';
}

/**
 * True for a sensitive closure, and for one that is in truth what a sensitive one is shown as: were its words there, their
 * absence would tell the others.
 */
export function isHidden({ reason, initiator }: Pick<Closure, 'reason' | 'initiator'>): boolean {
  return isSensitive(reason) || (reason === 'OTHER' && initiator === 'PROVIDER');
}

/** True where nothing that the provider says of the account is shown: of a hidden closure, and of one with a hold or a review. */
export function isSilent({ blockers, error, ...closure }: Closure): boolean {
  return isHidden(closure) || [...blockers, ...(error?.blockers ?? [])].some(isHold);
}

/**
 * @param ordinaryMapping what the provider is told of the reason OTHER: the mapping of the true reason would tell
 *   a sensitive closure from an ordinary one
 */
export function closureAsSeenBy(caller: Caller, closure: Closure, ordinaryMapping: ReasonMapping): Closure {
  const isOwn = caller.subject === closure.subject && caller.tenant === closure.tenant;
  const seen: Closure = {
    ...closure,
    idempotencyKey: isOwn ? closure.idempotencyKey : null,
    // What the last look left of a closing that has ended since.
    blockersUnknown: isUnderWay(closure.status) ? closure.blockersUnknown : null,
  };
  if (mayOperate(caller)) return seen;
  const hidden = isHidden(closure);
  const silent = isSilent(closure);
  // Where the blockers stand beside the word that was read with them, or the word says no more than that the account is closed.
  const hasWord = !silent && (isUnderWay(seen.status) || seen.status === 'CLOSED');
  return {
    ...seen,
    blockers: blockersAsSeenBy(caller, seen.blockers),
    blockersUnknown: seen.blockersUnknown && [...new Set(seen.blockersUnknown.map((code) => (HOLDS.includes(code) ? REVIEW.code : code)))].toSorted(),
    error: seen.error && errorAsSeenBy(caller, seen.error, silent),
    requiredAction: silent ? null : seen.requiredAction,
    providerStatus: hasWord ? seen.providerStatus : null,
    ...(hidden && { reason: 'OTHER', reasonText: null, initiator: 'PROVIDER' }),
    ...((hidden || seen.reason === 'OTHER') && { reasonMapping: ordinaryMapping }),
  };
}

export function eventsAsSeenBy(caller: Caller, closure: Closure, events: ClosureEvent[]): ClosureEvent[] {
  if (mayOperate(caller)) return events;
  const hidden = isHidden(closure);
  // A person's note is written for operations, whatever the reason; evidence, for the audit trail.
  return events.map(({ evidence: _unseen, ...event }) => (hidden || event.cause === 'OPERATOR' ? { ...event, detail: null } : event));
}

export function blockersAsSeenBy(caller: Caller, blockers: Blocker[]): Blocker[] {
  if (mayOperate(caller)) return blockers;
  const masked = blockers.map((blocker) => (isHold(blocker) ? { ...REVIEW, stage: blocker.stage } : blocker));
  // Neither how many they are nor their place in the order tells a hold from a review.
  const once = masked.filter(({ code, stage }, index) => code !== REVIEW.code || masked.findIndex((one) => one.code === code && one.stage === stage) === index);
  return inOrder(once);
}

export function errorAsSeenBy(caller: Caller, error: ClosureError, hidden: boolean): ClosureError {
  if (mayOperate(caller)) return error;
  const silent = hidden || error.blockers.some(isHold);
  return { ...error, blockers: blockersAsSeenBy(caller, error.blockers), providerErrors: silent ? [] : error.providerErrors };
}

/** The blocker codes a filter means for this caller: a hold cannot be found by its name, and is found as a review. */
export function blockerFilterFor(caller: Caller, codes: BlockerCode[]): BlockerCode[] {
  if (mayOperate(caller)) return codes;
  const named = codes.filter((code) => !HOLDS.includes(code));
  return named.includes('MANUAL_REVIEW') ? [...named, ...HOLDS] : named;
}
