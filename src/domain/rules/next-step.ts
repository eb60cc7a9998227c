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

/** What the worker has looked at in this claim; nothing, at its beginning. */
export interface Looks {
  /** The last read, or list, allowed another request. */
  resend: boolean;
  /** The sale of the positions was looked after. */
  saleSeen: boolean;
  /** The accounts of the group were looked after, and hold nothing up. */
  gathered: boolean;
}

/** Decides from what is stored alone, so that a restart, a stale worker and a quiet night all go on in the same way. */
export function nextStep(situation: Situation, facts: Facts, looks: Looks): Step {
  const { closure } = situation;
  if (!looks.saleSeen && saleStep(situation, facts, looks.resend)) return { do: 'liquidate' };
  switch (closure.status) {
    case 'REQUESTED':
      return requested(situation, facts, looks);
    case 'UNCONFIRMED':
      return unconfirmed(situation, facts, looks);
    case 'CLOSING':
    case 'SCHEDULED':
    case 'ACTION_REQUIRED':
      // Somebody else may have begun the closing of the group; its accounts are to be closed all the same.
      return closure.includeAccounts && !closure.accountsListed && !looks.gathered ? { do: 'gather' } : readOrWait(facts);
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

/** A group's request leaves right after a look at its accounts, the first as every other. */
function send({ closure }: Situation, { gathered }: Looks): Step {
  return { do: closure.includeAccounts && !gathered ? 'gather' : 'send' };
}

function requested(situation: Situation, facts: Facts, looks: Looks): Step {
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
  if (!closure.pendingRead) return send(situation, looks);
  return facts.canRead ? { do: 'read' } : { do: 'settle', verdict: { set: { pendingRead: null }, next: { kind: 'now' } } };
}

function unconfirmed(situation: Situation, facts: Facts, looks: Looks): Step {
  const { closure, attempts } = situation;
  const late = lateEvidence(situation, facts);
  if (late) return late;
  // A worker that was stopped since its look may find the horizon passed.
  if (looks.resend && !isPastHorizon(situation, facts)) return send(situation, looks);
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
  return send(situation, looks);
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
