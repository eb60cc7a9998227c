import { bankMoves } from './bank';
import { isOver, keyOf, leftKey, tidy } from './key';
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
  /** Of the world, whatever is left to happen in it. */
  key: string;
  /** With what is left. */
  fullKey: string;
}

/** Goes through every world that can come about, nearest first, until one breaks a promise. */
export function explore(scenario: Scenario): Explored {
  const start = found(scenario, startOf(scenario));
  const cameFrom = new Map<string, { parent: string | null; name: string }>([[start.fullKey, { parent: null, name: 'recorded' }]]);
  const quiet = new Set<string>();
  let frontier: Found[] = [start];
  let steps = 0;
  const failed = (promise: string, key: string, last: string[]): Explored => ({
    states: cameFrom.size,
    steps,
    broken: { promise, history: [...wayTo(cameFrom, key), ...last] },
  });
  while (frontier.length > 0) {
    const next: Found[] = [];
    for (const { world, key, fullKey } of frontier) {
      let moves: Move[];
      try {
        const stuck = endsQuietly(scenario, world, key, quiet);
        if (stuck) return failed(stuck, fullKey, []);
        moves = [...workerMoves(scenario, world), ...bankMoves(scenario, world), ...outsiderMoves(scenario, world)];
      } catch (error) {
        return failed(String(error), fullKey, []);
      }
      for (const { name, world: raw } of moves) {
        steps += 1;
        const promise = broken(scenario, world, name, raw);
        if (promise) return failed(promise, fullKey, [name]);
        const after = found(scenario, raw);
        if (cameFrom.has(after.fullKey)) continue;
        cameFrom.set(after.fullKey, { parent: fullKey, name });
        if (!isOver(after.world)) next.push(after);
      }
    }
    frontier = next;
  }
  return { states: cameFrom.size, steps, broken: null };
}

function found(scenario: Scenario, raw: World): Found {
  const world = tidy(scenario, raw);
  const key = keyOf(world);
  return { world, key, fullKey: key + leftKey(world) };
}

function wayTo(cameFrom: ReadonlyMap<string, { parent: string | null; name: string }>, key: string): string[] {
  const way: string[] = [];
  for (let at = cameFrom.get(key); at; at = at.parent === null ? undefined : cameFrom.get(at.parent)) way.unshift(at.name);
  return way;
}
