import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Where routers put the secret that they share with their subgraphs, alone or as a bearer token. */
export const ROUTER_HEADER = 'router-authorization';

/**
 * True for a request that carries one of the secrets; with no secrets, for every request. It takes as long for a wrong
 * secret as for a right one, whichever of them it is.
 */
export function routerGate(secrets: readonly string[]): (headers: IncomingHttpHeaders) => boolean {
  const digests = secrets.map(digest);
  return (headers) => {
    if (digests.length === 0) return true;
    const header = headers[ROUTER_HEADER];
    const given = digest(typeof header === 'string' ? header.replace(/^Bearer +/i, '') : '');
    return digests.map((known) => timingSafeEqual(known, given)).includes(true);
  };
}

/** Of one length, whatever the secret's. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
