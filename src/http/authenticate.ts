import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../graphql/context';

/**
 * Says who is asking, or null for nobody known.
 * It rejects only when it cannot tell (its keys cannot be had, for example), which is answered as our own fault.
 */
export type Authenticate = (request: { headers: IncomingHttpHeaders }) => Promise<Identity | null>;
