import { callbackGate } from '../../src/config/callback-hosts';
import type { Scope } from '../../src/domain/caller';
import type { Closure } from '../../src/domain/closure';
import { closureRef } from '../../src/domain/account';
import { IssuerKeys } from '../../src/http/identity/issuer-keys';
import { jwtAuthenticate } from '../../src/http/identity/jwt';
import { type Api, startApi } from '../support/api';
import { type FakeRouter, startFakeRouter } from '../support/fake-router';
import { AUDIENCE, type Issuer, startIssuer } from '../support/issuer';
import { follow, sseClient, wsClient } from '../support/watching';

/** Who may do what, for which tenant, by which transport: every cell of the table is asked for over a socket. */

interface Result {
  data: Record<string, unknown> | null;
  codes: string[];
}

const ROLES: Record<string, Scope[] | null> = {
  'nobody known': null,
  'a caller without scopes': [],
  'a reader': ['closures:read'],
  'a writer': ['closures:write'],
  'an app': ['closures:read', 'closures:write'],
  'an operator': ['closures:read', 'closures:write', 'closures:operate'],
  'one who only operates': ['closures:operate'],
};

interface Operation {
  kind: 'query' | 'mutation' | 'subscription';
  needs: Scope;
  document: string;
  variables: (closure: Closure) => Record<string, unknown>;
}

const id = (closure: Closure) => ({ id: closure.id });
const close = (reason: string, initiator = 'HOLDER') => ({
  input: { idempotencyKey: 'authorization-test-0001', account: { provider: 'bank', id: 'acc' }, reason, initiator },
});
const CLOSE = 'mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id } error { code } } }';
const ENTITIES = (on: string) => `query ($r: [_Any!]!) { entities: _entities(representations: $r) { ... on ${on} } }`;
const payload = (name: string) => `mutation ($id: ID!) { ${name}(closureId: $id) { closure { id } error { code } } }`;

const OPERATIONS: Record<string, Operation> = {
  closureStatus: { kind: 'query', needs: 'closures:read', document: 'query ($id: ID!) { closureStatus(closureId: $id) { id } }', variables: id },
  closures: { kind: 'query', needs: 'closures:read', document: '{ closures { edges { node { id } } } }', variables: () => ({}) },
  closureProviders: { kind: 'query', needs: 'closures:read', document: '{ closureProviders { id } }', variables: () => ({}) },
  closureEligibility: { kind: 'query', needs: 'closures:read', document: '{ closureEligibility(account: { provider: "bank", id: "acc" }) { eligible } }', variables: () => ({}) },
  'the entity Closure': {
    kind: 'query',
    needs: 'closures:read',
    document: ENTITIES('Closure { id }'),
    variables: (closure) => ({ r: [{ __typename: 'Closure', id: closure.id }] }),
  },
  'the entity Account': {
    kind: 'query',
    needs: 'closures:read',
    document: ENTITIES('Account { closure { id } }'),
    variables: ({ account }) => ({ r: [{ __typename: 'Account', closureRef: closureRef(account) }] }),
  },
  closeAccount: { kind: 'mutation', needs: 'closures:write', document: CLOSE, variables: () => close('CUSTOMER_REQUEST') },
  'closeAccount for a sensitive reason': { kind: 'mutation', needs: 'closures:operate', document: CLOSE, variables: () => close('SANCTIONS') },
  'closeAccount by another than the holder': { kind: 'mutation', needs: 'closures:operate', document: CLOSE, variables: () => close('CUSTOMER_REQUEST', 'PARTNER') },
  refreshClosure: { kind: 'mutation', needs: 'closures:write', document: payload('refreshClosure'), variables: id },
  cancelClosure: { kind: 'mutation', needs: 'closures:write', document: payload('cancelClosure'), variables: id },
  resolveClosure: {
    kind: 'mutation',
    needs: 'closures:operate',
    document: 'mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { closure { id } error { code } } }',
    variables: (closure) => ({ input: { closureId: closure.id, outcome: 'CLOSED', note: 'As the test has it.', expectedVersion: closure.version } }),
  },
  closureUpdated: { kind: 'subscription', needs: 'closures:read', document: 'subscription ($id: ID!) { closureUpdated(closureId: $id) { id } }', variables: id },
};

type Ask = (token: string | undefined, operation: Operation, variables: Record<string, unknown>) => Promise<Result>;

const read = async (response: Response): Promise<Result> => {
  const { data = null, errors = [] } = (await response.json()) as { data?: Result['data']; errors?: { extensions: { code: string } }[] };
  return { data, codes: errors.map(({ extensions }) => extensions.code) };
};
const bearer = (token: string | undefined): Record<string, string> => (token === undefined ? {} : { authorization: `Bearer ${token}` });

const TRANSPORTS: Record<string, { kinds: Operation['kind'][]; ask: Ask }> = {
  POST: {
    kinds: ['query', 'mutation'],
    ask: async (token, { document }, variables) =>
      read(await fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...bearer(token) }, body: JSON.stringify({ query: document, variables }) })),
  },
  GET: {
    kinds: ['query'],
    ask: async (token, { document }, variables) => {
      const search = new URLSearchParams({ query: document, variables: JSON.stringify(variables) }).toString();
      return read(await fetch(`${api.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1', ...bearer(token) } }));
    },
  },
  'server-sent events': {
    kinds: ['query', 'mutation', 'subscription'],
    ask: (token, { document }, variables) => first(sseClient(api.url, { headers: bearer(token) }), document, variables),
  },
  'HTTP callbacks': {
    kinds: ['subscription'],
    ask: (token, { document }, variables) => first(router.client(api.url, bearer(token)), document, variables),
  },
  WebSocket: {
    kinds: ['query', 'mutation', 'subscription'],
    ask: (token, { document }, variables) => first(wsClient(api.url, { connectionParams: bearer(token) }), document, variables),
  },
};

/** The first result; or, where there is none, how it ended. */
async function first(client: Parameters<typeof follow>[0] & { dispose(): void }, document: string, variables: Record<string, unknown>): Promise<Result> {
  const followed = follow<Record<string, unknown>>(client, variables, document);
  await Promise.race([followed.atLeast(1).catch(() => undefined), followed.end]);
  followed.stop();
  client.dispose();
  const [result] = followed.results;
  if (result) return { data: result.data ?? null, codes: (result.errors ?? []).map(({ extensions }) => String(extensions?.['code'])) };
  const end = await followed.end;
  if (end === 'complete') return { data: {}, codes: [] };
  // Errors before the first result; a connection that nobody known opened; an answer by HTTP instead of a stream.
  if (Array.isArray(end)) return { data: null, codes: end.map(({ extensions }: { extensions: { code: string } }) => extensions.code) };
  const { code, response } = end as { code?: number; response?: { status: number } };
  return { data: null, codes: [code === 4401 || code === 4403 || response?.status === 401 ? 'UNAUTHENTICATED' : `${code ?? response?.status}`] };
}

let issuer: Issuer;
let keys: IssuerKeys;
let api: Api;
let router: FakeRouter;
beforeAll(async () => {
  issuer = await startIssuer();
  keys = new IssuerKeys(issuer.jwksUrl);
  const claims = { tenant: 'tenant', subject: 'sub', scope: 'scope', accounts: undefined };
  router = await startFakeRouter();
  api = await startApi({
    mayCallBack: callbackGate([router.host]),
    authenticate: jwtAuthenticate({ jwksUrl: issuer.jwksUrl, issuer: issuer.url, audience: AUDIENCE, algorithms: ['ES256'], tokenTypes: ['at+jwt'], claims }, keys),
  });
});
afterAll(async () => {
  await api.close();
  await router.close();
  await keys.dispose();
  await issuer.close();
});

const tokenOf = async (scopes: Scope[] | null, tenant = 'default') =>
  scopes === null ? undefined : issuer.token({ tenant, sub: 'somebody', scope: scopes.join(' ') });

const cells = Object.entries(TRANSPORTS).flatMap(([transport, { kinds, ask }]) =>
  Object.entries(OPERATIONS)
    .filter(([, { kind }]) => kinds.includes(kind))
    .map(([name, operation]) => ({ transport, ask, name, operation })),
);

describe.each(cells)('$name over $transport', ({ ask, operation }) => {
  it.each(Object.entries(ROLES))('%s', async (_role, scopes) => {
    const closure = await api.seed();
    const { codes } = await ask(await tokenOf(scopes), operation, operation.variables(closure));
    const expected = scopes === null ? ['UNAUTHENTICATED'] : scopes.includes(operation.needs) ? [] : ['FORBIDDEN'];
    expect(codes).toEqual(expected);
    expect(api.logged).toEqual([]);
  });

  it("tells another tenant's operator nothing: not even that there is something", async () => {
    const token = await tokenOf(ROLES['an operator'] ?? null, 'other');
    const closure = await api.seed();
    const nowhere: Closure = { ...closure, id: '01890000-0000-7000-8000-000000000000', account: { ...closure.account, id: 'nowhere' } };
    const theirs = await ask(token, operation, operation.variables(closure));
    expect(theirs).toEqual(await ask(token, operation, operation.variables(nowhere)));
    expect(JSON.stringify(theirs)).not.toContain(closure.id);
  });
});

it('gives the tenant of a closure what it hides from others', async () => {
  const token = await tokenOf(ROLES['an operator'] ?? null);
  const closure = await api.seed();
  for (const { transport, ask, name, operation } of cells) {
    if (operation.needs !== 'closures:read' || ['closureProviders', 'closureEligibility'].includes(name)) continue;
    const { data } = await ask(token, operation, operation.variables(closure));
    expect({ transport, name, has: JSON.stringify(data).includes(closure.id) }).toEqual({ transport, name, has: true });
  }
});
