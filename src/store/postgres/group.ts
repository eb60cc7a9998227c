import { StoreClosed } from '../errors';

/** What the database made of one write. */
export type WriteResult =
  | { value: unknown }
  /** It was undone. `code` is the SQLSTATE. */
  | { code: string; message: string; detail: string };

/** Performs writes in one commit, and tells what became of each, in order. */
export type Perform = (writes: readonly object[], waitForLocks: boolean) => Promise<WriteResult[]>;

interface Waiter {
  write: object;
  /** Writes about the same thing meet in the same order in every process, so that they do not wait in a circle. */
  order: string;
  tries: number;
  resolve(result: WriteResult): void;
  reject(error: unknown): void;
}

/** Each write is a subtransaction; from 64 in one transaction on, PostgreSQL looks them up the slow way. */
const MOST_IN_GROUP = 50;
/** Commits of one process at once. While they are under way, the next group grows. */
const MOST_GROUPS = 3;
const MOST_TRIES = 6;

/** Somebody else wrote what this write found missing: a second look finds it. */
const UNIQUE_VIOLATION = '23505';
/** It waited for a lock, or in a circle, or saw a past: serialization failure, deadlock, lock not available. */
const GIVEN_UP = new Set(['40001', '40P01', '55P03']);

/**
 * Group commit: all writes that are waiting when the event loop's turn ends share one commit, and with it one round
 * trip and one wait for the disk. Each stands alone inside. A promise settles only after the commit; a commit that
 * fails, or whose outcome is not known, rejects every one of its group.
 */
export class Group {
  #waiting: Waiter[] = [];
  #underWay = new Set<Promise<void>>();
  #scheduled = false;
  #closed = false;

  constructor(private readonly perform: Perform) {}

  /**
   * Performs the write in the next group. One that lost against another is tried again, a few times.
   * @throws StoreClosed after {@link close}; otherwise what `perform` threw
   */
  run(write: object, order: string): Promise<WriteResult> {
    if (this.#closed) return Promise.reject(new StoreClosed());
    return new Promise((resolve, reject) => {
      this.#add({ write, order, tries: 0, resolve, reject });
    });
  }

  /** Takes nothing more and waits for what is there. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#flush();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #add(waiter: Waiter): void {
    this.#waiting.push(waiter);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#underWay.size < MOST_GROUPS) {
      const group = this.#waiting.splice(0, MOST_IN_GROUP).toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
      this.#begin(this.#performGroup(group));
    }
  }

  #begin(work: Promise<void>): void {
    const underWay = work.finally(() => {
      this.#underWay.delete(underWay);
      this.#flush();
    });
    this.#underWay.add(underWay);
  }

  async #performGroup(group: Waiter[]): Promise<void> {
    let results: WriteResult[];
    try {
      results = await this.perform(group.map(({ write }) => write), group.length === 1);
    } catch (error) {
      for (const waiter of group) waiter.reject(error);
      return;
    }
    for (const [index, waiter] of group.entries()) this.#settle(waiter, results[index]!);
  }

  #settle(waiter: Waiter, result: WriteResult): void {
    waiter.tries += 1;
    const lost = 'code' in result && (result.code === UNIQUE_VIOLATION || GIVEN_UP.has(result.code));
    if (!lost || waiter.tries >= MOST_TRIES) waiter.resolve(result);
    else if (result.code === UNIQUE_VIOLATION) this.#add(waiter);
    // Alone, it may wait for its locks and holds up nobody.
    else this.#begin(this.#performGroup([waiter]));
  }
}
