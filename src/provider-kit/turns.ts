import type { ReadPurpose } from '../ports/provider';

/** Who goes first where requests must wait: a close, then reads by what they are for. */
export type RequestPriority = 'CLOSE' | ReadPurpose;

const ORDER: readonly RequestPriority[] = ['CLOSE', 'RECONCILE', 'POLL', 'ELIGIBILITY'];

/** Requests that wait for their turn: by their priority, and within one in the order they came. */
export class Turns {
  readonly #waiting = new Map(ORDER.map((priority) => [priority, new Set<() => void>()]));

  /**
   * True when its turn came; false when the signal ended its wait first.
   * @param waits called once the request is among those who wait
   */
  wait(priority: RequestPriority, signal: AbortSignal, waits: () => void): Promise<boolean> {
    return new Promise((resolve) => {
      const line = this.#waiting.get(priority);
      const leave = (may: boolean) => {
        line?.delete(go);
        signal.removeEventListener('abort', stop);
        resolve(may);
      };
      const go = () => leave(true);
      const stop = () => leave(false);
      if (signal.aborted) return resolve(false);
      line?.add(go);
      signal.addEventListener('abort', stop);
      waits();
    });
  }

  /** How many of this priority wait. */
  count(priority: RequestPriority): number {
    return this.#waiting.get(priority)?.size ?? 0;
  }

  /** Whose turn is next; `go` takes them out. */
  first(): { priority: RequestPriority; go: () => void } | undefined {
    for (const [priority, line] of this.#waiting) {
      for (const go of line) return { priority, go };
    }
    return undefined;
  }
}
