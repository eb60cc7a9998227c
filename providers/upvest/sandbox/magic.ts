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

/** Accounts that are, or become, something else than open and then closed. */
export const MAGIC_ACCOUNTS: readonly MagicAccount[] = [
  standing(1, 'pending-approval', 'PENDING_APPROVAL: the close is a 409', { status: 'PENDING_APPROVAL' }),
  standing(2, 'locked', 'LOCKED: the close is a 409', { status: 'LOCKED' }),
  standing(3, 'closing', 'CLOSING already, for ever: the close is a 409', { status: 'CLOSING' }),
  standing(4, 'closed', 'CLOSED already: the close is a 409', { status: 'CLOSED' }),
  standing(5, 'withdrawals', 'ACTIVE with an outstanding withdrawal: the close is a 409', { withdrawals: true }),
  standing(6, 'never-done', 'accepts the close and stays CLOSING', { closingMs: null }),
  standing(7, 'fails', 'accepts the close, is CLOSING for a while, then ACTIVE again', { fails: true }),
  standing(8, 'undocumented-status', 'has the status FROZEN, which is not documented', { status: 'FROZEN' }),
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

const byId = new Map([...MAGIC_ACCOUNTS, ...MAGIC_PROBLEMS].map((magic) => [magic.id, magic.preset]));

/** The fate of a magic id. */
export function magicPreset(id: string): AccountPreset | undefined {
  return byId.get(id);
}
