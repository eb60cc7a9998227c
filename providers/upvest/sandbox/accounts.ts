import type { ProblemSlug } from './problems';

/** The provider's books, as far as a closing needs them. Time decides what an account is: nothing has to fire. */

export type AccountStatus = 'PENDING_APPROVAL' | 'ACTIVE' | 'LOCKED' | 'CLOSING' | 'CLOSED' | 'FROZEN';

/** How an account begins and what becomes of it. */
export interface AccountPreset {
  /** Default ACTIVE. FROZEN is a word that the documentation does not have. */
  status?: AccountStatus;
  /** A withdrawal is on its way: the close is refused. */
  withdrawals?: boolean;
  /** From the close until CLOSED, ms; null: it stays CLOSING. Default: the sandbox's own. */
  closingMs?: number | null;
  /** The closing does not succeed: instead of CLOSED it is ACTIVE again. */
  fails?: boolean;
  /** A problem that answers every close request, or only the first. */
  refusal?: { slug: ProblemSlug; once: boolean };
}

interface Account {
  preset: AccountPreset;
  /** Epoch ms. */
  createdAt: number;
  closingAt: number | null;
  refused: boolean;
}

export interface AccountsOptions {
  closingMs: number;
  /** How long a change stays invisible to reads, ms. */
  readLagMs: number;
  presetOf(id: string): AccountPreset;
}

/** Accounts, or account groups: every id exists from the moment somebody asks for it. */
export class SandboxAccounts {
  readonly #accounts = new Map<string, Account>();

  constructor(private readonly options: AccountsOptions) {}

  /** What keeps the account from being closed; otherwise it is closing from now on. */
  close(id: string, now: number): ProblemSlug | null {
    const account = this.#account(id, now);
    const { refusal, withdrawals } = account.preset;
    if (refusal && !(refusal.once && account.refused)) {
      account.refused = true;
      return refusal.slug;
    }
    if (withdrawals || this.#statusAt(account, now) !== 'ACTIVE') return 'conflict';
    account.closingAt = now;
    return null;
  }

  /** The provider's own staff close it: nothing keeps them from it but an account that is not ACTIVE. True: it is closing. */
  closeByStaff(id: string, now: number): boolean {
    const account = this.#account(id, now);
    if (this.#statusAt(account, now) !== 'ACTIVE') return false;
    account.closingAt = now;
    return true;
  }

  /** What it is, before reads show it. */
  status(id: string, now: number): AccountStatus {
    return this.#statusAt(this.#account(id, now), now);
  }

  /** What a read shows; null: there is no such account. */
  visible(id: string, now: number): { status: AccountStatus; createdAt: number } | null {
    const account = this.#account(id, now);
    if (account.preset.refusal?.slug === 'not_found') return null;
    return { status: this.#statusAt(account, now - this.options.readLagMs), createdAt: account.createdAt };
  }

  #account(id: string, now: number): Account {
    const known = this.#accounts.get(id) ?? { preset: this.options.presetOf(id), createdAt: now, closingAt: null, refused: false };
    this.#accounts.set(id, known);
    return known;
  }

  #statusAt({ preset, closingAt }: Account, at: number): AccountStatus {
    if (closingAt === null || at < closingAt) return preset.status ?? 'ACTIVE';
    const duration = preset.closingMs === undefined ? this.options.closingMs : preset.closingMs;
    if (duration === null || at < closingAt + duration) return 'CLOSING';
    return preset.fails ? 'ACTIVE' : 'CLOSED';
  }
}
