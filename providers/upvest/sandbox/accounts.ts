import type { Holdings } from './holdings';
import type { ProblemSlug } from './problems';
import type { SaleFate } from './sales';

/** The provider's books, as far as a closing needs them. Time decides what an account is: nothing has to fire. */

export type AccountStatus = 'PENDING_APPROVAL' | 'ACTIVE' | 'LOCKED' | 'CLOSING' | 'CLOSED' | 'FROZEN';

/** How an account begins and what becomes of it. */
export interface AccountPreset extends Holdings {
  /** Default ACTIVE. FROZEN is a word that the documentation does not have. */
  status?: AccountStatus;
  /** From the close until CLOSED, ms; null: it stays CLOSING. Default: the sandbox's own. */
  closingMs?: number | null;
  /** The closing does not succeed: instead of CLOSED it is ACTIVE again. */
  fails?: boolean;
  /** A problem that answers every close request, or only the first. */
  refusal?: { slug: ProblemSlug; once: boolean };
  /** What becomes of the sale of its positions. */
  sale?: SaleFate;
}

interface Account {
  preset: AccountPreset;
  /** Epoch ms. */
  createdAt: number;
  closingAt: number | null;
  /** From when on nothing holds the closing up, epoch ms; null: something does. */
  clearAt: number | null;
  refused: boolean;
  /** When its positions were last set from outside, epoch ms. */
  positionsSetAt: number;
}

export interface AccountsOptions {
  closingMs: number;
  /** How long a change stays invisible to reads, ms. */
  readLagMs: number;
  presetOf(id: string): AccountPreset;
  /** Something is there for which a close is refused. */
  isRefused(id: string): boolean;
  /** Something is there for which a closing does not come to its end. */
  isHeldUp(id: string, now: number): boolean;
}

/** Accounts, or account groups: every id exists from the moment somebody asks for it. */
export class SandboxAccounts {
  readonly #accounts = new Map<string, Account>();
  /** Few, and asked for at every close: all accounts would be too many to look through. */
  readonly #withWithdrawals = new Set<string>();

  constructor(private readonly options: AccountsOptions) {}

  /** What keeps the account from being closed; otherwise it is closing from now on. */
  close(id: string, now: number): ProblemSlug | null {
    const account = this.#account(id, now);
    const { refusal } = account.preset;
    if (refusal && !(refusal.once && account.refused)) {
      account.refused = true;
      return refusal.slug;
    }
    if (this.options.isRefused(id) || this.status(id, now) !== 'ACTIVE') return 'conflict';
    this.#begin(id, account, now);
    return null;
  }

  /** The provider's own staff close it: nothing keeps them from it but an account that is not ACTIVE. True: it is closing. */
  closeByStaff(id: string, now: number): boolean {
    const account = this.#account(id, now);
    if (this.status(id, now) !== 'ACTIVE') return false;
    this.#begin(id, account, now);
    return true;
  }

  /** What it is, before reads show it. */
  status(id: string, now: number): AccountStatus {
    return this.#statusAt(id, now, now);
  }

  /** What is on it, now; of an account without what was sold: see {@link SandboxBank.positionsOf}. */
  holdings(id: string): Holdings {
    return this.preset(id);
  }

  preset(id: string): AccountPreset {
    return this.#account(id, Date.now()).preset;
  }

  /** When somebody last said which positions there are, epoch ms. */
  positionsSetAt(id: string): number {
    return this.#account(id, Date.now()).positionsSetAt;
  }

  /** Every id that somebody asked for. */
  ids(): string[] {
    return [...this.#accounts.keys()];
  }

  /** Of those that somebody asked for, the ones with withdrawals, under way or not. */
  idsWithWithdrawals(): string[] {
    return [...this.#withWithdrawals];
  }

  /** What is not named stays as it is. */
  change(id: string, changes: AccountPreset, now: number): void {
    const account = this.#account(id, now);
    const isClosed = this.status(id, now) === 'CLOSED';
    account.preset = { ...account.preset, ...changes };
    this.#noteWithdrawals(id, account);
    if (changes.positions) account.positionsSetAt = now;
    if (!isClosed) account.clearAt = null;
  }

  /** What a read shows; null: there is no such account. */
  visible(id: string, now: number): { status: AccountStatus; createdAt: number } | null {
    const account = this.#account(id, now);
    if (account.preset.refusal?.slug === 'not_found') return null;
    return { status: this.#statusAt(id, now - this.options.readLagMs, now), createdAt: account.createdAt };
  }

  #noteWithdrawals(id: string, { preset }: Account): void {
    if (preset.withdrawals) this.#withWithdrawals.add(id);
  }

  #account(id: string, now: number): Account {
    const known = this.#accounts.get(id);
    if (known) return known;
    const account: Account = { preset: this.options.presetOf(id), createdAt: now, closingAt: null, clearAt: null, refused: false, positionsSetAt: now };
    this.#accounts.set(id, account);
    this.#noteWithdrawals(id, account);
    return account;
  }

  #begin(id: string, account: Account, now: number): void {
    account.closingAt = now;
    account.clearAt = this.options.isHeldUp(id, now) ? null : now;
  }

  #statusAt(id: string, at: number, now: number): AccountStatus {
    const account = this.#account(id, now);
    const { preset, closingAt } = account;
    if (closingAt === null || at < closingAt) return preset.status ?? 'ACTIVE';
    account.clearAt ??= this.options.isHeldUp(id, now) ? null : now;
    const duration = preset.closingMs === undefined ? this.options.closingMs : preset.closingMs;
    if (duration === null || account.clearAt === null || at < Math.max(closingAt + duration, account.clearAt)) return 'CLOSING';
    return preset.fails ? 'ACTIVE' : 'CLOSED';
  }
}
