import type { ServerResponse } from 'node:http';

/** Counts the requests under way, so that a drain knows when the last one has its answer. */
export class InFlight {
  #count = 0;
  #onNone: (() => void)[] = [];

  /** Counts one until its answer is out or its connection is gone. */
  add(response: ServerResponse): void {
    this.#count += 1;
    response.once('close', () => {
      this.#count -= 1;
      if (this.#count === 0) for (const settle of this.#onNone.splice(0)) settle();
    });
  }

  /** Resolves when nothing is under way. */
  none(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#onNone.push(resolve));
  }
}
