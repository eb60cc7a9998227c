import { type AttemptEffect, isUnresolved, mayBeApplied } from '../closure';
import type { CloseOutcome, CloseOutcomeKind } from '../outcome';
import { afterAcceptance } from './liquidation';
import { errorOf, type Facts, type Finding, type Next, type Situation, type Verdict, waitingStatus } from './situation';

/** What each answer proves about its own request, and about no other. */
const EFFECT: Record<CloseOutcomeKind, AttemptEffect> = {
  accepted: 'ACCEPTED',
  scheduled: 'ACCEPTED',
  actionRequired: 'ACCEPTED',
  closed: 'COMPLETED',
  announced: 'COMPLETED',
  rejected: 'REFUSED',
  alreadyClosed: 'REFUSED',
  conflict: 'REFUSED',
  authFailed: 'NOT_APPLIED',
  notApplied: 'NOT_APPLIED',
  unavailable: 'UNAVAILABLE',
  unknown: 'UNKNOWN',
};

/** The finding that an answer is for its own request. */
export function findingOf(attempt: number, outcome: CloseOutcome): Finding {
  const { requestId, httpStatus, providerErrors } = outcome;
  const undocumented = outcome.kind === 'conflict' && !outcome.documented;
  return { number: attempt, effect: undocumented ? 'UNKNOWN' : EFFECT[outcome.kind], evidence: { requestId, httpStatus, providerErrors } };
}

/**
 * How an answer to the close request is read: the first table of the contract.
 * @param attempt the number of the request answered; null: it never left (no token)
 */
export function judgeAnswer(situation: Situation, attempt: number | null, outcome: CloseOutcome, facts: Facts): Verdict {
  const finding = attempt === null ? undefined : findingOf(attempt, outcome);
  const verdict = verdictOn(others(situation, attempt), outcome, facts);
  return finding ? { ...verdict, findings: [finding] } : verdict;
}

/** The situation without the request that was just answered. */
function others(situation: Situation, attempt: number | null): Situation {
  return { closure: situation.closure, attempts: situation.attempts.filter(({ number }) => number !== attempt) };
}

function verdictOn(situation: Situation, outcome: CloseOutcome, facts: Facts): Verdict {
  const waiting = waitingStatus(situation.attempts);
  const settled = { error: null, pendingRead: null };
  switch (outcome.kind) {
    case 'accepted':
      return {
        set: { ...settled, status: 'CLOSING', providerStatus: outcome.providerStatus ?? null },
        next: afterAcceptance(situation.closure, facts),
      };
    case 'closed':
      return {
        set: { ...settled, status: 'CLOSED', closedAt: facts.now, providerStatus: outcome.providerStatus ?? null, blockers: [] },
        next: { kind: 'never' },
      };
    case 'announced':
      return { set: { ...settled, status: 'ANNOUNCED' }, next: { kind: 'never' } };
    case 'scheduled':
      return {
        set: { ...settled, status: 'SCHEDULED', expectedCloseAt: outcome.effectiveAt, providerStatus: outcome.providerStatus ?? null },
        next: { kind: 'poll' },
      };
    case 'actionRequired':
      return {
        set: { ...settled, status: 'ACTION_REQUIRED', requiredAction: outcome.action, providerStatus: outcome.providerStatus ?? null },
        next: { kind: 'poll' },
      };
    case 'rejected':
      return refused(situation, errorOf(situation, outcome.code, outcome.message, outcome, { blockers: outcome.blockers ?? [] }));
    case 'alreadyClosed':
      return alreadyClosed(situation, outcome, facts);
    case 'conflict':
      return conflict(situation, outcome, facts);
    case 'authFailed':
      return {
        set: {
          status: waiting,
          error: errorOf(situation, 'PROVIDER_AUTHENTICATION_FAILED', 'The provider did not accept the credentials of the gateway.', outcome),
        },
        next: { kind: 'retry' },
      };
    case 'notApplied':
      return {
        set: { status: waiting, error: errorOf(situation, outcome.code, outcome.message, outcome) },
        next: { kind: 'retry', afterMs: outcome.retryAfterMs },
      };
    case 'unavailable':
      return {
        set: { status: waiting, error: errorOf(situation, 'PROVIDER_UNAVAILABLE', 'The provider is out of service.', outcome) },
        next: { kind: 'retry', afterMs: outcome.retryAfterMs },
      };
    case 'unknown':
      return {
        set: { status: 'UNCONFIRMED', error: errorOf(situation, 'OUTCOME_UNKNOWN', `${outcome.detail} Whether the request was applied is being found out.`, outcome) },
        detail: outcome.detail,
        next: readNext(situation, facts),
      };
  }
}

/** A first look at once, so that an answer lost on the way back costs the caller nothing. */
function readNext({ closure }: Situation, facts: Facts): Next {
  return facts.canRead && !closure.announceOnly ? { kind: 'now' } : { kind: 'retry' };
}

/** REJECTED needs every other request proven without effect; until then the refusal is only the last trouble. */
function refused({ attempts }: Situation, error: ReturnType<typeof errorOf>): Verdict {
  if (attempts.some(mayBeApplied)) {
    return { set: { status: 'UNCONFIRMED', error, pendingRead: null }, detail: 'Refused, while an earlier request is in doubt.', next: { kind: 'retry' } };
  }
  return { set: { status: 'REJECTED', error, pendingRead: null, blockers: error.blockers }, detail: error.message, next: { kind: 'never' } };
}

function alreadyClosed(situation: Situation, outcome: CloseOutcome, facts: Facts): Verdict {
  if (situation.attempts.some(mayBeApplied) && !situation.closure.announceOnly) {
    return {
      set: { status: 'CLOSED', closedAt: facts.now, error: null, pendingRead: null, blockers: [] },
      detail: 'The provider says that the account is closed, and an earlier request was in doubt.',
      next: { kind: 'never' },
    };
  }
  return refused(situation, errorOf(situation, 'ACCOUNT_ALREADY_CLOSED', 'The account was closed before this request.', outcome));
}

function conflict(situation: Situation, outcome: CloseOutcome & { kind: 'conflict' }, facts: Facts): Verdict {
  const error = outcome.documented
    ? errorOf(situation, 'ACCOUNT_STATE_CONFLICT', "The account's state does not allow the closing.", outcome)
    : errorOf(situation, 'PROVIDER_PROTOCOL_ERROR', 'The provider refused in a way that its documentation does not have.', outcome);
  const doubt = situation.attempts.some(mayBeApplied);
  // An announcement is never settled by reads; a read may explain its refusal, and nothing more.
  const readable = facts.canRead && !(situation.closure.announceOnly && (doubt || !outcome.documented));
  if (!readable && !doubt) return refused(situation, error);
  const unconfirmed = !outcome.documented || !readable || situation.attempts.some(isUnresolved);
  return {
    set: {
      status: unconfirmed ? 'UNCONFIRMED' : 'REQUESTED',
      error,
      pendingRead: pendingReadAfter(outcome.documented, readable),
    },
    detail: error.message,
    next: readable ? { kind: 'now' } : { kind: 'retry' },
  };
}

/** An undocumented refusal is never resent, even where no read can explain it. */
function pendingReadAfter(documented: boolean, canRead: boolean): Verdict['set']['pendingRead'] {
  if (!documented) return 'UNDOCUMENTED';
  return canRead ? 'CONFLICT' : null;
}
