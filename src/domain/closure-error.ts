import type { Blocker } from './blocker';
import type { ClosureErrorCode } from './error-code';

/** One entry of the provider's own error body, after redaction, whichever dialect it came in. */
export interface ProviderError {
  code?: string;
  message?: string;
  level?: string;
  type?: string;
  httpStatus?: number;
}

/** An error as it is stored with a closure or returned in a payload. The advice follows from the code. */
export interface ClosureError {
  code: ClosureErrorCode;
  /** Our own words; never provider text. */
  message: string;
  /** Seconds until the same key may sensibly be sent again. */
  retryAfterSeconds?: number;
  /** Path of the offending input, for example ["input", "account", "id"]. */
  field?: string[];
  blockers: Blocker[];
  provider?: string;
  providerErrors: ProviderError[];
  /** The provider's own id of the request that failed. */
  providerRequestId?: string;
  correlationId: string;
}

/** The parts of an error that differ from "nothing more to say". */
export type ClosureErrorDetails = Partial<Omit<ClosureError, 'code' | 'message' | 'correlationId'>>;

export function closureError(
  code: ClosureErrorCode,
  message: string,
  correlationId: string,
  details: ClosureErrorDetails = {},
): ClosureError {
  return { blockers: [], providerErrors: [], ...details, code, message, correlationId };
}

/** A refusal of input before anything was recorded; thrown by validation, returned as data by the engine. */
export class InputRefused extends Error {
  constructor(
    readonly code: ClosureErrorCode,
    message: string,
    /** Path below `input`, for example ["account", "id"]. */
    readonly field: readonly string[],
  ) {
    super(message);
    this.name = 'InputRefused';
  }
}
