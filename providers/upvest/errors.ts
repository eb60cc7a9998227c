import type { ErrorMeaning, ErrorRow } from '../../src/provider-kit/judge-close';

/**
 * Every problem that the two closing pages document, by status and problem type. The 409 covers outstanding
 * withdrawals and an account that is closing, closed, locked or not yet active alike: only a read tells them apart.
 * Each row has a fixture in `fixtures/`.
 * Sources: https://docs.upvest.co/api/account-groups/account_group_closure.md, https://docs.upvest.co/api_errors
 */

const problem = (slug: string): string => `https://docs.upvest.co/errors/${slug}`;

const badRequest: ErrorMeaning = {
  kind: 'rejected',
  code: 'PROVIDER_REJECTED_REQUEST',
  message: 'The provider refused the form of the request.',
};

export const errorRows: readonly ErrorRow[] = [
  { status: 400, word: problem('invalid_request'), meaning: badRequest },
  { status: 400, word: problem('missing_client_id'), meaning: badRequest },
  { status: 401, word: problem('unauthorised'), meaning: { kind: 'authFailed' } },
  {
    status: 403,
    word: problem('forbidden'),
    meaning: {
      kind: 'rejected',
      code: 'PROVIDER_PERMISSION_DENIED',
      message: 'The gateway\'s token at the provider lacks the scope for closing accounts.',
    },
  },
  {
    status: 404,
    word: problem('not_found'),
    meaning: { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such account.' },
  },
  { status: 406, word: problem('not_acceptable'), meaning: badRequest },
  { status: 409, word: problem('conflict'), meaning: { kind: 'conflict', documented: true } },
  {
    status: 429,
    word: problem('too_many_requests'),
    meaning: { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'The provider asked the gateway to slow down.' },
  },
  {
    status: 500,
    word: problem('internal'),
    meaning: { kind: 'unknown', detail: 'The provider failed while it worked on the request.' },
  },
  { status: 503, word: problem('unavailable'), meaning: { kind: 'unavailable' } },
  { status: 504, word: problem('gateway_timeout'), meaning: { kind: 'unknown', detail: 'The provider ran out of time over the request.' } },
];

/**
 * Every problem that the page of the request to sell documents. It has no 409: an account that cannot be sold from is a
 * 400 or a 403.
 * Source: https://docs.upvest.co/api/release/upvest-investment-api.v1-1/liquidations/create_account_liquidation.md
 */
export const liquidationErrorRows: readonly ErrorRow[] = [
  { status: 400, word: problem('invalid_request'), meaning: badRequest },
  { status: 400, word: problem('missing_client_id'), meaning: badRequest },
  { status: 400, word: problem('missing_idempotency_key'), meaning: badRequest },
  { status: 401, word: problem('unauthorised'), meaning: { kind: 'authFailed' } },
  {
    status: 403,
    word: problem('forbidden'),
    meaning: { kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED', message: 'The provider does not allow the gateway to sell the positions of the account.' },
  },
  ...errorRows.filter(({ status }) => [404, 406, 429, 500, 503, 504].includes(status)),
];
