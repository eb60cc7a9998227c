import type { AccountInput, AccountRef } from '../domain/account';
import type { Blocker, BlockerCode } from '../domain/blocker';
import type { Caller } from '../domain/caller';
import type { ClosureError } from '../domain/closure-error';
import type { Closure, ClosureEvent, ClosureReport } from '../domain/closure';
import type { ClosureStatus } from '../domain/closure-status';
import type { ClosureInitiator, ClosureReason } from '../domain/reason';
import type { ProviderCapabilities } from '../ports/provider';

/**
 * What the API layer may ask of the engine. The API layer has checked the caller's scopes. Expected outcomes are data; a rejected promise is a bug or a store
 * that does not answer. Every closure that comes out is already as this caller may see it.
 */
export interface CloseAccountInput {
  idempotencyKey: string;
  account: AccountInput;
  reason: ClosureReason;
  reasonText?: string | null;
  initiator: ClosureInitiator;
  announceOnly: boolean;
  liquidatePositions: boolean;
  includeAccounts: boolean;
}

export interface CloseAccountResult {
  closure: Closure | null;
  error: ClosureError | null;
  replayed: boolean;
}

export interface ClosureResult {
  closure: Closure | null;
  error: ClosureError | null;
}

export const RESOLUTIONS = ['CLOSED', 'REJECTED', 'FAILED', 'RETRY'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export interface ResolveClosureInput {
  closureId: string;
  outcome: Resolution;
  note: string;
  expectedVersion: number;
}

export interface ClosureFilter {
  status?: ClosureStatus[] | null;
  provider?: string | null;
  account?: AccountInput | null;
  blocker?: BlockerCode[] | null;
  idempotencyKey?: string | null;
  /** Epoch ms. */
  requestedAfter?: number | null;
  updatedAfter?: number | null;
  statusBefore?: number | null;
}

export interface ClosurePage {
  closures: Closure[];
  hasNextPage: boolean;
}

export interface Eligibility {
  account: AccountRef | null;
  /** Null: could not be determined; `error` says why. */
  eligible: boolean | null;
  providerStatus: string | null;
  blockers: Blocker[];
  error: ClosureError | null;
  /** Epoch ms. */
  checkedAt: number;
}

export interface ProviderView {
  id: string;
  adapterName: string;
  displayName: string;
  /** False: no longer configured; its closures stay readable. */
  active: boolean;
  /** Null for a provider that is no longer configured. */
  capabilities: ProviderCapabilities | null;
}

/** When a watch ends, whatever becomes of its closure. */
export interface WatchEnd {
  /** Epoch ms; undefined: never. */
  until: number | undefined;
  signal: AbortSignal;
}

/** So much is being watched in this process that nobody more can. */
export class TooManyWatches extends Error {}

/** The account policy did not answer: whether the caller may see what they ask for cannot be told now. */
export class PolicyUnanswered extends Error {}

export interface ClosureService {
  closeAccount(caller: Caller, input: CloseAccountInput): Promise<CloseAccountResult>;
  refreshClosure(caller: Caller, closureId: string): Promise<ClosureResult>;
  cancelClosure(caller: Caller, closureId: string): Promise<ClosureResult>;
  resolveClosure(caller: Caller, input: ResolveClosureInput): Promise<ClosureResult>;
  closureEligibility(caller: Caller, account: AccountInput): Promise<Eligibility>;
  /** By id, in the order asked; null: unknown, or not the caller's. One store query. */
  closures(caller: Caller, ids: readonly string[]): Promise<(Closure | null)[]>;
  /**
   * The closure as it is now and as it is after each change, as `closures` gives it then. A slow reader is given the latest,
   * not everything in between. Ends after a terminal status, or at once where the caller may not see the closure (any
   * more). To be iterated once, or to be told to return.
   * @throws TooManyWatches
   */
  watch(caller: Caller, closureId: string, end: WatchEnd): AsyncIterableIterator<Closure, void, void>;
  /** The newest closure the caller may see, by closure reference, in the order asked. One store query. */
  newestByRef(caller: Caller, refs: readonly string[]): Promise<(Closure | null)[]>;
  /**
   * Newest first. `after` is the id of the closure to start behind.
   * @throws InputRefused for a filter that no closure could match by its form; its field begins with `filter`
   */
  list(caller: Caller, filter: ClosureFilter, first: number, after: string | null): Promise<ClosurePage>;
  /** Oldest first, for each closure in the order asked. One store query. */
  events(caller: Caller, closures: readonly Closure[]): Promise<ClosureEvent[][]>;
  reports(caller: Caller, closures: readonly Closure[]): Promise<ClosureReport[][]>;
  /** The closures that each waits for, oldest first, for each in the order asked. One store query. */
  children(caller: Caller, closures: readonly Closure[]): Promise<Closure[][]>;
  /** The newest closure that waits for each; null: none. One store query. */
  parents(caller: Caller, closures: readonly Closure[]): Promise<(Closure | null)[]>;
  /** Providers the caller may use or has closures at. */
  providers(caller: Caller): Promise<ProviderView[]>;
}
