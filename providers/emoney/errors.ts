import type { ClosureErrorCode } from '../../src/domain/error-code';
import type { ErrorMeaning, ErrorRow } from '../../src/provider-kit/judge-close';

/**
 * Every error that the close page documents, and what it means for the close. Where a sample's title and its code
 * differ, the code counts: it is what comes over the wire. Each row has a fixture in `fixtures/`.
 * Source: https://developer.pagonxtpayments.com/apidocs/closes-an-account-if-the-balance-is-zero
 */

const rejected = (code: ClosureErrorCode, message: string): ErrorMeaning => ({ kind: 'rejected', code, message });

const badRequest = rejected('PROVIDER_REJECTED_REQUEST', 'The provider refused the form of the request.');
const denied = rejected('PROVIDER_PERMISSION_DENIED', 'The provider does not allow the gateway this operation.');
const notFound = rejected('ACCOUNT_NOT_FOUND', 'The provider knows no such account.');

export const errorRows: readonly ErrorRow[] = [
  { status: 400, word: 'INVALID_SCHEMA', meaning: badRequest },
  { status: 401, word: 'UNAUTHORIZED', meaning: { kind: 'authFailed' } },
  {
    status: 403,
    word: 'LEGAL_ENTITY_NOT_ENABLED',
    meaning: rejected('PROVIDER_PERMISSION_DENIED', 'The provider has not enabled the legal entity of the account for the gateway.'),
  },
  { status: 403, word: 'OPERATION_NOT_ALLOWED', meaning: denied },
  // The one 403 that says something about the token and not about what it may do.
  { status: 403, word: 'INVALID_AUTH_TOKEN', meaning: { kind: 'authFailed' } },
  { status: 403, word: 'FORBIDDEN', meaning: denied },
  // The address of the request, not the account.
  { status: 404, word: 'NOT_FOUND', meaning: rejected('PROVIDER_REJECTED_REQUEST', 'The provider does not know the address of the request.') },
  { status: 404, word: 'ACCOUNT_NOT_FOUND', meaning: notFound },
  {
    status: 404,
    word: 'REAL_ACCOUNT_VIRTUAL_STRUCTURE_NOT_EXIST',
    meaning: rejected('ACCOUNT_NOT_FOUND', 'The provider has no virtual accounts at this account.'),
  },
  { status: 405, word: 'METHOD_NOT_ALLOWED', meaning: badRequest },
  { status: 406, word: 'NOT_ACCEPTABLE', meaning: badRequest },
  { status: 409, word: 'CONFLICT', meaning: { kind: 'conflict', documented: true } },
  { status: 413, word: 'PAYLOAD_TOO_LARGE', meaning: badRequest },
  { status: 414, word: 'URI_TOO_LARGE', meaning: badRequest },
  { status: 415, word: 'UNSUPPORTED_MEDIA_TYPE', meaning: badRequest },
  // The page names a balance that is not zero as the other cause of a 422, and no code for it: any other is a conflict.
  { status: 422, word: 'ACCOUNT_ALREADY_CLOSED', meaning: { kind: 'alreadyClosed' } },
  {
    status: 429,
    word: 'TOO_MANY_REQUESTS',
    meaning: { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'The provider asked the gateway to slow down.' },
  },
  { status: 500, word: 'INTERNAL_SERVER_ERROR', meaning: { kind: 'unknown', detail: 'The provider failed while it worked on the request.' } },
  { status: 503, word: 'SERVICE_DOWN_ERROR', meaning: { kind: 'unavailable' } },
  { status: 504, word: 'GATEWAY_TIMEOUT_ERROR', meaning: { kind: 'unknown', detail: 'The provider ran out of time over the request.' } },
];

const words = new Set(errorRows.map((row) => row.word));

/** True for a code that the page documents, at whichever status: its body for "default" has the code of a 500. */
export function isDocumentedWord(word: string): boolean {
  return words.has(word);
}
