import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from '@urql/core';
import { freshKey, startTestGateway, type TestGateway } from '../support/gateway';
import { type Issuer, startIssuer } from '../support/issuer';
import { follow, sseClient, statusesOf, type Watched, wsClient } from '../support/watching';

const DOCUMENT = readFileSync('schema/operations/closure-updated.graphql', 'utf8');

interface Update {
  closureUpdated: { id: string; status: string; terminal: boolean };
}

describe('clients that teams use', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    // Long enough for a client to see it on the way.
    gateway = await startTestGateway({}, { upvest: { closingMs: 400 } });
  });
  afterAll(() => gateway.dispose());

  const close = async () => String((await gateway.client.close({ account: { provider: 'upvest', id: randomUUID() } })).closure?.id);

  /** What each of them was given, once it is complete. */
  const clients: Record<string, (closureId: string) => Promise<Update[]>> = {
    'graphql-ws': async (closureId) => {
      const followed = follow<Update>(wsClient(gateway.client.url), { closureId }, DOCUMENT);
      expect(await followed.end).toBe('complete');
      return followed.results.map(({ data }) => data!);
    },
    'graphql-sse': async (closureId) => {
      const followed = follow<Update>(sseClient(gateway.client.url), { closureId }, DOCUMENT);
      expect(await followed.end).toBe('complete');
      return followed.results.map(({ data }) => data!);
    },
    'Apollo Client': async (closureId) => {
      const socket = wsClient(gateway.client.url);
      const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
      const updates: Update[] = [];
      await new Promise<void>((complete, error) => {
        client.subscribe<Update>({ query: gql(DOCUMENT), variables: { closureId } }).subscribe({
          next: ({ data, error: refused }) => (data ? updates.push(data) : error(refused)),
          error,
          complete,
        });
      });
      client.stop();
      await socket.dispose();
      return updates;
    },
    urql: async (closureId) => {
      const socket = wsClient(gateway.client.url);
      const client = new UrqlClient({
        url: `${gateway.client.url}/graphql`,
        preferGetMethod: false,
        exchanges: [
          fetchExchange,
          subscriptionExchange({
            forwardSubscription: ({ query = '', variables }) => ({
              subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: variables as Record<string, unknown> }, sink as never) }),
            }),
          }),
        ],
      });
      const updates = await urqlUpdates(client, closureId);
      await socket.dispose();
      return updates;
    },
    'urql by server-sent events': (closureId) => {
      const url = `${gateway.client.url}/graphql`;
      return urqlUpdates(new UrqlClient({ url, preferGetMethod: false, fetchSubscriptions: true, exchanges: [fetchExchange] }), closureId);
    },
  };

  it.each(Object.keys(clients))('%s follows a closure to its end', async (name) => {
    const closureId = await close();
    const updates = await clients[name]!(closureId);
    expect(updates[0]?.closureUpdated).toMatchObject({ id: closureId, status: 'CLOSING', terminal: false });
    expect(updates.at(-1)?.closureUpdated).toMatchObject({ id: closureId, status: 'CLOSED', terminal: true });
    expect(new Set(updates.map((update) => update.closureUpdated.status))).toEqual(new Set(['CLOSING', 'CLOSED']));
  });

  it('a client that asks by its usual link is told how it is done', async () => {
    const client = new ApolloClient({ link: new HttpLink({ uri: `${gateway.client.url}/graphql` }), cache: new InMemoryCache() });
    const told = await new Promise<string>((resolve) => {
      client.subscribe({ query: gql(DOCUMENT), variables: { closureId: randomUUID() } }).subscribe({
        next: ({ error }) => resolve(String(error)),
        error: (error) => resolve(String(error)),
      });
    });
    expect(told).toContain('graphql-transport-ws');
    client.stop();
  });
});

async function urqlUpdates(client: UrqlClient, closureId: string): Promise<Update[]> {
  const updates: Update[] = [];
  await new Promise<void>((resolve, reject) => {
    const { unsubscribe } = client.subscription<Update>(DOCUMENT, { closureId }).subscribe(({ data, error, hasNext }) => {
      if (error) return reject(error);
      if (data) updates.push(data);
      // It says so once the subscription is complete.
      if (hasNext) return undefined;
      queueMicrotask(() => unsubscribe());
      return resolve();
    });
  });
  return updates;
}

describe('what a caller is shown of a closure', () => {
  let issuer: Issuer;
  let gateway: TestGateway;
  beforeAll(async () => {
    issuer = await startIssuer();
    const env = { ...issuer.env, AUTHORIZE: 'claim', UPVEST_TENANTS: 'acme,other', EMONEY_TENANTS: 'acme' };
    gateway = await startTestGateway(env, { upvest: { closingMs: 400 } });
  });
  afterAll(async () => {
    await gateway.dispose();
    await issuer.close();
  });

  const READ = 'subscription ($id: ID!) { closureUpdated(closureId: $id) { id status version reason reasonText initiator providerStatus history { to detail } } }';
  const bearer = async (claims: Record<string, unknown>) => `Bearer ${await issuer.token(claims)}`;
  const OPERATOR = { sub: 'operator', scope: 'closures:read closures:write closures:operate' };

  async function closed(reason: string): Promise<{ id: string; ref: string }> {
    const account = { provider: 'upvest', kind: 'ACCOUNT', id: randomUUID() };
    const response = await fetch(`${gateway.client.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: await bearer(OPERATOR) },
      body: JSON.stringify({
        query: 'mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id account { closureRef } } error { code message } } }',
        variables: { input: { idempotencyKey: freshKey(), account, reason } },
      }),
    });
    const { data } = (await response.json()) as { data: { closeAccount: { closure: { id: string; account: { closureRef: string } } } } };
    const { id, account: { closureRef } } = data.closeAccount.closure;
    return { id, ref: closureRef };
  }

  const watch = async (id: string, claims: Record<string, unknown>) => {
    const authorization = await bearer(claims);
    const followed = [
      follow<Watched>(wsClient(gateway.client.url, { connectionParams: { authorization } }), { id }, READ),
      follow<Watched>(sseClient(gateway.client.url, { headers: { authorization } }), { id }, READ),
    ];
    expect(await Promise.all(followed.map(({ end }) => end))).toEqual(['complete', 'complete']);
    return followed;
  };

  it.each([
    ['another tenant', { tenant: 'other', sub: 'operator', scope: 'closures:read closures:operate' }],
    ['a customer whose accounts are others', { sub: 'anna', accounts: ['upvest:ACCOUNT:UUID:0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19'] }],
  ])('is nothing to %s, also of one that is there', async (_who, claims) => {
    const { id } = await closed('CUSTOMER_REQUEST');
    for (const followed of await watch(id, claims)) expect(followed.results).toEqual([]);
  });

  it('is all of it to the one whose account it is', async () => {
    const { id, ref } = await closed('CUSTOMER_REQUEST');
    for (const followed of await watch(id, { sub: 'anna', accounts: [ref] })) {
      expect(statusesOf(followed).at(-1)).toBe('CLOSED');
      expect(followed.results.at(-1)?.data?.closureUpdated).toMatchObject({ reason: 'CUSTOMER_REQUEST', initiator: 'HOLDER' });
    }
  });

  it('does not tip off: a sensitive one looks ordinary in every event', async () => {
    const { id, ref } = await closed('FINANCIAL_CRIME');
    for (const { results } of await watch(id, { sub: 'anna', accounts: [ref] })) {
      expect(results.length).toBeGreaterThan(0);
      for (const { data } of results) {
        expect(data?.closureUpdated).toMatchObject({ reason: 'OTHER', reasonText: null, initiator: 'PROVIDER', providerStatus: null });
        expect(data?.closureUpdated.history.every((event) => (event as { detail?: unknown }).detail === null)).toBe(true);
      }
    }
    for (const { results } of await watch(id, OPERATOR)) {
      expect(results.at(-1)?.data?.closureUpdated).toMatchObject({ reason: 'FINANCIAL_CRIME', initiator: 'HOLDER' });
    }
  });
});
