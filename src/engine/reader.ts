import { type AccountRef, closureRef } from '../domain/account';
import type { AccountRead } from '../domain/outcome';
import type { Clock } from '../ports/clock';
import type { ConfiguredProvider } from '../ports/provider';

/** A read for somebody who asks, and from when it is. */
export interface Reading {
  read: AccountRead;
  /** When it began, epoch ms: what it shows is no newer. */
  at: number;
}

interface Kept {
  at: number;
  reading: Promise<Reading>;
  /** On the monotonic clock, ms; undefined while the read is under way. */
  until?: number;
}

/** How long a result is given again instead of a further read, ms. */
const KEEP_MS = 1_000;
/** Results kept at most; the oldest go first. */
const MOST_KEPT = 10_000;

/**
 * Reads on demand. However often callers ask, an account is read once at a time, and once in a while: whoever asks in
 * between shares the read under way or is given the last result again.
 */
export class Reader {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly clock: Clock) {}

  /**
   * The account as it is now, blockers included.
   * @param notBefore a result older than this is of no use, epoch ms
   */
  read(provider: ConfiguredProvider, account: AccountRef, correlationId: string, notBefore = 0): Promise<Reading> {
    const key = closureRef(account);
    const kept = this.#kept.get(key);
    if (kept && kept.at >= notBefore && !this.#isOver(kept)) return kept.reading;
    this.#makeRoom();
    const entry = this.#start(key, provider, account, correlationId);
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    return entry.reading;
  }

  #start(key: string, { adapter }: ConfiguredProvider, account: AccountRef, correlationId: string): Kept {
    const at = this.clock.now();
    const finish = async (): Promise<Reading> => {
      try {
        const read = await adapter.readAccount(account, { correlationId, purpose: 'ELIGIBILITY', blockers: true });
        entry.until = this.clock.monotonic() + KEEP_MS;
        return { read, at };
      } catch (error) {
        if (this.#kept.get(key) === entry) this.#kept.delete(key);
        throw error;
      }
    };
    const entry: Kept = { at, reading: Promise.resolve().then(finish) };
    return entry;
  }

  #isOver({ until }: Kept): boolean {
    return until !== undefined && this.clock.monotonic() >= until;
  }

  /** In the order they began, so that what is over is mostly in front. */
  #makeRoom(): void {
    for (const [key, kept] of this.#kept) {
      if (!this.#isOver(kept) && this.#kept.size < MOST_KEPT) return;
      this.#kept.delete(key);
    }
  }
}
