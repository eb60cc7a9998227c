import { createHash, randomUUID } from 'node:crypto';
import { type AccountPreset, SandboxAccounts } from './accounts';
import { holdsCash, holdsSecurities, isUnderWay, type Position, type Withdrawal } from './holdings';
import { SandboxSales } from './sales';

export interface BankOptions {
  closingMs: number;
  /** From the request to sell an account's positions until they are sold, ms. */
  sellingMs: number;
  /** How long a change stays invisible to reads, ms. */
  readLagMs: number;
  /** Accounts and groups that begin otherwise than ACTIVE and empty, by id. */
  presets: ReadonlyMap<string, AccountPreset>;
}

/** An account group as {@link SandboxBank.openGroup} opens it, by id. */
export interface OpenedGroup {
  id: string;
  accounts: string[];
  users: string[];
}

/** The same name is the same id in every run. */
function derivedUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Accounts, the groups that they belong to and the users whose they are. */
export class SandboxBank {
  readonly accounts: SandboxAccounts;
  readonly account_groups: SandboxAccounts;
  readonly sales: SandboxSales;
  readonly readLagMs: number;
  /** Accounts that a group's preset names, and their groups. */
  readonly #groups = new Map<string, string>();

  constructor({ presets, sellingMs, ...times }: BankOptions) {
    this.sales = new SandboxSales(sellingMs);
    this.readLagMs = times.readLagMs;
    for (const [id, preset] of presets) this.#assign(id, preset);
    const presetOf = (id: string): AccountPreset => presets.get(id) ?? {};
    this.accounts = new SandboxAccounts({
      ...times,
      presetOf,
      isRefused: (id) => this.#isPaidOut(this.groupOf(id)),
      isHeldUp: (id, now) => holdsSecurities({ ...this.accounts.holdings(id), positions: this.positionsOf(id, now) }) || this.#isPaidOut(this.groupOf(id)),
    });
    this.account_groups = new SandboxAccounts({
      ...times,
      presetOf,
      isRefused: (id) => this.#isPaidOut(id),
      isHeldUp: (id, now) => {
        const holdings = this.account_groups.holdings(id);
        const open = this.#accountsOf(id).some((account) => this.accounts.status(account, now) !== 'CLOSED');
        return open || holdsCash(holdings) || this.#isPaidOut(id);
      },
    });
  }

  /** Something happens to the account, or the group, of this id. What is not named stays as it is. */
  change(id: string, changes: AccountPreset): void {
    this.#assign(id, changes);
    this.accounts.change(id, changes, Date.now());
    this.account_groups.change(id, changes, Date.now());
  }

  /** Opens a group with so many accounts and so many users, each of whom has all of the accounts. */
  openGroup({ accounts = 2, users = 1 }: { accounts?: number; users?: number } = {}): OpenedGroup {
    const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID());
    const group = { id: randomUUID(), accounts: ids(accounts), users: ids(users) };
    this.change(group.id, { accounts: group.accounts, users: group.users });
    return group;
  }

  groupOf(accountId: string): string {
    return this.#groups.get(accountId) ?? derivedUuid(`group of ${accountId}`);
  }

  usersOf(groupId: string): readonly string[] {
    return this.account_groups.holdings(groupId).users ?? [derivedUuid(`user of ${groupId}`)];
  }

  ownersOf(accountId: string): readonly string[] {
    return this.accounts.holdings(accountId).owners ?? this.usersOf(this.groupOf(accountId));
  }

  /** None once they are sold, until others are put there. */
  positionsOf(accountId: string, now: number): readonly Position[] {
    const isSold = (this.sales.soldAt(accountId, now) ?? -Infinity) >= this.accounts.positionsSetAt(accountId);
    return isSold ? [] : (this.accounts.holdings(accountId).positions ?? []);
  }

  /** Accounts in whichever group, those first that a preset names. */
  accountsOfUser(userId: string): string[] {
    const known = new Set([...this.#groups.keys(), ...this.accounts.ids()]);
    return [...known].filter((id) => this.ownersOf(id).includes(userId));
  }

  withdrawalsOf(groupId: string): Withdrawal[] {
    const accounts = this.accounts.idsWithWithdrawals().filter((id) => this.groupOf(id) === groupId);
    const holders = [this.account_groups.holdings(groupId), ...accounts.map((id) => this.accounts.holdings(id))];
    return holders.flatMap(({ withdrawals = [] }) => withdrawals);
  }

  #isPaidOut(groupId: string): boolean {
    return this.withdrawalsOf(groupId).some(isUnderWay);
  }

  #accountsOf(groupId: string): string[] {
    return [...this.#groups].flatMap(([account, group]) => (group === groupId ? [account] : []));
  }

  /** Accounts that are not named any more have left the group. */
  #assign(groupId: string, { accounts }: AccountPreset): void {
    if (!accounts) return;
    for (const account of this.#accountsOf(groupId)) this.#groups.delete(account);
    for (const account of accounts) this.#groups.set(account, groupId);
  }
}
