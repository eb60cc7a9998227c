/** What stands in the way of a closing. */
export const BLOCKER_CODES = [
  'POSITIVE_BALANCE',
  'NEGATIVE_BALANCE',
  'RESERVED_FUNDS',
  'PENDING_FUNDS',
  'ACCRUED_INTEREST',
  'OPEN_POSITIONS',
  'OPEN_ORDERS',
  'EXPECTED_CORPORATE_ACTIONS',
  'PENDING_TRANSACTIONS',
  'OUTSTANDING_WITHDRAWALS',
  'SCHEDULED_PAYMENTS',
  'COOLING_WINDOW',
  'ACTIVE_CARDS',
  'OPEN_CHILD_ACCOUNTS',
  'OUTSTANDING_FEES',
  'OUTSTANDING_DEBT',
  'DISPUTE',
  'LEGAL_HOLD',
  'COMPLIANCE_HOLD',
  'ACCOUNT_RESTRICTED',
  'ACCOUNT_NOT_ACTIVE',
  'NOT_CLOSEABLE',
  'PAYOUT_DESTINATION_MISSING',
  'TAX_PERIOD_OPEN',
  'NOTICE_PERIOD',
  'MINIMUM_TERM',
  'CONSENT_REQUIRED',
  'MANUAL_REVIEW',
  'OTHER',
] as const;
export type BlockerCode = (typeof BLOCKER_CODES)[number];

/** REQUEST: the close is refused until it is gone. COMPLETION: accepted, but CLOSING until it is gone. */
export const BLOCKER_STAGES = ['REQUEST', 'COMPLETION'] as const;
export type BlockerStage = (typeof BLOCKER_STAGES)[number];

export const BLOCKER_RESOLVERS = ['HOLDER', 'PARTNER', 'PROVIDER', 'TIME', 'NOBODY'] as const;
export type BlockerResolver = (typeof BLOCKER_RESOLVERS)[number];

export interface Blocker {
  code: BlockerCode;
  /** Our own words, safe to show to a developer. */
  message: string;
  stage: BlockerStage;
  resolvableBy: BlockerResolver;
  selfResolving: boolean;
  /** Decimal number as a string, for example "12.50". */
  amount?: string;
  /** ISO 4217. */
  currency?: string;
  relatedIds: string[];
}

/** A person goes through so many, and asks the provider about the rest. */
export const MOST_RELATED = 100;

/** In an order of their own, so that the same blockers listed in another order are no change, and with so many related ids at the most. */
export function inOrder(blockers: readonly Blocker[]): Blocker[] {
  const named = blockers.map((blocker) => ({ ...blocker, relatedIds: blocker.relatedIds.slice(0, MOST_RELATED) }));
  return named.toSorted((one, other) => compare(sortKey(one), sortKey(other)));
}

/** The amounts spelt as they were, where they are the same numbers: "12.5" instead of "12.50" is no change. */
export function speltAs(before: readonly Blocker[], blockers: readonly Blocker[]): Blocker[] {
  const spelling = new Map(before.map((blocker) => [numberKey(blocker), blocker.amount]));
  return blockers.map((blocker) => ({ ...blocker, amount: spelling.get(numberKey(blocker)) ?? blocker.amount }));
}

function numberKey(blocker: Blocker): string {
  const { amount = '' } = blocker;
  return `${sortKey(blocker)} ${amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount}`;
}

function sortKey({ code, currency = '', relatedIds }: Blocker): string {
  return [String(BLOCKER_CODES.indexOf(code)).padStart(2, '0'), currency, ...relatedIds].join(' ');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
