import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import type { AccountRef } from '../../src/domain/account';
import type { Blocker, BlockerCode } from '../../src/domain/blocker';
import { isTransient } from '../../src/domain/error-code';
import type { AccountSeen, BlockersUnknown, ReadFailed } from '../../src/domain/outcome';
import { pathSegment } from '../../src/provider-kit/http';
import { cashSchema, LIST_SCOPES, listedSchema, positionSchema, userAccountSchema, type WireAccount, withdrawalSchema } from './api';
import { type List, type ListContext, type Listed, unusable, type UpvestLists } from './blockers-lists';
import {
  cashBlockers,
  childBlockers,
  feeBlockers,
  LIST_CODES,
  orderBlockers,
  positionBlockers,
  withdrawalBlockers,
} from './blockers-mapping';

/** What one list says; `failure` where that is not all. */
interface Found {
  blockers: Blocker[];
  failure?: ReadFailed;
}

interface Part {
  codes: readonly BlockerCode[];
  found: Promise<Found>;
}

const { positions, orders, payments, fees, accounts } = LIST_SCOPES;

/**
 * What stands in the way of closing an account or a group. The provider lists no blockers, so they are derived from
 * its other resources; withdrawals and cash belong to the group, and the cash keeps no single account from closing.
 * Source: https://docs.upvest.co/documentation/guides/accounts/accounts_close_accounts
 */
export class UpvestBlockers {
  constructor(private readonly lists: UpvestLists) {}

  /**
   * Every list on its own: one that cannot be read, or not in time, leaves the others as they are.
   * @param timeMs how long all of it may take
   */
  async read(
    { kind, id }: Pick<AccountRef, 'kind' | 'id'>,
    wire: WireAccount,
    context: ListContext,
    timeMs: number,
  ): Promise<Pick<AccountSeen, 'blockers' | 'blockersUnknown'>> {
    const over = new AbortController();
    const tooLate: Promise<Found> = wait(Math.max(0, timeMs), undefined, { signal: over.signal }).then(
      () => ({ blockers: [], failure: TOO_LATE }),
      () => ({ blockers: [] }),
    );
    const parts = kind === 'ACCOUNT_GROUP' ? this.#ofGroup(id, wire, context) : this.#ofAccount(id, wire, context);
    const results = await Promise.all(
      parts.map(async ({ codes, found }) => ({ codes, ...(await Promise.race([found, tooLate])) })),
    ).finally(() => over.abort());
    const unknown = results.flatMap(({ codes, failure }) => (failure ? [{ codes, failure }] : []));
    const blockers = results.flatMap((result) => result.blockers);
    return unknown.length === 0 ? { blockers } : { blockers, blockersUnknown: together(unknown) };
  }

  #ofAccount(id: string, wire: WireAccount, context: ListContext): Part[] {
    const path = `/accounts/${pathSegment(id)}`;
    return [
      this.#withdrawals(wire.account_group_id, context),
      this.#part({ scope: positions, path: `${path}/positions`, entry: positionSchema }, LIST_CODES.positions, positionBlockers, context),
      this.#part({ scope: orders, path: `${path}/orders`, entry: listedSchema }, LIST_CODES.orders, orderBlockers, context),
    ];
  }

  #ofGroup(id: string, wire: WireAccount, context: ListContext): Part[] {
    const cash = { scope: positions, path: `/account_groups/${pathSegment(id)}/payments/cash_balances`, entry: cashSchema };
    const collections = { scope: fees, path: '/fees/collections', query: [['account_group_id', id]] as const, entry: listedSchema };
    return [
      this.#withdrawals(id, context),
      this.#part(cash, LIST_CODES.cash, cashBlockers, context),
      this.#part(collections, LIST_CODES.fees, feeBlockers, context),
      { codes: LIST_CODES.children, found: this.#children(id, wire, context) },
    ];
  }

  #withdrawals(groupId: string | undefined, context: ListContext): Part {
    if (groupId === undefined) {
      const failure = unusable("The provider's answer does not say which group the account belongs to.");
      return { codes: LIST_CODES.withdrawals, found: Promise.resolve({ blockers: [], failure }) };
    }
    const path = `/account_groups/${pathSegment(groupId)}/payments/withdrawals`;
    return this.#part({ scope: payments, path, entry: withdrawalSchema }, LIST_CODES.withdrawals, withdrawalBlockers, context);
  }

  /** A group does not name its accounts: they are found by way of its users, who may have accounts in other groups too. */
  async #children(id: string, { users }: WireAccount, context: ListContext): Promise<Found> {
    if (!users) return { blockers: [], failure: unusable("The provider's answer does not say whose the account group is.") };
    const read = (userId: string): Promise<Listed<Child>> =>
      this.lists.read({ scope: accounts, path: `/users/${pathSegment(userId)}/accounts`, entry: userAccountSchema }, context);
    const all = await Promise.all([...new Set(users.map((user) => user.id))].map(read));
    const failure = all.find((list) => list.failure)?.failure;
    return { blockers: childBlockers(all.flatMap(({ entries }) => entries), id), failure };
  }

  #part<Entry>(list: List<Entry>, codes: readonly BlockerCode[], map: (entries: Entry[]) => Blocker[], context: ListContext): Part {
    const found = this.lists.read(list, context).then(({ entries, failure }) => ({ blockers: map(entries), failure }));
    return { codes, found };
  }
}

type Child = z.output<typeof userAccountSchema>;

const TOO_LATE: ReadFailed = { ok: false, code: 'PROVIDER_TIMEOUT', message: 'The provider did not list in time what stands in the way.' };

/** One failure stands for all; one that will pass comes first, for then the next read may know more. */
function together(unknown: { codes: readonly BlockerCode[]; failure: ReadFailed }[]): BlockersUnknown {
  const failures = unknown.map(({ failure }) => failure);
  const chosen = failures.find(({ code }) => isTransient(code)) ?? failures[0] ?? TOO_LATE;
  return { ...chosen, codes: unknown.flatMap(({ codes }) => codes) };
}
