import type { DocumentNode } from 'graphql';
import type { Caller, Scope } from '../domain/caller';
import type { ClosureService } from '../engine/service';
import { ApiError } from './errors/api-error';
import { createLoaders, type Loaders } from './loaders';

/** Who an authenticator says is asking. */
export interface Identity extends Omit<Caller, 'correlationId'> {
  /** Epoch ms; what goes on is to end then. Undefined: never. */
  expiresAt?: number;
}

/** A transport that has room for more than one answer. */
export interface Stream {
  /** False: not even where the operation is a mutation. */
  takesMutations: boolean;
  /** Of a subscription that the server found nothing wrong with; it is executed by whoever made the stream. */
  document?: DocumentNode;
}

/** What every resolver is given. */
export interface ApiContext {
  caller: Caller;
  /** Epoch ms; undefined: never. */
  expiresAt: number | undefined;
  service: ClosureService;
  loaders: Loaders;
  /** How many fields the lists within the answer have so far; see budget.ts. */
  spentFields: number;
  /** Fires when what goes on is to end because the process is. */
  ends: AbortSignal;
  /** Absent: there is one answer. */
  stream?: Stream;
}

/** What contexts of all transports have in common. */
export type ContextParts = Pick<ApiContext, 'service' | 'ends'>;

/**
 * The context of one request.
 * @throws ApiError UNAUTHENTICATED (HTTP 401) without an identity: nobody unknown gets past the door
 */
export function createContext({ service, ends }: ContextParts, identity: Identity | null, correlationId: string): ApiContext {
  if (!identity) throw new ApiError('UNAUTHENTICATED', 'The request does not say who is asking, or not credibly.', undefined, 401);
  const { expiresAt, ...who } = identity;
  const caller: Caller = { ...who, correlationId };
  return { caller, expiresAt, service, ends, loaders: createLoaders(service, caller), spentFields: 0 };
}

/** For the next answer of a subscription: forgets what was loaded, and how much. */
export function withFreshLoaders(context: ApiContext): void {
  context.loaders = createLoaders(context.service, context.caller);
  context.spentFields = 0;
}

/** @throws ApiError FORBIDDEN when the caller lacks the scope */
export function requireScope(context: ApiContext, scope: Scope): void {
  if (!context.caller.scopes.has(scope)) throw new ApiError('FORBIDDEN', `This needs the scope ${scope}.`);
}
