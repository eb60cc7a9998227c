import { type Attempt, isUnresolved, mayBeApplied } from '../../src/domain/closure';
import { canBecome, isTerminal } from '../../src/domain/closure-status';
import type { Closure, ClosureEvent } from '../../src/domain/closure';
import type { CloseAccountResult } from '../../src/engine/service';
import type { BankAccount } from './history-bank';

/** What is stored of one closure, all of it. */
export interface Stored {
  closure: Closure;
  attempts: readonly Attempt[];
  history: readonly ClosureEvent[];
}

/** What a caller was told: which closure a key stands for, and what the last look at it showed. */
export class Reference {
  readonly #byKey = new Map<string, { id: string; accountId: string }>();
  readonly #last = new Map<string, Closure>();

  get ids(): string[] {
    return [...this.#byKey.values()].map(({ id }) => id);
  }

  /**
   * Compares an answer to `closeAccount` with what was promised.
   * @param newest the account's newest closure before the call
   */
  closeAnswered(key: string, accountId: string, newest: Closure | null, { closure, error, replayed }: CloseAccountResult): void {
    const bound = this.#byKey.get(key);
    if (bound && bound.accountId !== accountId) {
      expect({ closure, code: error?.code }).toEqual({ closure: null, code: 'IDEMPOTENCY_KEY_REUSED' });
      return;
    }
    if (bound) {
      expect({ id: closure?.id, replayed }).toEqual({ id: bound.id, replayed: true });
      return;
    }
    const inTheWay = newest && !isTerminal(newest.status) ? 'CLOSURE_IN_PROGRESS' : 'ACCOUNT_ALREADY_CLOSED';
    if (newest && closure?.id === newest.id) {
      expect(error?.code).toBe(inTheWay);
      return;
    }
    // Nothing live stood in the way, and a closure that is over is no reason for another key to get it.
    expect(newest === null || isTerminal(newest.status)).toBe(true);
    expect({ recorded: closure !== null, replayed, code: closure ? null : error?.code }).toEqual({ recorded: true, replayed: false, code: null });
    this.#byKey.set(key, { id: closure?.id ?? '', accountId });
  }

  /** The promises about one closure, whatever happened. */
  check({ closure, attempts, history }: Stored, account: BankAccount): void {
    const { id, status } = closure;
    const before = this.#last.get(id);
    this.#last.set(id, closure);
    expect(before && isTerminal(before.status) ? [before.status, ...(before.status === 'CLOSED' ? ['REOPENED'] : [])] : [status]).toContain(status);
    expect(history.map(({ from }) => from)).toEqual([null, ...history.slice(0, -1).map(({ to }) => to)]);
    expect(history.at(-1)?.to).toBe(status);
    expect(history.filter(({ from, to }) => from !== null && !canBecome(from, to))).toEqual([]);
    const requests = account.requests.filter(({ closureId }) => closureId === id);
    expect(attempts.length).toBeGreaterThanOrEqual(requests.length);
    expect(closure.attempts).toBe(attempts.length);
    if (!isTerminal(status)) expect(closure.dueAt).not.toBeNull();
    if (history.at(-1)?.cause === 'OPERATOR') return;
    const worked = requests.some(({ inEffect }) => inEffect) && !attempts.some(({ effect }) => effect === 'SET_ASIDE');
    const verdicts: Partial<Record<Closure['status'], boolean>> = {
      REQUESTED: !attempts.some(isUnresolved) || attempts.at(-1)?.effect === 'MARKED',
      REJECTED: !attempts.some(mayBeApplied) && !worked,
      CANCELLED: !attempts.some(mayBeApplied) && !worked,
      CLOSED: account.everClosed,
      FAILED: account.reopenings > 0,
      // What a person took for closed may never have been.
      REOPENED: account.reopenings > 0 || history.some(({ to, cause }) => to === 'CLOSED' && cause === 'OPERATOR'),
    };
    expect({ id, status, true: verdicts[status] ?? true }).toEqual({ id, status, true: true });
  }
}
