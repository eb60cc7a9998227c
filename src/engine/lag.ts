/** How often the process is looked at, ms. */
const EVERY_MS = 50;

/**
 * How late the process runs: more requests than it can compute make every turn of the event loop long. One long turn
 * proves nothing, a pause of the machine makes one too; so a turn counts when the one before it was as long.
 */
export class Lag {
  private before = 0;
  private last = 0;
  private dueAt = Infinity;
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.dueAt = performance.now() + EVERY_MS;
    this.timer = setTimeout(() => {
      this.before = this.last;
      this.last = performance.now() - this.dueAt;
      this.start();
    }, EVERY_MS).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
  }

  /** ms. */
  get ms(): number {
    // The turn that is under way is as late as it is already.
    const now = performance.now() - this.dueAt;
    return Math.max(0, Math.min(this.before, this.last), Math.min(this.last, now));
  }
}
