import { closureRef } from '../../src/domain/account';
import type { Closure } from '../../src/domain/closure';
import { isTerminal } from '../../src/domain/closure-status';
import type { Api } from '../support/api';
import type { FakeRouter } from '../support/fake-router';
import { follow, sseClient, wsClient } from '../support/watching';
import { PROVIDER, type Side } from './tipping-off-pairs';

/** Every way in which a caller comes to see something of a closure. */

export interface World {
  api: Api;
  router: FakeRouter;
}

export interface Way {
  /** The answer, as it was sent. */
  ask: (world: World, side: Side) => Promise<string>;
  /** Whether the closure is in it: what never shows anything compares nothing. */
  finds: (closure: Closure) => boolean;
}

export const APP = { 'x-test-scopes': 'closures:read closures:write', 'x-test-subject': 'app' };
export const OPERATOR = { 'x-test-subject': 'olga' };
const CORRELATION = { 'x-correlation-id': 'tipping-off-test' };

export const ERROR =
  'error { code message retry retryAfterSeconds field providerRequestId provider blockers { ...B } providerErrors { code message level type httpStatus } }';
export const BLOCKER = 'fragment B on ClosureBlocker { code message stage resolvableBy selfResolving amount currency relatedIds }';
export const EVERYTHING = `
  ${BLOCKER}
  fragment C on Closure {
    id status statusSince terminal reason reasonText reasonMapping initiator providerStatus blockers { ...B } requiredAction { type url expiresAt }
    expectedCloseAt ${ERROR} reports { id type } history { from to at cause detail } attempts idempotencyKey requestedAt updatedAt closedAt nextCheckAt version
    account { provider kind id idType displayId closureRef } provider { id } parent { id } children { id } includeAccounts
  }`;
export const STATUS = `query ($id: ID!) { closureStatus(closureId: $id) { ...C } } ${EVERYTHING}`;
export const CLOSE = `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { replayed closure { ...C } ${ERROR} } } ${EVERYTHING}`;

export async function post({ api }: Pick<World, 'api'>, query: string, variables: object, headers: Record<string, string> = APP): Promise<string> {
  return (await api.graphql(query, variables, { ...headers, ...CORRELATION })).text;
}

const always = () => true;
const never = () => false;
const isBlocked = ({ blockers }: Closure) => blockers.length > 0;
const byOfficer = ({ subject }: Closure) => ({ ...APP, 'x-test-subject': subject });
const accountOf = ({ account: { provider, kind, id, idType } }: Closure) => ({ provider, kind, id, idType });
const at = (time: number) => new Date(time).toISOString();

function asking(document: string, variables: (side: Side) => object, finds: Way['finds'] = always, headers?: (closure: Closure) => Record<string, string>): Way {
  return { ask: (world, side) => post(world, document, variables(side), headers?.(side.closure)), finds };
}
const list = (filter: (closure: Closure) => object, finds: Way['finds'] = always, headers?: (closure: Closure) => Record<string, string>): Way =>
  asking(
    `query ($filter: ClosureFilter) { closures(filter: $filter) { edges { node { ...C } } } } ${EVERYTHING}`,
    ({ closure }) => ({ filter: { account: accountOf(closure), ...filter(closure) } }),
    finds,
    headers,
  );
const entity = (on: string, representation: (closure: Closure) => object): Way =>
  asking(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${on} } } ${EVERYTHING}`, ({ closure }) => ({ r: [representation(closure)] }));
const payload = (name: string): Way =>
  asking(`mutation ($id: ID!) { ${name}(closureId: $id) { closure { ...C } ${ERROR} } } ${EVERYTHING}`, ({ closure }) => ({ id: closure.id }));
const close = (idempotencyKey: (closure: Closure) => string | null, finds: Way['finds'], headers?: (closure: Closure) => Record<string, string>): Way =>
  asking(CLOSE, ({ closure }) => ({ input: { idempotencyKey: idempotencyKey(closure), account: accountOf(closure), reason: 'CUSTOMER_REQUEST' } }), finds, headers);
const watch = (client: (world: World) => Parameters<typeof follow>[0] & { dispose(): unknown }): Way => ({
  finds: always,
  ask: async (world, { closure }) => {
    const opened = client(world);
    const followed = follow(opened, { id: closure.id }, `subscription ($id: ID!) { closureUpdated(closureId: $id) { ...C } } ${EVERYTHING}`);
    await followed.atLeast(1);
    followed.stop();
    await opened.dispose();
    return JSON.stringify(followed.results);
  },
});

/** A live closure, and one that closed the account, are shown to whoever asks for the same; after any other a new one is begun. */
const isInTheWay = ({ status }: Closure) => !isTerminal(status) || status === 'CLOSED';

/** Those that may change something come last. */
export const WAYS: Record<string, Way> = {
  'a query': asking(STATUS, ({ closure }) => ({ id: closure.id })),
  'a query by GET': {
    finds: always,
    ask: async ({ api }, { closure }) => {
      const search = new URLSearchParams({ query: STATUS, variables: JSON.stringify({ id: closure.id }) }).toString();
      return (await fetch(`${api.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1', ...CORRELATION, ...APP } })).text();
    },
  },
  'the accounts of its group': asking(
    `query ($id: ID!) { closureStatus(closureId: $id) { children { ...C } } } ${EVERYTHING}`,
    ({ group }) => ({ id: group.id }),
  ),
  'a list': list(() => ({})),
  'a list by its status': list(({ status }) => ({ status: [status] })),
  'a list by another status': list(({ status }) => ({ status: [status === 'CLOSING' ? 'CLOSED' : 'CLOSING'] }), never),
  'a list by the blocker that is shown': list(() => ({ blocker: ['MANUAL_REVIEW'] }), isBlocked),
  'a list by the blocker that is hidden': list(() => ({ blocker: ['COMPLIANCE_HOLD', 'LEGAL_HOLD'] }), never),
  'a list by its provider': list(() => ({ provider: PROVIDER })),
  'a list by another provider': list(() => ({ provider: 'other_bank' }), never),
  'a list of what was asked for after the moment before': list(({ requestedAt }) => ({ requestedAfter: at(requestedAt - 1) })),
  'a list of what was asked for later': list(({ requestedAt }) => ({ requestedAfter: at(requestedAt) }), never),
  'a list of what changed after the moment before': list(({ updatedAt }) => ({ updatedAfter: at(updatedAt - 1) })),
  'a list of what changed later': list(({ updatedAt }) => ({ updatedAfter: at(updatedAt) }), never),
  'a list of what has its status since before the moment after': list(({ statusSince }) => ({ statusBefore: at(statusSince + 1) })),
  'a list of what has its status for longer': list(({ statusSince }) => ({ statusBefore: at(statusSince) }), never),
  "a list by another's key": list(({ idempotencyKey }) => ({ idempotencyKey }), never),
  'a list by their own key': list(({ idempotencyKey }) => ({ idempotencyKey }), always, byOfficer),
  'the entity Closure': entity('Closure { ...C }', ({ id }) => ({ __typename: 'Closure', id })),
  'the entity Account': entity('Account { closureRef closure { ...C } }', ({ account }) => ({ __typename: 'Account', closureRef: closureRef(account) })),
  'the eligibility of its account': asking(
    `query ($account: AccountInput!) { closureEligibility(account: $account) { account { id } eligible providerStatus blockers { ...B } ${ERROR} checkedAt } } ${BLOCKER}`,
    ({ closure }) => ({ account: accountOf(closure) }),
    never,
  ),
  'a subscription by HTTP callbacks': watch(({ api, router }) => router.client(api.url, APP)),
  'a subscription by WebSocket': watch(({ api }) => wsClient(api.url, {}, APP)),
  'a subscription by server-sent events': watch(({ api }) => sseClient(api.url, { headers: APP })),
  'a resolution, which is refused': asking(
    'mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { closure { id } } }',
    ({ closure }) => ({ input: { closureId: closure.id, outcome: 'CLOSED', note: 'n', expectedVersion: closure.version } }),
    never,
  ),
  'a cancel': payload('cancelClosure'),
  'a refresh': payload('refreshClosure'),
  'a request with the same key and another input by whoever began it': close(({ idempotencyKey }) => idempotencyKey, never, byOfficer),
  'a request with the same key by another': close(({ idempotencyKey }) => idempotencyKey, isInTheWay),
  'a request with another key': close(({ id }) => `another-key-${id}`, isInTheWay),
};
