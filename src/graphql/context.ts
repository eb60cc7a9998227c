import type { Caller, Scope } from '../domain/caller';
import type { ClosureService } from '../engine/service';
import { ApiError } from './errors/api-error';
import { createLoaders, type Loaders } from './loaders';

/** Who an authenticator says is asking. */
export type Identity = Omit<Caller, 'correlationId'>;

/** What every resolver is given. */
export interface ApiContext {
  caller: Caller;
  service: ClosureService;
  loaders: Loaders;
}

/**
 * The context of one request.
 * @throws ApiError UNAUTHENTICATED (HTTP 401) without an identity: nobody unknown gets past the door
 */
export function createContext(service: ClosureService, identity: Identity | null, correlationId: string): ApiContext {
  if (!identity) throw new ApiError('UNAUTHENTICATED', 'The request does not say who is asking, or not credibly.', undefined, 401);
  const caller: Caller = { ...identity, correlationId };
  return { caller, service, loaders: createLoaders(service, caller) };
}

/** @throws ApiError FORBIDDEN when the caller lacks the scope */
export function requireScope(context: ApiContext, scope: Scope): void {
  if (!context.caller.scopes.has(scope)) throw new ApiError('FORBIDDEN', `This needs the scope ${scope}.`);
}
