import type { Claimed } from '../ports/store';
import { Driver, type EngineParts } from './driver';
import { leaseMs } from './settings';

/** The store is asked at least so often, ms: news of another process's work may have been missed. */
const LONGEST_SLEEP_MS = 1_000;
const SHORTEST_SLEEP_MS = 5;
/** One provider's closures take no more of the room than this: its trouble is not to hold up the others'. */
const MOST_OF_ONE_PROVIDER = 0.5;
/** After a store that does not answer, ms. */
const PAUSE_AFTER_TROUBLE_MS = 1_000;

/** Claims what is due and drives it, as many closures at once as the settings say. */
export class Worker {
  private readonly driver: Driver;
  private readonly running = new Map<string, Promise<void>>();
  private readonly wakers = new Set<() => void>();
  /** Closures claimed here and under way, by provider; callers' own requests do not take their room. */
  private readonly claimed = new Map<string, number>();
  /** Somebody asked for a look since the last one began. */
  private woken = false;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private stopListening: () => void = () => {};

  constructor(private readonly parts: EngineParts) {
    this.driver = new Driver(parts);
  }

  start(): void {
    this.stopListening = this.parts.store.onNews(({ kind }) => {
      if (kind !== 'changed') this.wake();
    });
    this.loop = this.run();
  }

  /** Drives a closure that the caller has claimed already. */
  adopt(claimed: Claimed): Promise<void> {
    const { id } = claimed.closure;
    const work = this.driver.drive(claimed).finally(() => {
      this.running.delete(id);
      this.wake();
    });
    this.running.set(id, work);
    return work;
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

  /** Claims nothing more and waits for what is under way. Safe to die during it. */
  async drain(): Promise<void> {
    this.stopping = true;
    this.stopListening();
    this.wake();
    await this.loop;
    await Promise.all(this.running.values());
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      let pause: number;
      this.woken = false;
      try {
        pause = await this.claim();
      } catch (error) {
        this.parts.telemetry.alarm({ what: 'the store did not give work', error });
        pause = PAUSE_AFTER_TROUBLE_MS;
      }
      if (pause > 0 && !this.stopping && !this.woken) await this.sleep(pause);
    }
  }

  private async work(claimed: Claimed): Promise<void> {
    const { provider } = claimed.closure.account;
    this.count(provider, 1);
    await this.adopt(claimed);
    this.count(provider, -1);
    this.wake();
  }

  private count(provider: string, by: 1 | -1): void {
    this.claimed.set(provider, (this.claimed.get(provider) ?? 0) + by);
  }

  /** How long to wait before the next look, ms. */
  private async claim(): Promise<number> {
    const { store, settings, clock } = this.parts;
    const counts = [...this.claimed.values()];
    const room = settings.workers - counts.reduce((sum, count) => sum + count, 0);
    if (room <= 0) return LONGEST_SLEEP_MS;
    const share = Math.ceil(settings.workers * MOST_OF_ONE_PROVIDER);
    const notNow = {
      closures: [...this.running.keys()],
      providers: [...this.claimed].filter(([, count]) => count >= share).map(([provider]) => provider),
    };
    const claimed = await store.claimDue(Math.min(room, share), leaseMs(settings), notNow);
    for (const one of claimed) void this.work(one);
    if (claimed.length > 0) return 0;
    const next = await store.nextDueAt(notNow);
    const wait = next === null ? LONGEST_SLEEP_MS : next - clock.now();
    return Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, wait));
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
