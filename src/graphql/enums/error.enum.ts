import { ERROR_CODES, type ClosureErrorCode, type RetryAdvice } from '../../domain/error-code';
import { apiEnum } from './api-enum';

const descriptions = Object.fromEntries(
  Object.entries(ERROR_CODES).map(([code, facts]) => [code, `${facts.description} Retry advice: ${facts.retry}.`]),
) as Record<ClosureErrorCode, string>;

export const ClosureErrorCodeEnum = apiEnum<ClosureErrorCode>(
  'ClosureErrorCode',
  'What went wrong, in the same words for every provider. Open: treat a value that you do not know as INTERNAL, and branch on `retry`.',
  descriptions,
);

export const RetryAdviceEnum = apiEnum<RetryAdvice>('RetryAdvice', 'What the caller should do about an error. Closed: no value will be added.', {
  NEVER: 'No key will help.',
  AFTER_CHANGE: 'Mend the cause, then use a new idempotency key.',
  SAFE_NOW: 'Send the same idempotency key again, after `retryAfterSeconds`; the gateway also goes on by itself.',
  READ_FIRST: 'Read the closure or the account, then decide.',
});
