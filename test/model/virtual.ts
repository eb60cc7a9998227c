import type { Clock } from '../../src/ports/clock';
import type { ClosureStore } from '../../src/ports/store';

/** Turns of the event loop without a statement to the store, after which nothing is under way any more. */
const QUIET_TURNS = 4;
/** More than any step of a history needs: an engine that is not quiet by then never will be. */
const MOST_TURNS = 20_000;

interface Timer {
  at: number;
  run: () => void;
  unref(): Timer;
}

/** Time that passes only when a history says so: the clocks, and every wait of the engine. */
export class VirtualTime implements Clock {
  #now = 1_790_000_000_000;
  /** Statements to the store so far. */
  #statements = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Takes the place of the process's timers. */
  install(): void {
    const set = (run: () => void, ms = 0): Timer => {
      const timer: Timer = { at: this.#now + ms, run, unref: () => timer };
      this.#timers.add(timer);
      return timer;
    };
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(set as unknown as typeof setTimeout);
    jest.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => void this.#timers.delete(timer as unknown as Timer));
  }

  /** A process that was killed waits for nothing. */
  forget(): void {
    this.#timers.clear();
  }

  /** Waits that began before end where they should; what begins while time passes waits for the next time. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) if (this.#timers.delete(timer)) timer.run();
    await this.settle();
  }

  /**
   * Lets everything go on that waits for neither time nor the bank.
   * @throws where it goes on for ever
   */
  async settle(): Promise<void> {
    let turns = 0;
    for (let quiet = 0, seen = this.#statements; quiet < QUIET_TURNS; quiet += 1) {
      turns += 1;
      if (turns > MOST_TURNS) throw new Error('The engine works on and on without time passing.');
      await new Promise((resolve) => setImmediate(resolve));
      if (seen !== this.#statements) quiet = 0;
      seen = this.#statements;
    }
  }

  /**
   * What a caller is told by now; nothing that a caller waits for takes more than the time that has passed.
   * @throws where there is no answer
   */
  async answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
    await this.settle();
    const late = new Promise<never>((_, reject) => setImmediate(() => reject(new Error('The caller gets no answer.'))));
    return await Promise.race([answer, late]);
  }

  /** The store as one process has it: once that is killed, none of its statements is done or answered any more. */
  storeOf(life: { over: boolean }, real: ClosureStore): ClosureStore {
    return new Proxy(real, {
      get: (target, name: keyof ClosureStore) =>
        async (...args: never[]): Promise<unknown> => {
          if (life.over) return await new Promise(() => {});
          this.#statements += 1;
          const result = await (target[name] as (...given: never[]) => Promise<unknown>).apply(target, args);
          return life.over ? await new Promise(() => {}) : result;
        },
    });
  }
}

/** The next number of a small generator with a seed; good enough to jitter with. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
