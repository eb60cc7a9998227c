import type { Lag } from './lag';
import type { EngineSettings } from './settings';

/**
 * Says when the gateway itself is full: too many close requests wait to be recorded, because the store is slow, or the
 * process runs too late, because there is too much to compute. A request that waits for a provider does not count: a
 * provider's trouble must not turn away what is meant for another.
 */
export class Admission {
  private inside = 0;

  constructor(
    private readonly settings: Pick<EngineSettings, 'maxInFlightCloses' | 'maxLagMs'>,
    private readonly lag: Pick<Lag, 'ms'>,
  ) {}

  get isFull(): boolean {
    return this.inside >= this.settings.maxInFlightCloses || this.lag.ms > this.settings.maxLagMs;
  }

  /** Counts while the work is under way. */
  async hold<Result>(work: () => Promise<Result>): Promise<Result> {
    this.inside += 1;
    try {
      return await work();
    } finally {
      this.inside -= 1;
    }
  }

  /** Does not count while the work, which is part of work that is held, is under way. */
  async aside<Result>(work: () => Promise<Result>): Promise<Result> {
    this.inside -= 1;
    try {
      return await work();
    } finally {
      this.inside += 1;
    }
  }
}
