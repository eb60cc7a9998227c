import type { Claimed, RecordResult } from '../ports/store';
import { Driver, type EngineParts } from './driver';
import { Pace } from './pace';
import { leaseMs } from './settings';

/** The store is asked at least so often, ms: news of another process's work may have been missed. */
const LONGEST_SLEEP_MS = 1_000;
const SHORTEST_SLEEP_MS = 5;
/** Callers' own requests that may be under way at one provider, for each closure that its worker takes up at once. */
const ADOPTED_PER_SEAT = 4;
/** After a store that does not answer, ms. */
const PAUSE_AFTER_TROUBLE_MS = 1_000;

/** How much of something is under way at each provider. */
class Tally {
  private readonly counts = new Map<string, number>();

  of(provider: string): number {
    return this.counts.get(provider) ?? 0;
  }

  add(provider: string, by: 1 | -1): void {
    this.counts.set(provider, this.of(provider) + by);
  }
}

/** Claims what is due and drives it. Each provider has a room of its own: one that hangs fills its own and no other. */
export class Worker {
  private readonly pace: Pace;
  private readonly stopClaims = new AbortController();
  private readonly stopAll = new AbortController();
  private readonly claimDriver: Driver;
  private readonly adoptDriver: Driver;
  private readonly running = new Map<string, Promise<void>>();
  private readonly wakers = new Set<() => void>();
  private readonly claimed = new Tally();
  /** Callers' own requests do not take the room of what is due, nor the other way round. */
  private readonly adopted = new Tally();
  /** Somebody asked for a look since the last one began. */
  private woken = false;
  private loop: Promise<void> = Promise.resolve();
  private stopListening: () => void = () => {};

  constructor(private readonly parts: EngineParts) {
    this.pace = new Pace(parts);
    this.claimDriver = new Driver(parts, { pace: this.pace, stop: this.stopClaims.signal });
    this.adoptDriver = new Driver(parts, { pace: this.pace, stop: this.stopAll.signal });
  }

  start(): void {
    this.stopListening = this.parts.store.onNews(({ kind }) => {
      if (kind !== 'changed') this.wake();
    });
    this.loop = this.run();
  }

  /**
   * Has a caller's closure recorded, claimed for so many ms, and drives it at once. Where too many are under way at its
   * provider it is recorded without a claim (0 ms) and left to the queue: `work` is missing then.
   */
  async adopt(provider: string, record: (leaseMs: number) => Promise<RecordResult>): Promise<{ result: RecordResult; work?: Promise<void> }> {
    const { workers } = this.parts.settings;
    if (this.adopted.of(provider) >= workers * ADOPTED_PER_SEAT) {
      const result = await record(0);
      this.wake();
      return { result };
    }
    // Counted from here on: many may be recorded in one turn.
    this.adopted.add(provider, 1);
    let work: Promise<void> | undefined;
    try {
      const result = await record(leaseMs(this.parts.settings));
      if (result.kind === 'recorded') work = this.drive(this.adoptDriver, { closure: result.closure, attempts: [] }, this.adopted);
      return { result, work };
    } finally {
      if (!work) this.adopted.add(provider, -1);
    }
  }

  /** The work under way on a closure in this process. */
  underWay(id: string): Promise<void> | undefined {
    return this.running.get(id);
  }

  /** Looks for due work now. */
  wake(): void {
    this.woken = true;
    for (const waker of this.wakers) waker();
  }

  /** Claims nothing more, and lets go of what it claimed and has not sent. Callers' own requests go on. */
  stopClaiming(): void {
    this.stopClaims.abort();
    this.wake();
  }

  /** Lets go of everything that has not been sent. */
  giveUp(): void {
    this.stopAll.abort();
  }

  /** Claims nothing more and waits for what is under way. Safe to die during it. */
  async drain(): Promise<void> {
    this.stopClaiming();
    this.stopListening();
    await this.loop;
    await Promise.all(this.running.values());
  }

  private async run(): Promise<void> {
    while (!this.stopClaims.signal.aborted) {
      let pause: number;
      this.woken = false;
      try {
        pause = await this.look();
      } catch (error) {
        this.parts.telemetry.alarm({ what: 'the store did not give work', error });
        pause = PAUSE_AFTER_TROUBLE_MS;
      }
      if (pause > 0 && !this.stopClaims.signal.aborted && !this.woken) await this.sleep(pause);
    }
  }

  /** Drives a closure that is counted already. */
  private drive(driver: Driver, claimed: Claimed, tally: Tally): Promise<void> {
    const { id, account } = claimed.closure;
    const work = driver.drive(claimed).finally(() => {
      this.running.delete(id);
      tally.add(account.provider, -1);
      this.wake();
    });
    this.running.set(id, work);
    return work;
  }

  /** Claims what is due; how long to wait before the next look, ms. */
  private async look(): Promise<number> {
    const { store, clock, providers } = this.parts;
    const ids = providers.all().map(({ id }) => id);
    const counts = await Promise.all([
      ...ids.map((id) => this.claim(ids.filter((other) => other !== id), this.roomOf(id))),
      // What belongs to no configured provider is set aside at once.
      this.claim(ids, 1),
    ]);
    if (counts.some((count) => count > 0)) return 0;
    const next = await store.nextDueAt({ closures: [...this.running.keys()], providers: ids.filter((id) => this.roomOf(id) <= 0) });
    const rests = ids.map((id) => this.pace.restMs(id)).filter((ms) => ms > 0);
    const wait = next === null ? LONGEST_SLEEP_MS : next - clock.now();
    return Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, Math.min(wait, ...rests)));
  }

  private roomOf(provider: string): number {
    return this.pace.room(provider) - this.claimed.of(provider);
  }

  private async claim(notOf: string[], most: number): Promise<number> {
    if (most <= 0) return 0;
    const { store, settings } = this.parts;
    const claims = await store.claimDue(most, leaseMs(settings), { closures: [...this.running.keys()], providers: notOf });
    for (const one of claims) {
      this.claimed.add(one.closure.account.provider, 1);
      void this.drive(this.claimDriver, one, this.claimed);
    }
    return claims.length;
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const waker = () => {
        clearTimeout(timer);
        this.wakers.delete(waker);
        resolve();
      };
      const timer = setTimeout(waker, ms);
      this.wakers.add(waker);
    });
  }
}
