/**
 * Counts the close requests that the gateway itself has still to decide on. One that waits for a provider does not
 * count: a provider's trouble must not turn away what is meant for another.
 */
export class Admission {
  private inside = 0;

  constructor(private readonly most: number) {}

  get isFull(): boolean {
    return this.inside >= this.most;
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
