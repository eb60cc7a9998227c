import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../graphql/context';
import { ApiError } from '../graphql/errors/api-error';
import { KeysUnavailable } from './identity/issuer-keys';

/**
 * Says who is asking, or null for nobody known.
 * It rejects only when it cannot tell: with KeysUnavailable where keys cannot be had, else by a bug.
 */
export type Authenticate = (request: { headers: IncomingHttpHeaders }) => Promise<Identity | null>;

/** @throws ApiError SERVICE_UNAVAILABLE (HTTP 503) when it cannot be told who is asking */
export async function identityOf(authenticate: Authenticate, headers: IncomingHttpHeaders): Promise<Identity | null> {
  try {
    return await authenticate({ headers });
  } catch (error) {
    if (!(error instanceof KeysUnavailable)) throw error;
    throw new ApiError('SERVICE_UNAVAILABLE', 'Who is asking cannot be told now; the same request may be sent again.', undefined, 503);
  }
}
