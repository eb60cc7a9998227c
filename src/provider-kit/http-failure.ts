import { errors } from 'undici';

/** Why a request is proven not to have left. */
export type NotSentCause = 'refused' | 'dns' | 'tls' | 'connectTimeout' | 'poolFull' | 'late' | 'resting';
/** How the answer to a request that may have left was lost. */
export type LostCause = 'timeout' | 'reset' | 'truncated' | 'tooLarge' | 'encoding';

/** A connection that never came to be. Nothing of any request was written to it. */
export class ConnectFailed extends Error {
  constructor(override readonly cause: Error) {
    super('No connection to the provider.');
    this.name = 'ConnectFailed';
  }
}

/** The body went over its cap. */
export class BodyTooLarge extends Error {}

/** The body came in a content coding that nobody asked for and nobody can undo. */
export class UnknownEncoding extends Error {}

const RESET = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const TIMED_OUT = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'EACCES']);

/**
 * Why connecting failed; null where a reset leaves it open (a middlebox may have taken the request).
 * Several addresses are tried at once, and then the failures come together: one reset among them decides.
 */
export function connectFailureCause(failure: ConnectFailed): NotSentCause | null {
  const all = 'errors' in failure.cause && Array.isArray(failure.cause.errors) ? failure.cause.errors : [failure.cause];
  const codes = all.map(codeOf);
  if (codes.some((code) => RESET.has(code))) return null;
  if (codes.some((code) => TIMED_OUT.has(code))) return 'connectTimeout';
  if (codes.every((code) => UNREACHABLE.has(code))) return 'refused';
  return all.some((error) => isLookup(error)) ? 'dns' : 'tls';
}

/** How an exchange that had begun was lost. */
export function lostCause(error: unknown, timedOut: boolean, headersSeen: boolean): LostCause {
  if (error instanceof BodyTooLarge || error instanceof errors.HeadersOverflowError) return 'tooLarge';
  if (error instanceof UnknownEncoding) return 'encoding';
  if (timedOut) return 'timeout';
  const code = codeOf(error);
  // zlib and brotli both report input that ends early as Z_BUF_ERROR.
  if (code !== 'Z_BUF_ERROR' && /^(Z_|ERR__)/.test(code)) return 'encoding';
  return headersSeen || error instanceof errors.HTTPParserError ? 'truncated' : 'reset';
}

function codeOf(error: unknown): string {
  return isObject(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isLookup(error: unknown): boolean {
  return isObject(error) && 'syscall' in error && error.syscall === 'getaddrinfo';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
