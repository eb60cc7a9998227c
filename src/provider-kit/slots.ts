import { type RequestPriority, Turns } from './turns';

/** The part of the connections that is kept for closes, however many reads there are. */
const KEPT_FOR_CLOSES = 0.25;

/**
 * The connections to a provider. Where all are busy, requests wait in the order of their priority; what callers ask
 * is much, and must not stand in front of what a closing waits for.
 */
export class Slots {
  readonly #turns = new Turns();
  readonly #most: number;
  readonly #mostReads: number;
  readonly #mostWaiting: number;
  #busy = 0;
  #reads = 0;

  /** @param mostWaiting requests of each priority that may wait */
  constructor(connections: number, mostWaiting: number) {
    this.#most = connections;
    this.#mostReads = connections - Math.floor(connections * KEPT_FOR_CLOSES);
    this.#mostWaiting = mostWaiting;
  }

  /** True when a connection is held, which is to be given back; false when too many wait, or the signal ended the wait first. */
  async take(priority: RequestPriority, signal: AbortSignal): Promise<boolean> {
    if (this.#turns.count(priority) >= this.#mostWaiting) return false;
    return this.#turns.wait(priority, signal, () => this.#lend());
  }

  giveBack(priority: RequestPriority): void {
    this.#busy -= 1;
    if (priority !== 'CLOSE') this.#reads -= 1;
    this.#lend();
  }

  #lend(): void {
    for (let next = this.#turns.first(); next && this.#isFreeFor(next.priority); next = this.#turns.first()) {
      this.#busy += 1;
      if (next.priority !== 'CLOSE') this.#reads += 1;
      next.go();
    }
  }

  #isFreeFor(priority: RequestPriority): boolean {
    return this.#busy < this.#most && (priority === 'CLOSE' || this.#reads < this.#mostReads);
  }
}
