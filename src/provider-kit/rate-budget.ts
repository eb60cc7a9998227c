import type { Clock } from '../ports/clock';
import { type RequestPriority, Turns } from './turns';

/** The part of a second's requests that may leave at once after a pause. */
const BURST_SECONDS = 0.1;

/**
 * How many requests per second a provider is sent, shared by all of its clients: a token bucket on the monotonic
 * clock. While it is empty, requests wait in the order of their priority, and within one in the order they came.
 */
export class RateBudget {
  readonly #perMs: number;
  readonly #most: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #turns = new Turns();
  #left: number;
  #countedAt: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param requestsPerSecond undefined: as many as come up */
  constructor(requestsPerSecond: number | undefined, clock: Pick<Clock, 'monotonic'>) {
    this.#perMs = (requestsPerSecond ?? Infinity) / 1000;
    this.#most = Math.max(1, (requestsPerSecond ?? Infinity) * BURST_SECONDS);
    this.#left = this.#most;
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  /** True when the request may leave; false when the signal ended its wait first. */
  take(priority: RequestPriority, signal: AbortSignal): Promise<boolean> {
    return this.#turns.wait(priority, signal, () => this.#admit());
  }

  /** Lets go whoever is first, as far as the budget reaches, and comes back for the others. */
  #admit(): void {
    const now = this.#clock.monotonic();
    if (now > this.#countedAt) {
      this.#left = Math.min(this.#most, this.#left + (now - this.#countedAt) * this.#perMs);
      this.#countedAt = now;
    }
    for (let next = this.#turns.first(); next && this.#left >= 1; next = this.#turns.first()) {
      this.#left -= 1;
      next.go();
    }
    if (!this.#turns.first() || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#admit();
    }, Math.ceil((1 - this.#left) / this.#perMs));
  }
}
