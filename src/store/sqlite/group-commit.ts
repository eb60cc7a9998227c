import { StoreClosed } from '../errors';
import type { Database } from './database';

interface Waiter {
  /** Does the write; what it gives back settles the caller's promise, once that is allowed. */
  perform(): () => void;
  reject(error: unknown): void;
}

/**
 * Group commit: all writes that are waiting when the event loop's turn ends go into one transaction, so that
 * they share one wait for the disk. Each stands alone inside: one that throws is undone and rejected alone.
 * A promise settles only after the commit; a commit that fails rejects every one of its group.
 *
 * A group runs in one synchronous piece, so a read between two groups never sees half of one.
 */
export class GroupCommit {
  readonly #db: Database;
  #waiting: Waiter[] = [];
  #closed = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Runs `write`, synchronous and on this database only, in the next group.
   * @throws StoreClosed after {@link close}; otherwise what `write` or the commit threw
   */
  run<T>(write: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosed());
    return new Promise<T>((resolve, reject) => {
      const perform = () => {
        const value = write();
        return () => resolve(value);
      };
      this.#waiting.push({ perform, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** Commits what is waiting and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#flush();
  }

  #flush(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    let settlements: (() => void)[];
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      settlements = group.map((waiter) => this.#performAlone(waiter));
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      for (const waiter of group) waiter.reject(error);
      return;
    }
    for (const settle of settlements) settle();
  }

  /** Where even this fails, the next group cannot begin: its callers are told, and it is tried again. */
  #rollBack(): void {
    try {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    } catch {
      // The error that led here is the one that the callers get.
    }
  }

  #performAlone(waiter: Waiter): () => void {
    this.#db.run('SAVEPOINT one_write');
    try {
      const settle = waiter.perform();
      this.#db.run('RELEASE one_write');
      return settle;
    } catch (error) {
      // A full disk or an I/O error may have ended the whole transaction: then nobody's write stands.
      if (!this.#db.inTransaction) throw error;
      this.#db.run('ROLLBACK TO one_write');
      this.#db.run('RELEASE one_write');
      return () => waiter.reject(error);
    }
  }
}
