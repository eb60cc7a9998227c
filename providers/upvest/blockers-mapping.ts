import type { z } from 'zod';
import { type Blocker, type BlockerCode, MOST_RELATED } from '../../src/domain/blocker';
import type { Decimal } from '../../src/provider-kit/decimal';
import type { cashSchema, listedSchema, positionSchema, userAccountSchema, withdrawalSchema } from './api';

/**
 * From the provider's lists to what stands in the way. Zero amounts and what has come to its end do not.
 * Source: https://docs.upvest.co/documentation/guides/accounts/accounts_close_accounts
 */

/** New words may come with any minor version: only these two say that something is still under way. */
const isUnderWay = ({ status }: { status: string }): boolean => status === 'NEW' || status === 'PROCESSING';
const isSome = (amount: Decimal | undefined): amount is Decimal => amount !== undefined && amount.sign !== 0;
/** In an order of their own: the provider promises none. */
const unique = (ids: (string | undefined)[]): string[] => [...new Set(ids.filter((id) => id !== undefined))].toSorted();

const completion = { stage: 'COMPLETION', selfResolving: false } as const;
const byTime = { resolvableBy: 'TIME', selfResolving: true } as const;

/** While the account is closing they can only be sold, or transferred away. */
export function positionBlockers(positions: z.output<typeof positionSchema>[]): Blocker[] {
  const open = positions.filter(({ quantity, pending_settlement: pending }) => isSome(quantity) || isSome(pending));
  if (open.length === 0) return [];
  const relatedIds = unique(open.map(({ instrument }) => instrument.isin ?? instrument.uuid));
  return [{ ...completion, code: 'OPEN_POSITIONS', message: 'There are securities on the account.', resolvableBy: 'HOLDER', relatedIds }];
}

export function orderBlockers(orders: z.output<typeof listedSchema>[]): Blocker[] {
  const open = orders.filter(isUnderWay);
  if (open.length === 0) return [];
  const relatedIds = unique(open.map(({ id }) => id));
  return [{ ...completion, ...byTime, code: 'OPEN_ORDERS', message: 'Orders of the account are not executed yet.', relatedIds }];
}

/** One for each withdrawal, with its amount, and as many as a person goes through. They are what the close is refused for. */
export function withdrawalBlockers(withdrawals: z.output<typeof withdrawalSchema>[]): Blocker[] {
  // One that moved to a later page while the list was read is in it twice.
  const open = new Map(withdrawals.filter(isUnderWay).map((withdrawal) => [withdrawal.id, withdrawal]));
  return [...open.values()].slice(0, MOST_RELATED).map(({ id, amount, currency }) => ({
    ...byTime,
    code: 'OUTSTANDING_WITHDRAWALS',
    message: 'A withdrawal of the account group is not paid out yet.',
    stage: 'REQUEST',
    ...(amount && currency && { amount: amount.text, currency }),
    relatedIds: [id],
  }));
}

export function cashBlockers(balances: z.output<typeof cashSchema>[]): Blocker[] {
  return balances.flatMap(({ balance, locked_for_trading: locked, pending_settlement: pending, currency }) => {
    const some = (amount: Decimal | undefined, rest: Pick<Blocker, 'code' | 'message' | 'resolvableBy'> & Partial<Blocker>): Blocker[] =>
      isSome(amount) ? [{ ...completion, relatedIds: [], ...rest, amount: amount.text, currency }] : [];
    return [
      ...(balance.sign < 0
        ? some(balance, { code: 'NEGATIVE_BALANCE', message: 'The account group is overdrawn.', resolvableBy: 'HOLDER' })
        : some(balance, { code: 'POSITIVE_BALANCE', message: 'There is cash on the account group.', resolvableBy: 'HOLDER' })),
      ...some(pending, { ...byTime, code: 'PENDING_FUNDS', message: 'Cash of the account group is not settled yet.' }),
      ...some(locked, { ...byTime, code: 'RESERVED_FUNDS', message: 'Cash of the account group is locked for orders.' }),
    ];
  });
}

export function feeBlockers(collections: z.output<typeof listedSchema>[]): Blocker[] {
  const open = collections.filter(({ status }) => status === 'PROCESSING');
  if (open.length === 0) return [];
  const relatedIds = unique(open.map(({ id }) => id));
  const message = 'Fees of the account group are still being collected.';
  return [{ ...completion, code: 'OUTSTANDING_FEES', message, resolvableBy: 'PROVIDER', selfResolving: true, relatedIds }];
}

/** Those that are being closed wait for what is on them; the others, for somebody to close them. @param accounts those of the group */
export function childBlockers(accounts: z.output<typeof userAccountSchema>[]): Blocker[] {
  const open = accounts.filter(({ status }) => status !== 'CLOSED');
  const closing = open.filter(({ status }) => status === 'CLOSING');
  const others = open.filter(({ status }) => status !== 'CLOSING');
  return [
    ...openAccounts(others, { message: 'Accounts of the group are not closed.', resolvableBy: 'PARTNER', selfResolving: false }),
    ...openAccounts(closing, { message: 'Accounts of the group are still being closed.', ...byTime }),
  ];
}

function openAccounts(accounts: readonly { id: string }[], rest: Pick<Blocker, 'message' | 'resolvableBy' | 'selfResolving'>): Blocker[] {
  if (accounts.length === 0) return [];
  return [{ ...completion, code: 'OPEN_CHILD_ACCOUNTS', ...rest, relatedIds: unique(accounts.map(({ id }) => id)) }];
}

/** What each list could show. */
export const LIST_CODES = {
  withdrawals: ['OUTSTANDING_WITHDRAWALS'],
  positions: ['OPEN_POSITIONS'],
  orders: ['OPEN_ORDERS'],
  cash: ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE', 'PENDING_FUNDS', 'RESERVED_FUNDS'],
  fees: ['OUTSTANDING_FEES'],
  children: ['OPEN_CHILD_ACCOUNTS'],
} as const satisfies Record<string, readonly BlockerCode[]>;
