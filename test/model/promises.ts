import { type Attempt, isUnresolved, mayBeApplied } from '../../src/domain/closure';
import { isTerminal } from '../../src/domain/closure-status';
import type { Scenario } from './scenarios';
import { HORIZON, type World } from './world';

/**
 * What must hold at each step, whatever happened before; the words of the broken promise, or null. The state machine
 * itself is checked by the model's store, which throws for a move that has no arrow.
 */
export function broken(scenario: Scenario, before: World, name: string, after: World): string | null {
  return lost(after) ?? (after.closure.status === before.closure.status ? null : falsely(scenario, name, after)) ?? sentWrongly(scenario, before, after) ?? twice(after);
}

/** An acknowledged closure is never lost: while it is not over, it is due at some time. */
function lost({ closure, leaseUntil }: World): string | null {
  const left = closure.dueAt === null && leaseUntil === null && !isTerminal(closure.status);
  return left && !(closure.announceOnly && closure.status === 'NEEDS_REVIEW') ? 'A closure that is not over is never looked at again.' : null;
}

/** What each status says of the bank must be so. */
function falsely(scenario: Scenario, name: string, { closure, attempts, truth, flights }: World): string | null {
  if (name.startsWith('a person settles')) return null;
  const counted = (number: number): boolean => attempts.some((attempt) => attempt.number === number && attempt.effect !== 'SET_ASIDE') || scenario.weak === 'no mark';
  const worked = truth.inEffect.some(counted) || flights.some(({ number }) => counted(number));
  switch (closure.status) {
    case 'REQUESTED':
      return attempts.some(isUnresolved) ? 'REQUESTED with a request in doubt.' : null;
    case 'REJECTED':
      if (worked) return 'REJECTED, and a request took effect or still may.';
      return attempts.some(mayBeApplied) ? 'REJECTED without proof that no request took effect.' : null;
    case 'CANCELLED':
      if (worked) return 'CANCELLED, and a request took effect or still may.';
      return attempts.some(mayBeApplied) && !truth.everEnded ? 'CANCELLED without proof that no request took effect.' : null;
    case 'CLOSED':
      return truth.everClosed ? null : 'CLOSED, and the account never was.';
    case 'CLOSING':
      return truth.everClosing || truth.everClosed || truth.effective > 0 ? null : 'CLOSING, and the provider never took a request.';
    case 'ANNOUNCED':
      return truth.inEffect.length > 0 ? null : 'ANNOUNCED, and the provider was never told.';
    case 'FAILED':
    case 'REOPENED':
      return truth.everEnded ? null : `${closure.status}, and the account never came back.`;
    default:
      return null;
  }
}

/** What must be so when a close request's first byte leaves. */
function sentWrongly(scenario: Scenario, before: World, after: World): string | null {
  const sent = after.flights.find(({ number }) => !before.flights.some((flight) => flight.number === number));
  if (!sent) return null;
  const { attempts, truth, closure } = before;
  if (!attempts.some(({ number }) => number === sent.number)) return 'A request left without its mark.';
  const earlier = attempts.filter(({ number, effect }) => number < sent.number && effect !== 'SET_ASIDE');
  const standing = (attempt: Attempt): boolean => before.flights.some(({ number }) => number === attempt.number);
  // To tell twice of an intended closing closes nothing.
  if (!closure.announceOnly && earlier.some(standing)) return 'A request left while an earlier one could still arrive.';
  // "Out of service" is tried again as it is, and where the resend is the probe, it may well find its work done.
  const probe = closure.announceOnly || scenario.alreadyClosedDistinct === true;
  const doubtful = earlier.filter(({ effect }) => effect !== 'UNAVAILABLE');
  if (!probe && doubtful.some(({ number }) => truth.inEffect.includes(number))) return 'A request left after an earlier one had taken effect.';
  const mark = attempts.find(({ number }) => number === sent.number);
  const late = earlier.some((attempt) => isUnresolved(attempt) && (mark?.markedAt ?? 0) >= attempt.markedAt + HORIZON);
  return late ? 'A request left after the horizon.' : null;
}

/** A request takes effect again only after somebody undid the first. */
function twice({ truth, closure }: World): string | null {
  return !closure.announceOnly && truth.effective > 1 + truth.reopenings ? 'Two requests took effect on an account that nobody reopened.' : null;
}
