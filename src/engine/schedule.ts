import type { Next } from '../domain/rules/situation';
import type { EngineSettings } from './settings';

/**
 * An interval that doubles with every quiet step, jittered so that closures which failed together do not come back
 * together, and never outside [min, max].
 */
export function growingInterval(min: number, max: number, quietSteps: number, fraction: number): number {
  const base = Math.min(max, min * 2 ** Math.min(quietSteps, 30));
  const low = Math.max(min, Math.min(base, 0.75 * max));
  const high = Math.min(max, 1.5 * base);
  return Math.round(low + fraction * (high - low));
}

/** Where a closure stands in its schedule. */
export interface Standing {
  /** When it is due as stored, epoch ms. */
  dueAt: number | null;
  quietSteps: number;
}

/** When a closure is due next, epoch ms; null: never by itself. */
export function dueAt(next: Next, now: number, { dueAt: before, quietSteps }: Standing, fraction: number, settings: EngineSettings): number | null {
  const latest = (at: number, by: number | undefined) => Math.max(now, Math.min(at, by ?? at));
  switch (next.kind) {
    case 'never':
      return null;
    case 'now':
      return now;
    case 'at':
      return next.at;
    case 'asBefore':
      return before;
    case 'slow':
      return now + growingInterval(settings.pollMinMs, settings.pollMaxMs, Number.MAX_SAFE_INTEGER, fraction);
    case 'poll':
      return latest(now + growingInterval(settings.pollMinMs, settings.pollMaxMs, quietSteps, fraction), next.by);
    case 'retry': {
      const own = growingInterval(settings.retryMinMs, settings.retryMaxMs, quietSteps, fraction);
      // What the provider asked for is a floor, and a little more keeps a crowd from coming back at once.
      const asked = Math.max(own, (next.afterMs ?? 0) * (1 + 0.1 * fraction));
      return latest(now + Math.round(asked), next.by);
    }
  }
}
