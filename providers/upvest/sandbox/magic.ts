import type { AccountPreset } from './accounts';
import type { ProblemSlug } from './problems';

/** Ids with a fate of their own, for accounts and account groups alike. Any other UUID is an open account. */
export interface MagicAccount {
  name: string;
  /** UUID, lower case. */
  id: string;
  /** One line for a table. */
  title: string;
  preset: AccountPreset;
}

const standing = (number: number, name: string, title: string, preset: AccountPreset): MagicAccount => ({
  name,
  id: `ac000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  title,
  preset,
});

const SHARES = [{ isin: 'US0378331005', quantity: '2' }];

/** Accounts that are, or become, something else than open and then closed. */
export const MAGIC_ACCOUNTS: readonly MagicAccount[] = [
  standing(1, 'pending-approval', 'PENDING_APPROVAL: the close is a 409', { status: 'PENDING_APPROVAL' }),
  standing(2, 'locked', 'LOCKED: the close is a 409', { status: 'LOCKED' }),
  standing(3, 'closing', 'CLOSING already, for ever: the close is a 409', { status: 'CLOSING' }),
  standing(4, 'closed', 'CLOSED already: the close is a 409', { status: 'CLOSED' }),
  standing(5, 'withdrawals', 'ACTIVE with an outstanding withdrawal: the close is a 409', {
    withdrawals: [{ id: '3d1f6c02-8e35-4a9b-b1c7-5a64c1f0d2e7', status: 'PROCESSING', amount: '150.00', currency: 'EUR' }],
  }),
  standing(6, 'never-done', 'accepts the close and stays CLOSING', { closingMs: null }),
  standing(7, 'fails', 'accepts the close, is CLOSING for a while, then ACTIVE again', { fails: true }),
  standing(8, 'undocumented-status', 'has the status FROZEN, which is not documented', { status: 'FROZEN' }),
  standing(9, 'positions', 'an account with securities: stays CLOSING while it has them', {
    positions: [
      { isin: 'US0378331005', quantity: '1.5' },
      { isin: 'DE0007164600', quantity: '0' },
    ],
  }),
  standing(10, 'orders', 'an account with an order under way: stays CLOSING until it is executed', {
    orders: [
      { id: '8c4d0f2e-1b7a-4c39-9f65-7e0a2d3b4c51', status: 'PROCESSING' },
      { id: '8c4d0f2e-1b7a-4c39-9f65-7e0a2d3b4c52', status: 'FILLED' },
    ],
  }),
  standing(11, 'cash', 'a group with cash: stays CLOSING while it has any', {
    cash: [
      { currency: 'EUR', balance: '12.50' },
      { currency: 'GBP', balance: '0.00' },
    ],
  }),
  standing(12, 'overdrawn', 'a group with a negative cash balance', { cash: [{ currency: 'EUR', balance: '-3.10' }] }),
  standing(13, 'pending-cash', 'a group with cash that is not settled yet', { cash: [{ currency: 'EUR', balance: '0.00', pending_settlement: '7.00' }] }),
  standing(14, 'reserved-cash', 'a group with cash that is locked for orders', { cash: [{ currency: 'EUR', balance: '2.00', locked_for_trading: '2.00' }] }),
  standing(15, 'fees', 'a group with fees that are being collected', { fees: [{ id: 'b5f1c9d3-62a4-4f0e-8d1b-0c9e7a6f5d42', status: 'PROCESSING' }] }),
  standing(16, 'children', 'a group with two accounts: stays CLOSING until both are closed', {
    accounts: ['acc00000-0000-4000-8000-000000000161', 'acc00000-0000-4000-8000-000000000162'],
  }),
  standing(17, 'sale-invalid', 'an account with securities whose sale is refused with 400', { positions: SHARES, sale: { refusal: 'invalid_request' } }),
  standing(18, 'sale-forbidden', 'an account with securities whose sale is refused with 403', { positions: SHARES, sale: { refusal: 'forbidden' } }),
  standing(19, 'sale-not-acceptable', 'an account with securities whose sale is refused with 406', { positions: SHARES, sale: { refusal: 'not_acceptable' } }),
  standing(20, 'sale-cancelled', 'an account with securities whose sale is cancelled', { positions: SHARES, sale: { cancelled: true } }),
  standing(21, 'sale-lost', 'an account with securities whose sale is begun, and the answer is lost', { positions: SHARES, sale: { lost: true } }),
  standing(22, 'sale-slow', 'an account with securities whose sale stays PROCESSING', { positions: SHARES, sale: { sellingMs: null } }),
];

const PROBLEM_NUMBERS: readonly [ProblemSlug, number][] = [
  ['invalid_request', 400],
  ['unauthorised', 401],
  ['forbidden', 403],
  ['not_found', 404],
  ['not_acceptable', 406],
  ['conflict', 409],
  ['too_many_requests', 429],
  ['internal', 500],
  ['unavailable', 503],
  ['gateway_timeout', 504],
];

const refused = (slug: ProblemSlug, status: number, once: boolean): MagicAccount => ({
  name: once ? `${slug}-once` : slug,
  id: `${once ? 'e0000001' : 'e0000000'}-0000-4000-8000-${String(status).padStart(12, '0')}`,
  title: `${status}${once ? ' for the first close request' : ''}`,
  preset: { refusal: { slug, once } },
});

/** Accounts whose close meets a documented problem: always, or the first time only. A 404 is also what reads get. */
export const MAGIC_PROBLEMS: readonly MagicAccount[] = PROBLEM_NUMBERS.flatMap(([slug, status]) =>
  slug === 'not_found' ? [refused(slug, status, false)] : [refused(slug, status, false), refused(slug, status, true)],
);

/** The fates of the magic ids. */
export const magicPresets: ReadonlyMap<string, AccountPreset> = new Map([...MAGIC_ACCOUNTS, ...MAGIC_PROBLEMS].map(({ id, preset }) => [id, preset]));
