import type { AccountRead, CloseOutcome } from '../domain/outcome';
import type { ClosureErrorCode } from '../domain/error-code';
import type { EngineParts } from './driver';
import { growingInterval } from './schedule';

/** A provider that is well again is to be noticed soon, whatever the longest interval of retries is, ms. */
const LONGEST_REST_MS = 30_000;
const TROUBLE: ReadonlySet<ClosureErrorCode> = new Set(['PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT', 'PROVIDER_RATE_LIMITED']);

interface Standing {
  /** Closures that may be worked on at once. */
  room: number;
  /** In a row, at the least room. */
  rests: number;
  /** On the monotonic clock, ms; null: it does not rest. */
  restsUntil: number | null;
}

/** True where an answer says that the provider is slow, throttles or is down, and so that others would fare no better. */
export function isTrouble(answer: CloseOutcome | AccountRead): boolean {
  if ('ok' in answer) return !answer.ok && TROUBLE.has(answer.code);
  return answer.kind === 'unknown' || answer.kind === 'unavailable' || (answer.kind === 'notApplied' && TROUBLE.has(answer.code));
}

/**
 * How many closures of a provider are taken up at once. Each trouble halves it, each answer adds one. At the least, one
 * closure is tried after ever longer rests: so a crowd that waited for an outage to end comes back a few at a time.
 */
export class Pace {
  private readonly standings = new Map<string, Standing>();

  constructor(private readonly parts: Pick<EngineParts, 'clock' | 'random' | 'settings'>) {}

  /** 0 while the provider rests. */
  room(provider: string): number {
    return this.restMs(provider) > 0 ? 0 : this.of(provider).room;
  }

  /** How long nothing is taken up, ms. */
  restMs(provider: string): number {
    const { restsUntil } = this.of(provider);
    return restsUntil === null ? 0 : Math.max(0, restsUntil - this.parts.clock.monotonic());
  }

  note(provider: string, answer: CloseOutcome | AccountRead): void {
    const standing = this.of(provider);
    if (!isTrouble(answer)) {
      Object.assign(standing, { room: Math.min(this.parts.settings.workers, standing.room + 1), rests: 0, restsUntil: null });
    } else if (standing.room > 1) {
      standing.room = Math.floor(standing.room / 2);
    } else if (this.restMs(provider) === 0) {
      // What was under way when the rest began tells nothing new.
      const { clock, random, settings } = this.parts;
      const longest = Math.max(settings.retryMinMs, Math.min(settings.retryMaxMs, LONGEST_REST_MS));
      standing.restsUntil = clock.monotonic() + growingInterval(settings.retryMinMs, longest, standing.rests, random.fraction());
      standing.rests += 1;
    }
  }

  private of(provider: string): Standing {
    const known = this.standings.get(provider) ?? { room: this.parts.settings.workers, rests: 0, restsUntil: null };
    this.standings.set(provider, known);
    return known;
  }
}
