import { isTerminal } from '../../src/domain/closure-status';
import { bankMoves } from './bank';
import { keyOf, tidy } from './key';
import type { Scenario } from './scenarios';
import { workerMoves } from './workers';
import { TICK, type World } from './world';

/** More steps than any quiet run needs. */
const MOST_STEPS = 400;

/**
 * From here on nothing goes wrong: requests arrive and are carried out, answers come, reads tell the truth. The
 * closure must come to an end, or to a person's desk.
 * @param fromKey its key
 * @param known keys of worlds that are known to; added to
 * @returns what is wrong, or null
 */
export function endsQuietly(scenario: Scenario, from: World, fromKey: string, known: Set<string>): string | null {
  if (known.has(fromKey)) return null;
  const calm: Scenario = { ...scenario, refuses: [], hides: [], blind: [] };
  const way: string[] = [];
  let world: World = { ...from, left: { sends: 99, crashes: 0, outsideCloses: 0, reopenings: 0, people: 0 } };
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const key = step === 0 ? fromKey : keyOf(world);
    if (isTerminal(world.closure.status) || world.closure.status === 'NEEDS_REVIEW' || known.has(key)) {
      for (const passed of way) known.add(passed);
      return null;
    }
    way.push(key);
    world = tidy(calm, { ...quietStep(calm, world), left: world.left });
  }
  return 'Left alone, the closure does not come to an end.';
}

/** The bank goes first, then the workers, and time only when nothing else can. */
function quietStep(scenario: Scenario, world: World): World {
  const [bank] = bankMoves(scenario, world);
  const [worker] = workerMoves(scenario, world);
  return bank?.world ?? worker?.world ?? { ...world, now: world.now + TICK };
}
