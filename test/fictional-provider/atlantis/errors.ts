import type { ErrorRow } from '../../../src/provider-kit/judge-close';

/** Every error that the bank's page has for a closing. Each row has a fixture in `fixtures/`. */
export const errorRows: readonly ErrorRow[] = [
  // The bank's lawyers answer politely.
  { status: 200, word: 'UNDER_SEAL_OF_COURT', meaning: { kind: 'conflict', documented: true } },
  {
    status: 400,
    word: 'BAD_SCROLL',
    meaning: { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'The provider refused the form of the request.' },
  },
  { status: 401, word: 'WRONG_KEY', meaning: { kind: 'authFailed' } },
  {
    status: 404,
    word: 'NO_SUCH_VAULT',
    meaning: { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such account.' },
  },
  { status: 409, word: 'PEARLS_LEFT', meaning: { kind: 'conflict', documented: true } },
  { status: 409, word: 'SANK_ALREADY', meaning: { kind: 'alreadyClosed' } },
  {
    status: 429,
    word: 'TOO_MANY_WAVES',
    meaning: { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'The provider asked the gateway to slow down.' },
  },
  { status: 500, word: 'MAELSTROM', meaning: { kind: 'unknown', detail: 'The provider failed while it worked on the request.' } },
  { status: 503, word: 'EBB', meaning: { kind: 'unavailable' } },
];
