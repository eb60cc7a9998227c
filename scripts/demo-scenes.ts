import { randomUUID } from 'node:crypto';
import { faultId } from '../src/provider-kit/sandbox-faults';

/** One closing that the demo asks for. */
export interface Scene {
  title: string;
  input: {
    account: { provider: string; kind: 'ACCOUNT' | 'ACCOUNT_GROUP' | 'VIRTUAL_ACCOUNT'; id: string; idType?: 'IBAN' };
    reason: string;
    reasonText?: string;
    includeAccounts?: boolean;
    liquidatePositions?: boolean;
  };
}

/** The IBAN of the IBAN registry's example for Spain; the sandbox lets any well-formed account exist. */
const IBAN = 'ES91 2100 0418 4502 0005 1332';
/** The sandbox gives this account a balance; see the provider's README. */
const WITH_BALANCE = 'acc00000-0000-4000-8000-000000000001';
/** The sandbox gives this account securities; see the provider's README. */
const WITH_SECURITIES = 'ac000000-0000-4000-8000-000000000009';
/** The sandbox gives this group two accounts. */
const WITH_ACCOUNTS = 'ac000000-0000-4000-8000-000000000016';

/** What the demo shows, in this order. */
export function scenes(): Scene[] {
  return [
    {
      title: 'An investment account. The provider accepts, and closes it a little later',
      input: { account: { provider: 'upvest', kind: 'ACCOUNT', id: randomUUID() }, reason: 'CUSTOMER_REQUEST' },
    },
    {
      title: 'An investment account with securities, which are sold on the way',
      input: { account: { provider: 'upvest', kind: 'ACCOUNT', id: WITH_SECURITIES }, reason: 'CUSTOMER_REQUEST', liquidatePositions: true },
    },
    {
      title: 'A group with its two accounts, which go first',
      input: { account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: WITH_ACCOUNTS }, reason: 'POWER_OF_ATTORNEY', includeAccounts: true },
    },
    {
      title: 'An e-money account, named by its IBAN. This provider closes at once',
      input: { account: { provider: 'emoney', kind: 'ACCOUNT', idType: 'IBAN', id: IBAN }, reason: 'ACCOUNT_SWITCHED' },
    },
    {
      title: 'A virtual account, with a reason in words',
      input: {
        account: { provider: 'emoney', kind: 'VIRTUAL_ACCOUNT', id: randomUUID() },
        reason: 'OTHER',
        reasonText: 'No longer needed',
      },
    },
    {
      title: 'An account that still holds money: refused, with what to do about it',
      input: { account: { provider: 'emoney', kind: 'ACCOUNT', id: WITH_BALANCE }, reason: 'CUSTOMER_REQUEST' },
    },
    {
      title: "A closing whose answer is lost on the way: the gateway finds out what became of it",
      input: { account: { provider: 'emoney', kind: 'ACCOUNT', id: faultId('reset-after', 'once') }, reason: 'CUSTOMER_REQUEST' },
    },
  ];
}
