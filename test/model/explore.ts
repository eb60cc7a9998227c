import { bankMoves } from './bank';
import { isOver, keyOf, tidy } from './key';
import { outsiderMoves } from './outsiders';
import { broken } from './promises';
import { endsQuietly } from './quiet';
import type { Scenario } from './scenarios';
import { type Move, workerMoves } from './workers';
import { startOf, type World } from './world';

export interface Explored {
  states: number;
  steps: number;
  /** What was promised and does not hold, with the shortest way there; null: everything holds. */
  broken: { promise: string; history: string[] } | null;
}

interface Found {
  world: World;
  key: string;
}

/** Goes through every world that can come about, nearest first, until one breaks a promise. */
export function explore(scenario: Scenario): Explored {
  const start = tidy(scenario, startOf(scenario));
  const cameFrom = new Map<string, { parent: string | null; name: string }>([[keyOf(start), { parent: null, name: 'recorded' }]]);
  const quiet = new Set<string>();
  let frontier: Found[] = [{ world: start, key: keyOf(start) }];
  let steps = 0;
  const failed = (promise: string, key: string, last: string[]): Explored => ({
    states: cameFrom.size,
    steps,
    broken: { promise, history: [...wayTo(cameFrom, key), ...last] },
  });
  while (frontier.length > 0) {
    const next: Found[] = [];
    for (const { world, key } of frontier) {
      let moves: Move[];
      try {
        const stuck = endsQuietly(scenario, world, quiet);
        if (stuck) return failed(stuck, key, []);
        moves = [...workerMoves(scenario, world), ...bankMoves(scenario, world), ...outsiderMoves(scenario, world)];
      } catch (error) {
        return failed(String(error), key, []);
      }
      for (const { name, world: raw } of moves) {
        steps += 1;
        const promise = broken(scenario, world, name, raw);
        if (promise) return failed(promise, key, [name]);
        const after = tidy(scenario, raw);
        const afterKey = keyOf(after);
        if (cameFrom.has(afterKey)) continue;
        cameFrom.set(afterKey, { parent: key, name });
        if (!isOver(after)) next.push({ world: after, key: afterKey });
      }
    }
    frontier = next;
  }
  return { states: cameFrom.size, steps, broken: null };
}

function wayTo(cameFrom: ReadonlyMap<string, { parent: string | null; name: string }>, key: string): string[] {
  const way: string[] = [];
  for (let at = cameFrom.get(key); at; at = at.parent === null ? undefined : cameFrom.get(at.parent)) way.unshift(at.name);
  return way;
}
