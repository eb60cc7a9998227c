/**
 * The closed taxonomy of what can go wrong, and what the caller should do about it.
 * Adding a code needs a line in docs/decisions and a reason why no present code fits.
 */

/**
 * - NEVER: no key will help.
 * - AFTER_CHANGE: mend the cause, then use a new key.
 * - SAFE_NOW: the same key again, after `retryAfterSeconds`; the gateway also goes on by itself.
 * - READ_FIRST: read the closure or the account, then decide.
 */
export const RETRY_ADVICE = ['NEVER', 'AFTER_CHANGE', 'SAFE_NOW', 'READ_FIRST'] as const;
export type RetryAdvice = (typeof RETRY_ADVICE)[number];

interface CodeFacts {
  retry: RetryAdvice;
  /** Shown to developers in the schema; one sentence beginning with when the code is given. */
  description: string;
}

export const ERROR_CODES = {
  INVALID_INPUT: { retry: 'AFTER_CHANGE', description: 'A value of the input breaks its rules; `field` names it. Nothing was recorded.' },
  UNKNOWN_PROVIDER: { retry: 'AFTER_CHANGE', description: 'No provider of that id is configured for the caller.' },
  UNSUPPORTED_BY_PROVIDER: { retry: 'AFTER_CHANGE', description: 'The provider cannot do what is asked; `field` names it where it is input. Nothing was recorded.' },
  IDEMPOTENCY_KEY_REUSED: { retry: 'AFTER_CHANGE', description: 'The key was used before with another input.' },
  CLOSURE_IN_PROGRESS: { retry: 'READ_FIRST', description: 'Another closure of the account is live; the payload carries it.' },
  CLOSURE_NOT_FOUND: { retry: 'NEVER', description: 'No such closure, or not the caller\'s.' },
  CLOSURE_NOT_CANCELLABLE: { retry: 'NEVER', description: 'The provider may have been told already, or the closure has ended.' },
  CLOSURE_NOT_RESOLVABLE: { retry: 'NEVER', description: 'The closure does not wait for a person\'s decision.' },
  ACCOUNT_NOT_FOUND: { retry: 'AFTER_CHANGE', description: 'The provider knows no such account.' },
  ACCOUNT_ALREADY_CLOSED: { retry: 'NEVER', description: 'The account was closed before this request.' },
  CLOSURE_BLOCKED: { retry: 'AFTER_CHANGE', description: 'Something on the account must go first; `blockers` says what.' },
  ACCOUNT_STATE_CONFLICT: { retry: 'READ_FIRST', description: 'The account\'s state does not allow the closing, and the provider does not say why.' },
  ACTION_REQUIRED: { retry: 'AFTER_CHANGE', description: 'The provider waits for a person or for data.' },
  PROVIDER_PERMISSION_DENIED: { retry: 'AFTER_CHANGE', description: 'The provider does not allow the gateway this operation. Also an operator\'s alarm.' },
  PROVIDER_REJECTED_REQUEST: { retry: 'AFTER_CHANGE', description: 'The provider refused the form of the request. Also an operator\'s alarm.' },
  PROVIDER_AUTHENTICATION_FAILED: { retry: 'SAFE_NOW', description: 'The provider did not accept the gateway\'s credentials; retried on a schedule.' },
  PROVIDER_RATE_LIMITED: { retry: 'SAFE_NOW', description: 'The provider asked the gateway to slow down; retried on a schedule.' },
  PROVIDER_UNAVAILABLE: { retry: 'SAFE_NOW', description: 'The provider cannot be reached or is out of service; retried on a schedule.' },
  PROVIDER_TIMEOUT: { retry: 'SAFE_NOW', description: 'The provider did not answer a read in time.' },
  PROVIDER_PROTOCOL_ERROR: { retry: 'READ_FIRST', description: 'The provider gave an answer that its documentation does not have.' },
  OUTCOME_UNKNOWN: { retry: 'READ_FIRST', description: 'The request was sent and its answer was lost or unusable; it is being reconciled.' },
  MANUAL_INTERVENTION_REQUIRED: { retry: 'NEVER', description: 'Reconciliation gave up; a person or late evidence settles it.' },
  FORBIDDEN: { retry: 'NEVER', description: 'The account policy refuses the caller.' },
  OVERLOADED: { retry: 'SAFE_NOW', description: 'The gateway has no room for the request. Nothing was recorded.' },
  INTERNAL: { retry: 'SAFE_NOW', description: 'A fault of the gateway; the same key finds out what became of the request.' },
} as const satisfies Record<string, CodeFacts>;

export type ClosureErrorCode = keyof typeof ERROR_CODES;

const TRANSIENT: ReadonlySet<ClosureErrorCode> = new Set(['PROVIDER_RATE_LIMITED', 'PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT']);

/** True for what passes by itself, so that the next read may succeed without anybody mending anything. */
export function isTransient(code: ClosureErrorCode): boolean {
  return TRANSIENT.has(code);
}

export const CLOSURE_ERROR_CODES = Object.keys(ERROR_CODES) as ClosureErrorCode[];

/** The advice that goes with a code; it never differs between providers. */
export function retryAdvice(code: ClosureErrorCode): RetryAdvice {
  return ERROR_CODES[code].retry;
}
