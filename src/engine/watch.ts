import type { Caller } from '../domain/caller';
import type { Closure } from '../domain/closure';
import { isTerminal } from '../domain/closure-status';
import type { ClosureStore, StoreNews } from '../ports/store';
import type { Clock } from '../ports/clock';
import { TooManyWatches, type WatchEnd } from './service';

/**
 * The most that are watched at once in a process. Each one reads the store after every change, and all of them do where
 * news may have been missed: so many reads took PostgreSQL 1.7 s on two cores, and so many watches 57 MB with what they read.
 */
const MOST_WATCHES = 5_000;
/** Of these, what one tenant and one subject may have: nobody takes up all the room. */
const SHARES = { tenant: 0.8, subject: 0.2 };
/** Node fires a timer at once when it is asked to wait longer, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const DONE = { done: true, value: undefined } as const;

/** The closure as its watcher may see it now; null: not at all. */
type Look = () => Promise<Closure | null>;

/** Tells those who watch closures that there is something new: one listener at the store for all of them. */
export class Watches {
  private readonly byClosure = new Map<string, Set<Watch>>();
  /** How many a tenant, or a subject of one, has open. */
  private readonly byWatcher = new Map<string, number>();
  /** How many are open. */
  count = 0;
  private stopListening: (() => void) | null = null;

  constructor(
    private readonly parts: { store: Pick<ClosureStore, 'onNews'>; clock: Pick<Clock, 'now'> },
    private readonly closures: (caller: Caller, ids: readonly string[]) => Promise<(Closure | null)[]>,
    private readonly most = MOST_WATCHES,
  ) {}

  /** See ClosureService.watch. */
  watch(caller: Caller, id: string, end: WatchEnd): AsyncIterableIterator<Closure, void, void> {
    const shares = [this.shareOf(SHARES.tenant, caller.tenant), this.shareOf(SHARES.subject, caller.tenant, caller.subject)];
    if (this.count >= this.most || shares.some(({ isFull }) => isFull)) throw new TooManyWatches();
    const look = async () => (await this.closures(caller, [id]))[0] ?? null;
    const watch = new Watch(look, this.parts.clock, end, () => {
      if (this.remove(id, watch)) for (const { count } of shares) count(-1);
    });
    this.add(id, watch);
    for (const { count } of shares) count(1);
    return watch;
  }

  private shareOf(share: number, ...who: string[]): { isFull: boolean; count: (change: number) => void } {
    const name = JSON.stringify(who);
    const open = () => this.byWatcher.get(name) ?? 0;
    const count = (change: number) => void (open() + change > 0 ? this.byWatcher.set(name, open() + change) : this.byWatcher.delete(name));
    return { isFull: open() >= share * this.most, count };
  }

  private add(id: string, watch: Watch): void {
    const watches = this.byClosure.get(id) ?? new Set();
    this.byClosure.set(id, watches.add(watch));
    this.count += 1;
    this.stopListening ??= this.parts.store.onNews((news) => this.hear(news));
  }

  private remove(id: string, watch: Watch): boolean {
    const watches = this.byClosure.get(id);
    if (!watches?.delete(watch)) return false;
    this.count -= 1;
    if (watches.size === 0) this.byClosure.delete(id);
    if (this.count === 0) {
      this.stopListening?.();
      this.stopListening = null;
    }
    return true;
  }

  private hear(news: StoreNews): void {
    if (news.kind === 'changed') for (const watch of this.byClosure.get(news.id) ?? []) watch.wake();
    if (news.kind === 'missed') for (const watches of this.byClosure.values()) for (const watch of watches) watch.wake();
  }
}

/**
 * One watcher's closure. It keeps no queue: however much happens before the next value is asked for, that value is the
 * closure as it is by then. No generator function, because one that waits cannot be told to return.
 */
class Watch implements AsyncIterableIterator<Closure, void, void> {
  private ended = false;
  /** Something may have changed since the last look; at first, everything has. */
  private pending = true;
  private version: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private onWake: () => void = () => {};
  private readonly onAbort = () => this.end();

  constructor(
    private readonly look: Look,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly limit: WatchEnd,
    private readonly onEnd: () => void,
  ) {
    limit.signal.addEventListener('abort', this.onAbort);
    this.endInTime();
  }

  wake(): void {
    this.pending = true;
    this.onWake();
  }

  async next(): Promise<IteratorResult<Closure, void>> {
    while (await this.somethingNew()) {
      this.pending = false;
      const closure = await this.look().catch((error: unknown) => this.throw(error));
      // The time may have come while it was looked up.
      if (!closure || this.isOver()) break;
      if (closure.version === this.version) continue;
      this.version = closure.version;
      if (isTerminal(closure.status)) this.end();
      return { done: false, value: closure };
    }
    this.end();
    return DONE;
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.end();
    return DONE;
  }

  async throw(error: unknown): Promise<never> {
    this.end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** False: there will be nothing new any more. */
  private async somethingNew(): Promise<boolean> {
    if (!this.pending && !this.isOver()) await new Promise<void>((resolve) => (this.onWake = resolve));
    return !this.isOver();
  }

  private isOver(): boolean {
    const { until, signal } = this.limit;
    return this.ended || signal.aborted || (until !== undefined && until <= this.clock.now());
  }

  private endInTime(): void {
    const { until } = this.limit;
    if (this.isOver() || until === undefined) return;
    this.timer = setTimeout(() => (this.isOver() ? this.end() : this.endInTime()), Math.min(until - this.clock.now(), LONGEST_TIMER_MS)).unref();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    this.limit.signal.removeEventListener('abort', this.onAbort);
    this.onEnd();
    this.onWake();
  }
}
