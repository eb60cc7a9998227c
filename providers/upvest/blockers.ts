import type { AccountRef } from '../../src/domain/account';
import type { Blocker, BlockerCode } from '../../src/domain/blocker';
import { isTransient } from '../../src/domain/error-code';
import type { AccountSeen, BlockersUnknown, ReadFailed } from '../../src/domain/outcome';
import type { ListingContext } from '../../src/ports/provider';
import { pathSegment } from '../../src/provider-kit/http';
import { cashSchema, LIST_SCOPES, listedSchema, positionSchema, type WireAccount, withdrawalSchema } from './api';
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
import { accountsOfGroup } from './children';
import { inTime } from './in-time';

/** What one list says; `failure` where that is not all. */
interface Found {
  blockers: Blocker[];
  failure?: ReadFailed;
}

interface Part {
  codes: readonly BlockerCode[];
  find(context: ListContext): Promise<Found>;
}

const { positions, orders, payments, fees } = LIST_SCOPES;

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
    context: ListingContext,
    timeMs: number,
  ): Promise<Pick<AccountSeen, 'blockers' | 'blockersUnknown'>> {
    const parts = kind === 'ACCOUNT_GROUP' ? this.#ofGroup(id, wire) : this.#ofAccount(id, wire);
    const results = await Promise.all(
      parts.map(async ({ codes, find }) => ({ codes, ...(await inTime(timeMs, LATE, (signal) => find({ ...context, signal }))) })),
    );
    const unknown = results.flatMap(({ codes, failure }) => (failure ? [{ codes, failure }] : []));
    const blockers = results.flatMap((result) => result.blockers);
    return unknown.length === 0 ? { blockers } : { blockers, blockersUnknown: together(unknown) };
  }

  #ofAccount(id: string, wire: WireAccount): Part[] {
    const path = `/accounts/${pathSegment(id)}`;
    return [
      this.#withdrawals(wire.account_group_id),
      this.#part({ scope: positions, path: `${path}/positions`, entry: positionSchema }, LIST_CODES.positions, positionBlockers),
      this.#part({ scope: orders, path: `${path}/orders`, entry: listedSchema }, LIST_CODES.orders, orderBlockers),
    ];
  }

  #ofGroup(id: string, wire: WireAccount): Part[] {
    const cash = { scope: positions, path: `/account_groups/${pathSegment(id)}/payments/cash_balances`, entry: cashSchema };
    const collections = { scope: fees, path: '/fees/collections', query: [['account_group_id', id]] as const, entry: listedSchema };
    return [
      this.#withdrawals(id),
      this.#part(cash, LIST_CODES.cash, cashBlockers),
      this.#part(collections, LIST_CODES.fees, feeBlockers),
      { codes: LIST_CODES.children, find: async (context) => found(await accountsOfGroup(this.lists, id, wire, context), childBlockers) },
    ];
  }

  #withdrawals(groupId: string | undefined): Part {
    if (groupId === undefined) {
      const failure = unusable("The provider's answer does not say which group the account belongs to.");
      return { codes: LIST_CODES.withdrawals, find: async () => ({ blockers: [], failure }) };
    }
    const path = `/account_groups/${pathSegment(groupId)}/payments/withdrawals`;
    return this.#part({ scope: payments, path, entry: withdrawalSchema }, LIST_CODES.withdrawals, withdrawalBlockers);
  }

  #part<Entry>(list: List<Entry>, codes: readonly BlockerCode[], map: (entries: Entry[]) => Blocker[]): Part {
    return { codes, find: async (context) => found(await this.lists.read(list, context), map) };
  }
}

function found<Entry>({ entries, failure }: Listed<Entry>, map: (entries: Entry[]) => Blocker[]): Found {
  return { blockers: map(entries), failure };
}

const TOO_LATE: ReadFailed = { ok: false, code: 'PROVIDER_TIMEOUT', message: 'The provider did not list in time what stands in the way.' };
const LATE: Found = { blockers: [], failure: TOO_LATE };

/** One failure stands for all; one that will pass comes first, for then the next read may know more. */
function together(unknown: { codes: readonly BlockerCode[]; failure: ReadFailed }[]): BlockersUnknown {
  const failures = unknown.map(({ failure }) => failure);
  const chosen = failures.find(({ code }) => isTransient(code)) ?? failures[0] ?? TOO_LATE;
  return { ...chosen, codes: unknown.flatMap(({ codes }) => codes) };
}
