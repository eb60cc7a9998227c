import { closureRef } from '../../src/domain/account';
import type { Scope } from '../../src/domain/caller';
import type { Closure } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import type { AccountState } from '../../src/domain/outcome';

/** Every operation of the API: who may do it, about what it is, and what is different afterwards. */

/** Scopes of the caller; null: nobody known. */
export const ROLES: Record<string, Scope[] | null> = {
  'nobody known': null,
  'a caller without scopes': [],
  'a reader': ['closures:read'],
  'a writer': ['closures:write'],
  'an app': ['closures:read', 'closures:write'],
  'an operator': ['closures:read', 'closures:write', 'closures:operate'],
  'one who only operates': ['closures:operate'],
};

/** What is there more, or otherwise, after an operation than before it. */
export interface Effect {
  /** What the closure became. */
  status?: ClosureStatus;
  /** Closures that were recorded. */
  recorded?: number;
  /** Requests to close that the provider got. */
  sent?: number;
  /** Reads that the provider got. */
  reads?: number;
}

export interface Operation {
  kind: 'query' | 'mutation' | 'subscription';
  needs: Scope;
  /** A closure is its tenant's. An account is of each tenant that has its provider. The tenant itself is everybody's own. */
  about: 'closure' | 'account' | 'tenant';
  /** What it is tried on; usually a closure that is being worked on. */
  status?: ClosureStatus;
  /** How the provider shows its account; usually open. */
  account?: AccountState;
  effect: Effect;
  /** Code of the payload's error where there is no such thing; undefined: it has no payload, and shows nothing. */
  absent?: string;
  document: string;
  variables: (closure: Closure) => Record<string, unknown>;
}

const ERROR = 'error { code message retry retryAfterSeconds field provider blockers { code } providerErrors { code } }';
const CLOSE = `mutation ($input: CloseAccountInput!) { result: closeAccount(input: $input) { replayed closure { id } ${ERROR} } }`;
const byId = ({ id }: Closure) => ({ id });
export const accountOf = ({ account: { provider, kind, id, idType } }: Closure) => ({ provider, kind, id, idType });
/** With a key that somebody else has used: keys are each subject's own. */
const closeAs = (reason: string, initiator = 'HOLDER') => (closure: Closure) => ({
  input: { idempotencyKey: closure.idempotencyKey, account: accountOf(closure), reason, initiator },
});
const closing = (needs: Scope, reason: string, initiator?: string): Operation => ({
  kind: 'mutation',
  needs,
  about: 'account',
  status: 'REJECTED',
  effect: { recorded: 1, sent: 1 },
  absent: 'UNKNOWN_PROVIDER',
  document: CLOSE,
  variables: closeAs(reason, initiator),
});
const entity = (on: string, representation: (closure: Closure) => object): Operation => ({
  kind: 'query',
  needs: 'closures:read',
  about: 'closure',
  effect: {},
  document: `query ($r: [_Any!]!) { result: _entities(representations: $r) { ... on ${on} } }`,
  variables: (closure) => ({ r: [representation(closure)] }),
});
const change = (name: string, effect: Effect, on: Pick<Operation, 'status' | 'account'>): Operation => ({
  kind: 'mutation',
  needs: 'closures:write',
  about: 'closure',
  ...on,
  effect,
  absent: 'CLOSURE_NOT_FOUND',
  document: `mutation ($id: ID!) { result: ${name}(closureId: $id) { closure { id } ${ERROR} } }`,
  variables: byId,
});

export const OPERATIONS: Record<string, Operation> = {
  closureStatus: {
    kind: 'query',
    needs: 'closures:read',
    about: 'closure',
    effect: {},
    document: 'query ($id: ID!) { result: closureStatus(closureId: $id) { id } }',
    variables: byId,
  },
  closures: {
    kind: 'query',
    needs: 'closures:read',
    about: 'closure',
    effect: {},
    document: '{ result: closures { edges { node { id } } } }',
    variables: () => ({}),
  },
  'closures of an account': {
    kind: 'query',
    needs: 'closures:read',
    about: 'closure',
    effect: {},
    document: 'query ($account: AccountInput!) { result: closures(filter: { account: $account }) { edges { node { id } } } }',
    variables: (closure) => ({ account: accountOf(closure) }),
  },
  closureProviders: {
    kind: 'query',
    needs: 'closures:read',
    about: 'tenant',
    effect: {},
    document: '{ result: closureProviders { id } }',
    variables: () => ({}),
  },
  closureEligibility: {
    kind: 'query',
    needs: 'closures:read',
    about: 'account',
    effect: { reads: 1 },
    absent: 'UNKNOWN_PROVIDER',
    document: `query ($account: AccountInput!) { result: closureEligibility(account: $account) { account { id } eligible providerStatus ${ERROR} } }`,
    variables: (closure) => ({ account: accountOf(closure) }),
  },
  'the entity Closure': entity('Closure { id }', ({ id }) => ({ __typename: 'Closure', id })),
  'the entity Account': entity('Account { closure { id } }', ({ account }) => ({ __typename: 'Account', closureRef: closureRef(account) })),
  closeAccount: closing('closures:write', 'CUSTOMER_REQUEST'),
  'closeAccount for a sensitive reason': closing('closures:operate', 'SANCTIONS'),
  'closeAccount by another than the holder': closing('closures:operate', 'CUSTOMER_REQUEST', 'PARTNER'),
  refreshClosure: change('refreshClosure', { status: 'CLOSED', reads: 1 }, { status: 'CLOSING', account: 'CLOSED' }),
  cancelClosure: change('cancelClosure', { status: 'CANCELLED' }, { status: 'REQUESTED' }),
  resolveClosure: {
    kind: 'mutation',
    needs: 'closures:operate',
    about: 'closure',
    status: 'NEEDS_REVIEW',
    effect: { status: 'CLOSED' },
    absent: 'CLOSURE_NOT_FOUND',
    document: `mutation ($input: ResolveClosureInput!) { result: resolveClosure(input: $input) { closure { id } ${ERROR} } }`,
    variables: ({ id, version }) => ({ input: { closureId: id, outcome: 'CLOSED', note: 'As the test has it.', expectedVersion: version } }),
  },
  closureUpdated: {
    kind: 'subscription',
    needs: 'closures:read',
    about: 'closure',
    effect: {},
    document: 'subscription ($id: ID!) { result: closureUpdated(closureId: $id) { id } }',
    variables: byId,
  },
};
