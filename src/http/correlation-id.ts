import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isPlainId } from '../observability/logger';

/** Read from requests and set on every answer. */
export const CORRELATION_HEADER = 'x-correlation-id';
/** Long enough to be told apart, and nothing that a log line or a header would give a meaning of its own. */
const ACCEPTABLE = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * The caller's correlation id where it is acceptable, else a fresh UUID. It goes into logs, and with a closure into
 * the store: an account number or a token in its place is not taken. A UUID cannot be told from an account's, and is.
 */
export function correlationIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[CORRELATION_HEADER];
  return typeof given === 'string' && ACCEPTABLE.test(given) && isPlainId(given) ? given : randomUUID();
}
