import { isUnresolved, mayBeApplied } from '../closure';
import { afterAcceptance, saleStep } from './liquidation';
import { type Facts, giveUp, horizonOf, isPastHorizon, settledBy, type Situation, unchanged, type Verdict } from './situation';

/** What a worker that holds the claim does next. */
export type Step =
  | { do: 'send' }
  | { do: 'read' }
  /** Look after the accounts of the group. */
  | { do: 'gather' }
  /** Have the positions sold, or see how the sale goes. */
  | { do: 'liquidate' }
  /** What is stored says enough. */
  | { do: 'settle'; verdict: Verdict };

/**
 * Decides from what is stored alone, so that a restart, a stale worker and a quiet night all go on in the same way.
 * @param resend true right after a look that allowed another request
 * @param saleSeen true once the sale of the positions was looked after in this claim
 */
export function nextStep(situation: Situation, facts: Facts, resend: boolean, saleSeen: boolean): Step {
  const { closure } = situation;
  if (!saleSeen && saleStep(situation, facts, resend)) return { do: 'liquidate' };
  switch (closure.status) {
    case 'REQUESTED':
      return requested(situation, facts, resend);
    case 'UNCONFIRMED':
      return unconfirmed(situation, facts, resend);
    case 'CLOSING':
    case 'SCHEDULED':
    case 'ACTION_REQUIRED':
      return readOrWait(facts);
    case 'CLOSED':
      return facts.canRead ? { do: 'read' } : rest();
    case 'NEEDS_REVIEW':
      return lateEvidence(situation, facts) ?? (closure.announceOnly ? rest() : readOrWait(facts));
    case 'ANNOUNCED':
    case 'REJECTED':
    case 'FAILED':
    case 'CANCELLED':
    case 'REOPENED':
      return rest();
  }
}

function rest(): Step {
  return { do: 'settle', verdict: unchanged({ kind: 'never' }) };
}

/** Where nothing can be read now, it may be again: a closure that is not settled is never left without a due time. */
function readOrWait(facts: Facts): Step {
  return facts.canRead ? { do: 'read' } : { do: 'settle', verdict: unchanged({ kind: 'slow' }) };
}

function requested(situation: Situation, facts: Facts, resend: boolean): Step {
  const late = lateEvidence(situation, facts);
  if (late) return late;
  const { closure, attempts } = situation;
  if (attempts.some(isUnresolved)) {
    return {
      do: 'settle',
      verdict: {
        set: { status: 'UNCONFIRMED' },
        detail: 'A request was about to leave when its worker stopped; whether it was applied is not known.',
        next: { kind: 'now' },
      },
    };
  }
  if (!closure.pendingRead) {
    // A request that found the provider out of service may have been applied: what became of the accounts is settled.
    const gather = closure.includeAccounts && !resend && !attempts.some(mayBeApplied);
    return { do: gather ? 'gather' : 'send' };
  }
  return facts.canRead ? { do: 'read' } : { do: 'settle', verdict: { set: { pendingRead: null }, next: { kind: 'now' } } };
}

function unconfirmed(situation: Situation, facts: Facts, resend: boolean): Step {
  const { closure, attempts } = situation;
  const late = lateEvidence(situation, facts);
  if (late) return late;
  // A worker that was stopped since its read may find the horizon passed.
  if (resend && !isPastHorizon(situation, facts)) return { do: 'send' };
  if (!attempts.some(mayBeApplied)) {
    return { do: 'settle', verdict: { set: { status: 'REQUESTED' }, detail: 'Every request so far is proven without effect.', next: { kind: 'now' } } };
  }
  // A read comes even at the horizon: what it shows may settle more than giving up would.
  if (facts.canRead && !closure.announceOnly) return { do: 'read' };
  const ended = isPastHorizon(situation, facts);
  const probe = (closure.announceOnly || facts.alreadyClosedDistinct) && closure.pendingRead !== 'UNDOCUMENTED';
  if (ended || !probe) {
    return { do: 'settle', verdict: giveUp(situation, 'The outcome could not be found out.') };
  }
  const from = closure.announceOnly ? 0 : settledBy(attempts, facts.visibilityLagMs);
  if (facts.now < from) {
    return { do: 'settle', verdict: unchanged({ kind: 'at', at: Math.min(from, horizonOf(situation, facts.horizonMs) ?? from) }) };
  }
  return { do: 'send' };
}

/** An answer that came after its worker had lost the claim. */
function lateEvidence({ closure, attempts }: Situation, facts: Facts): Step | null {
  const taken = attempts.find(
    // What came before the present status was weighed when that status was decided.
    ({ effect, answeredAt }) => (effect === 'COMPLETED' || effect === 'ACCEPTED') && (answeredAt ?? 0) >= closure.statusSince,
  );
  // An announcement that a person has on the desk is theirs to settle: nothing was closed either way.
  if (!taken || (closure.announceOnly && closure.status === 'NEEDS_REVIEW')) return null;
  return {
    do: 'settle',
    verdict: {
      set: { error: null, pendingRead: null, ...statusOf(taken.effect === 'COMPLETED', closure.announceOnly, facts.now) },
      detail: 'The answer to an earlier request came late.',
      next: taken.effect === 'COMPLETED' ? { kind: 'never' } : afterAcceptance(closure, facts),
    },
  };
}

function statusOf(completed: boolean, announceOnly: boolean, now: number): Verdict['set'] {
  if (!completed) return { status: 'CLOSING', closingSeenAt: null, openSeenAt: null, notFoundSince: null };
  return announceOnly ? { status: 'ANNOUNCED' } : { status: 'CLOSED', closedAt: now, blockers: [] };
}
