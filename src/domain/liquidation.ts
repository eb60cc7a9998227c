import type { ClosureErrorCode } from './error-code';
import type { Evidence, ReadFailed } from './outcome';

/** The sale of an account's positions, as the provider tells of it. */
export interface Sale {
  /** The provider's own. */
  id: string;
  /** UNKNOWN: a word that is not documented. */
  state: 'OPEN' | 'SETTLED' | 'CANCELLED' | 'UNKNOWN';
  /** The provider's own word, raw. */
  providerStatus: string;
  /** When it was asked for, epoch ms. */
  requestedAt: number;
}

/** How an answer to the request to sell reads; `retryAfterMs` as the provider asked, 0 to 24 h. */
export type LiquidationOutcome = Evidence &
  (
    | { kind: 'accepted'; sale: Sale }
    /** Refused: this request sells nothing. */
    | { kind: 'rejected'; code: ClosureErrorCode; message: string }
    /** Proven not applied, may be tried again. */
    | { kind: 'notApplied'; code: ClosureErrorCode; message: string; retryAfterMs?: number }
    /** Whether it was applied is not known. */
    | { kind: 'unknown'; detail: string; retryAfterMs?: number }
  );

/** All sales of the account's positions. */
export interface SalesListed extends Evidence {
  ok: true;
  sales: Sale[];
}

/** One that is missing might be asked for twice, so a list that may not be whole is a failure. */
export type SalesRead = SalesListed | ReadFailed;
