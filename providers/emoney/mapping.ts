import type { AccountIdType, AccountKind } from '../../src/domain/account';
import type { Blocker, BlockerCode, BlockerResolver } from '../../src/domain/blocker';
import type { AccountState } from '../../src/domain/outcome';
import { type ClosureReason, isSensitive, type ReasonMapping } from '../../src/domain/reason';
import { UNREADABLE, type WireAccount, type WireBalance } from './api';
import type { Settings } from './settings';

/** Between the gateway's words and the provider's. */

export const REASON_MAX_LENGTH = 255;
/**
 * The characters that the page's pattern for `closureReason` admits, as it is written: within it `+-_` is the range
 * from "+" to "_", so that capital letters, digits and `,-./:;<=>?@[\]^` are in as well.
 */
export const REASON_PATTERN = /^[a-z "#&'+-_]*$/;

/** Sent for every sensitive reason: it must not tell anybody anything. */
const NEUTRAL_PHRASE = 'Account closed by the institution';

const PHRASES: Record<ClosureReason, string> = {
  CUSTOMER_REQUEST: 'Customer request',
  ACCOUNT_SWITCHED: 'Account switched to another provider',
  DUPLICATE_ACCOUNT: 'Duplicate account',
  HOLDER_DECEASED: 'Account holder deceased',
  INSOLVENCY: 'Insolvency',
  BUSINESS_CEASED: 'Business ceased',
  INACTIVITY: 'Inactivity',
  FRAUD: NEUTRAL_PHRASE,
  IDENTITY_THEFT: NEUTRAL_PHRASE,
  FINANCIAL_CRIME: NEUTRAL_PHRASE,
  SANCTIONS: NEUTRAL_PHRASE,
  KYC_INCOMPLETE: 'Identification incomplete',
  TERMS_VIOLATION: 'Breach of terms',
  OUT_OF_RISK_APPETITE: NEUTRAL_PHRASE,
  REGULATORY: 'Regulatory requirement',
  DELINQUENT: 'Payment arrears',
  RELATIONSHIP_ENDED: 'Business relationship ended',
  PROGRAM_ENDED: 'Programme ended',
  PROVIDER_DECISION: 'Decision of the provider',
  CONTRACT_REVOKED: 'Contract revoked',
  DISPUTE: 'Dispute',
  POWER_OF_ATTORNEY: 'Request under a power of attorney',
  LOSS_OF_LEGAL_CAPACITY: 'Loss of legal capacity',
  OTHER: 'Other reason',
};

/** The `closureReason` for a closing, and how true it is to the reason. */
export function reasonSent(reason: ClosureReason, reasonText: string | null): { text: string; mapping: ReasonMapping } {
  // Whoever wrote the text knew the reason, so a sensitive one hides the text too.
  if (isSensitive(reason)) return { text: NEUTRAL_PHRASE, mapping: 'LOSSY' };
  return { text: reasonText || PHRASES[reason], mapping: 'EXACT' };
}

/** `account_id_type` for our id types; the provider has no others. */
export const ID_TYPE_WORDS = { UUID: 'uuid', IBAN: 'iban', BBAN: 'bban' } as const satisfies Partial<Record<AccountIdType, string>>;
export type KnownIdType = keyof typeof ID_TYPE_WORDS;
export const ID_TYPES = Object.keys(ID_TYPE_WORDS) as KnownIdType[];

/** The provider's documentation shows "Open" and lists no words, so which word means what is a setting. */
export function stateOf(word: string | undefined, { OPEN_WORDS, CLOSED_WORDS }: Pick<Settings, 'OPEN_WORDS' | 'CLOSED_WORDS'>): AccountState {
  const known = word?.toLowerCase() ?? '';
  if (OPEN_WORDS.has(known)) return 'OPEN';
  return CLOSED_WORDS.has(known) ? 'CLOSED' : 'UNKNOWN';
}

/**
 * What the balances of an account put in the way of its closing. The precondition is an available amount of zero;
 * funds that are still to be booked or that are withheld are shown as well, since they come to be a balance.
 * Source: https://developer.emoney.pagonxt.com/external/docs/emoney-accounts-balances
 * @returns `unknown`: what balances that cannot be read may hide, or that an eMoney account does not show; a virtual account has none
 */
export function balanceBlockers(
  kind: AccountKind,
  { balances, baseCurrency }: Pick<WireAccount, 'balances' | 'baseCurrency'>,
): { blockers: Blocker[]; unknown: BlockerCode[] } {
  if (balances === UNREADABLE) return { blockers: [], unknown: [...MAIN_CODES, 'PENDING_FUNDS', 'RESERVED_FUNDS'] };
  const { available, current, pendingConsolidation, withholding } = balances ?? {};
  const main = available ?? current;
  return {
    blockers: [
      ...(isReadable(main) && main.amount.sign < 0
        ? blocker('NEGATIVE_BALANCE', 'The account is overdrawn.', 'HOLDER', main, baseCurrency)
        : blocker('POSITIVE_BALANCE', 'There is money on the account.', 'HOLDER', main, baseCurrency)),
      ...blocker('PENDING_FUNDS', 'Funds of the account are not settled yet.', 'TIME', pendingConsolidation, baseCurrency),
      ...blocker('RESERVED_FUNDS', 'Funds of the account are withheld.', 'PROVIDER', withholding, baseCurrency),
    ],
    unknown: [
      ...(main === UNREADABLE || (!main && kind === 'ACCOUNT') ? MAIN_CODES : []),
      ...(pendingConsolidation === UNREADABLE ? (['PENDING_FUNDS'] as const) : []),
      ...(withholding === UNREADABLE ? (['RESERVED_FUNDS'] as const) : []),
    ],
  };
}

const MAIN_CODES = ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE'] as const;

function isReadable(balance: WireBalance): balance is Exclude<WireBalance, null | undefined | typeof UNREADABLE> {
  return balance !== undefined && balance !== null && balance !== UNREADABLE;
}

function blocker(code: BlockerCode, message: string, resolvableBy: BlockerResolver, balance: WireBalance, baseCurrency?: string): Blocker[] {
  if (!isReadable(balance) || balance.amount.sign === 0) return [];
  return [
    {
      code,
      message,
      stage: 'REQUEST',
      resolvableBy,
      selfResolving: resolvableBy === 'TIME',
      amount: balance.amount.text,
      currency: balance.currency ?? baseCurrency,
      relatedIds: [],
    },
  ];
}
