import { canBecome } from '../../src/domain/closure-status';
import { isTerminal } from '../../src/domain/closure-status';
import type { Attempt, Closure } from '../../src/domain/closure';
import type { AttemptAnswer, Claimed, ClosureChange } from '../../src/ports/store';
import type { World } from './world';

/** The store's contract for one closure: what one commit does, or null where its guard does not hold. */
export function commit(world: World, change: ClosureChange, unfenced = false): World | null {
  const { closure } = world;
  const claimless = 'version' in change.guard;
  const holds = 'version' in change.guard ? change.guard.version === closure.version : change.guard.fence === closure.fence || unfenced;
  if (!holds) return null;
  const to = change.set.status ?? closure.status;
  if (to !== closure.status && !canBecome(closure.status, to)) throw new Error(`${closure.status} cannot become ${to}`);
  const after: Closure = {
    ...closure,
    ...change.set,
    version: closure.version + (change.visible ? 1 : 0),
    fence: closure.fence + (claimless ? 1 : 0),
  };
  let { leaseUntil } = world;
  if (claimless || change.lease === 'release') leaseUntil = null;
  else if (typeof change.lease === 'number') leaseUntil = world.now + change.lease;
  const answered = (change.answers ?? []).reduce(withAnswer, world.attempts);
  return { ...world, closure: after, leaseUntil, attempts: change.mark ? [...answered, change.mark] : answered };
}

/** A definite answer is replaced by nothing but a person's word. */
function withAnswer(attempts: readonly Attempt[], { number, effect, answeredAt }: AttemptAnswer): readonly Attempt[] {
  return attempts.map((attempt) => {
    const open = attempt.effect === 'MARKED' || attempt.effect === 'UNKNOWN' || attempt.effect === 'UNAVAILABLE';
    return attempt.number === number && (open || effect === 'SET_ASIDE') ? { ...attempt, effect, answeredAt } : attempt;
  });
}

/** Keeps an answer whose worker lost the claim. */
export function keepLateAnswer(world: World, answer: AttemptAnswer): World {
  const attempts = withAnswer(world.attempts, answer);
  const kept = attempts.some((attempt, index) => attempt !== world.attempts[index]);
  if (!kept || isTerminal(world.closure.status)) return { ...world, attempts };
  const closure = { ...world.closure, dueAt: world.now, fence: world.closure.fence + 1, version: world.closure.version + 1 };
  return { ...world, attempts, closure, leaseUntil: null };
}

/** A claim, or null where the closure is not due or somebody has it. */
export function claim(world: World, lease: number): { world: World; claimed: Claimed } | null {
  const { closure, leaseUntil, now, attempts } = world;
  if (closure.dueAt === null || closure.dueAt > now || (leaseUntil !== null && leaseUntil > now)) return null;
  const taken = { ...closure, fence: closure.fence + 1 };
  return { world: { ...world, closure: taken, leaseUntil: now + lease }, claimed: { closure: taken, attempts: [...attempts] } };
}

/** A restart of the one process that has the store: every claim is void. */
export function voidLeases(world: World): World {
  if (world.leaseUntil === null) return world;
  return { ...world, leaseUntil: null, closure: { ...world.closure, fence: world.closure.fence + 1 } };
}
