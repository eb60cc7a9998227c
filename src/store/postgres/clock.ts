import type { Clock } from '../../ports/clock';
import type { Query } from './driver';

/** How often the database is asked for its time unless told otherwise, ms. Clocks drift by a fraction of a millisecond in that time. */
const ASK_EVERY_MS = 10_000;
/** How often it is asked at the start: the first question may have to wait for its connection. */
const FIRST_QUESTIONS = 4;

interface Sample {
  /** Epoch ms on the database's clock, at the middle of the question. */
  at: number;
  /** The same moment on this machine's monotonic clock, ms. */
  monotonic: number;
  /** How far `at` may be off, ms. */
  error: number;
}

/** The error of a sample grows by so much with its age, at most: a clock may run fast by 100 millionths. */
const DRIFT = 1e-4;

/**
 * The database's clock, seen from here. All processes on one database see the same time, whatever their machines say:
 * due times, deadlines and visibility lags are stored by one and judged by another.
 */
export class DatabaseClock implements Clock {
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly query: Query,
    private sample: Sample,
  ) {}

  /** @throws what the first question throws; later ones that fail leave the clock as it is */
  static async start(query: Query, askEveryMs = ASK_EVERY_MS): Promise<DatabaseClock> {
    let best = await ask(query);
    for (let asked = 1; asked < FIRST_QUESTIONS; asked += 1) {
      const next = await ask(query);
      if (next.error < best.error) best = next;
    }
    const clock = new DatabaseClock(query, best);
    clock.#timer = setInterval(() => void clock.#again(), askEveryMs).unref();
    return clock;
  }

  now(): number {
    return Math.round(this.sample.at + performance.now() - this.sample.monotonic);
  }

  monotonic(): number {
    return performance.now();
  }

  error(): number {
    return this.errorAfter(performance.now() - this.sample.monotonic);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  private errorAfter(age: number): number {
    return this.sample.error + DRIFT * age;
  }

  async #again(): Promise<void> {
    const next = await ask(this.query).catch(() => undefined);
    if (!next) return;
    const age = next.monotonic - this.sample.monotonic;
    const error = this.errorAfter(age);
    const apart = Math.abs(next.at - (this.sample.at + age));
    // A slow answer says little, unless it shows that the database's clock was set or that another server took over.
    if (next.error <= error || apart > next.error + error) this.sample = next;
  }
}

async function ask(query: Query): Promise<Sample> {
  const sent = performance.now();
  const [row] = await query('SELECT gateway_now() AS now');
  const received = performance.now();
  return { at: Number(row?.now), monotonic: (sent + received) / 2, error: (received - sent) / 2 };
}
