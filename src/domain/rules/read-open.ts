import { isTransient } from '../error-code';
import type { AccountSeen } from '../outcome';
import { refusedByState } from './refusal';
import { errorOf, type Facts, giveUp, horizonOf, inDoubt, isPastHorizon, settledBy, type Situation, unchanged, type Verdict } from './situation';

/** A read that shows the account open. What that proves depends on how long ago our requests were. */
export function judgeOpen(situation: Situation, read: AccountSeen, facts: Facts): Verdict {
  const { closure } = situation;
  switch (closure.status) {
    case 'REQUESTED':
      return closure.pendingRead ? explained(situation, read, facts) : unchanged({ kind: 'retry' });
    case 'UNCONFIRMED':
      return closure.pendingRead ? explained(situation, read, facts) : openInDoubt(situation, facts);
    case 'CLOSING':
      return openWhileClosing(situation, facts);
    case 'CLOSED':
      return openAfterClosed(situation, facts);
    case 'NEEDS_REVIEW':
      return unchanged({ kind: 'slow' });
    default:
      // SCHEDULED and ACTION_REQUIRED: a provider may well show such an account as active until it acts.
      return unchanged({ kind: 'poll' });
  }
}

/** After a conflict or an undocumented refusal: does the account say why? */
function explained(situation: Situation, read: AccountSeen, facts: Facts): Verdict {
  if (situation.closure.pendingRead === 'UNDOCUMENTED') {
    return refusedByState(situation, 'PROVIDER_PROTOCOL_ERROR', 'The provider refused in a way that its documentation does not have.', read, facts);
  }
  if (read.blockers.some(({ stage }) => stage === 'REQUEST')) {
    return refusedByState(situation, 'CLOSURE_BLOCKED', 'Something on the account must go before it can be closed.', read, facts);
  }
  const { blockersUnknown } = read;
  if (blockersUnknown && isTransient(blockersUnknown.code) && !isPastHorizon(situation, facts)) {
    // The reason may be in the part that could not be read this time.
    return unchanged({ kind: 'retry', afterMs: blockersUnknown.retryAfterMs, by: horizonOf(situation, facts.horizonMs) ?? undefined });
  }
  return refusedByState(situation, 'ACCOUNT_STATE_CONFLICT', "The account's state does not allow the closing.", read, facts);
}

function openInDoubt(situation: Situation, facts: Facts): Verdict {
  const doubtful = inDoubt(situation.attempts);
  const verdict = resendWhenSettled(situation, facts);
  if (!verdict.resend || doubtful.some(({ effect }) => effect !== 'UNAVAILABLE')) return verdict;
  // Each was answered "out of service", and long enough ago: this read proves them without effect.
  return {
    set: { status: 'REQUESTED' },
    findings: doubtful.map(({ number }) => ({ number, effect: 'NOT_APPLIED' })),
    detail: 'The account is open, and no request is in doubt any more.',
    next: { kind: 'now' },
  };
}

/** Another request may leave once the ones in doubt had their time, and until the horizon. */
export function resendWhenSettled(situation: Situation, facts: Facts): Verdict {
  if (isPastHorizon(situation, facts)) {
    return giveUp(situation, 'The account is still open, and whether the request was applied is not known.');
  }
  const from = settledBy(situation.attempts, facts.visibilityLagMs);
  if (facts.now >= from) return { set: {}, next: { kind: 'now' }, resend: true };
  return unchanged({ kind: 'retry', by: Math.min(from, horizonOf(situation, facts.horizonMs) ?? from) });
}

function openWhileClosing(situation: Situation, facts: Facts): Verdict {
  const { closure, attempts } = situation;
  if (closure.closingSeenAt === null) {
    const since = attempts.find(({ effect }) => effect === 'ACCEPTED')?.markedAt ?? closure.statusSince;
    if (facts.now >= since + facts.horizonMs) {
      return giveUp(situation, 'The provider accepted the closing and never showed it.');
    }
    return unchanged({ kind: 'poll', by: since + facts.horizonMs });
  }
  if (facts.now < closure.closingSeenAt + facts.visibilityLagMs) return unchanged({ kind: 'poll' });
  if (closure.openSeenAt === null) return { set: { openSeenAt: facts.now }, next: { kind: 'poll' } };
  if (facts.now <= closure.openSeenAt + facts.visibilityLagMs) return unchanged({ kind: 'poll' });
  return {
    set: {
      status: 'FAILED',
      blockers: [],
      error: errorOf(situation, 'ACCOUNT_STATE_CONFLICT', 'The provider accepted the closing and then showed the account open again.'),
    },
    detail: 'The account was closing and is open again.',
    next: { kind: 'never' },
  };
}

function openAfterClosed({ closure }: Situation, facts: Facts): Verdict {
  const from = (closure.closedAt ?? closure.statusSince) + Math.max(facts.visibilityLagMs, facts.reopenGraceMs);
  if (facts.now < from) return unchanged({ kind: 'at', at: from });
  const second = { kind: 'at', at: (closure.openSeenAt ?? facts.now) + facts.visibilityLagMs + 1 } as const;
  if (closure.openSeenAt === null) return { set: { openSeenAt: facts.now }, next: second };
  if (facts.now <= closure.openSeenAt + facts.visibilityLagMs) return unchanged(second);
  return { set: { status: 'REOPENED' }, detail: 'Two reads show the account open again.', next: { kind: 'never' } };
}
