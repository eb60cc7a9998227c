import { accounts } from '../../examples/federated-graph/accounts';
import { customers } from '../../examples/federated-graph/customers';
import { startRouter } from '../../examples/federated-graph/router';
import { serveSubgraph, type Running } from '../../examples/federated-graph/subgraph';
import { closureRef } from '../../src/domain/account';
import { SCOPES } from '../../src/domain/caller';
import { startApi, type Api, type GraphqlAnswer } from '../support/api';
import { freshKey, startTestGateway, type TestGateway } from '../support/gateway';
import { byToken, changeClosure, follow, sseClient, statusesOf } from '../support/watching';
import { startHiveRouter } from './hive-router';

/** Their composers differ too: Apollo's, and The Guild's. */
const ROUTERS = [
  ['@apollo/gateway', (subgraphs: { name: string; url: string }[]) => startRouter(subgraphs, 0)],
  ['Hive Gateway', startHiveRouter],
] as const;

const CLOSE = `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) {
  closure { id status account { closureRef } } error { code retry blockers { code } } replayed
} }`;
const MINE = '{ me { accounts { iban kind closure { status terminal blockers { code } } } } }';

type Answer = Pick<GraphqlAnswer, 'data' | 'errors'>;

async function ask(url: string, query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data = null, errors = [] } = (await response.json()) as Partial<Answer>;
  return { data, errors };
}

describe.each(ROUTERS)('%s in front of a whole gateway', (_name, start) => {
  let gateway: TestGateway;
  let running: Running[];
  let router: string;
  beforeAll(async () => {
    gateway = await startTestGateway();
    const neighbours = [customers, accounts];
    running = await Promise.all(neighbours.map((subgraph) => serveSubgraph(subgraph)));
    const subgraphs = running.map(({ url }, index) => ({ name: String(neighbours[index]?.name), url }));
    const front = await start([{ name: 'closures', url: `${gateway.client.url}/graphql` }, ...subgraphs]);
    running.unshift(front);
    router = front.url;
  });
  afterAll(async () => {
    for (const part of running) await part.dispose();
    await gateway.dispose();
  });

  test('an account is closed through it, and its closure appears beside the fields of others', async () => {
    const account = { provider: 'emoney', idType: 'IBAN', id: 'ES91 2100 0418 4502 0005 1332' };
    const input = { idempotencyKey: freshKey(), account, reason: 'CUSTOMER_REQUEST' };
    const closed = await ask(router, CLOSE, { input });
    expect(closed).toEqual({
      errors: [],
      data: { closeAccount: {
        closure: { id: expect.any(String), status: 'CLOSED', account: { closureRef: 'emoney:ACCOUNT:IBAN:ES9121000418450200051332' } },
        error: null,
        replayed: false,
      } },
    });
    const [{ closure }] = Object.values(closed.data ?? {}) as [{ closure: object }];
    const again = await ask(router, CLOSE, { input });
    expect(again.data).toMatchObject({ closeAccount: { closure, replayed: true } });
    const { data, errors } = await ask(router, MINE);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ me: { accounts: [
      { iban: 'ES9121000418450200051332', kind: 'SAVINGS', closure: { status: 'CLOSED', terminal: true, blockers: [] } },
      { iban: 'ES7921000813610123456789', kind: 'CURRENT', closure: null },
      { iban: 'DE89370400440532013000', kind: 'SECURITIES', closure: null },
      { iban: 'FR1420041010050500013M02606', kind: 'SAVINGS', closure: null },
    ] } });
  });

  test('what is expected to go wrong is data, and what the caller did wrong keeps its code', async () => {
    const account = { provider: 'emoney', id: 'acc00000-0000-4000-8000-000000000001' };
    const refused = await ask(router, CLOSE, { input: { idempotencyKey: freshKey(), account, reason: 'CUSTOMER_REQUEST' } });
    expect(refused).toMatchObject({
      errors: [],
      data: { closeAccount: {
        closure: { status: 'REJECTED' },
        error: { code: 'CLOSURE_BLOCKED', retry: 'AFTER_CHANGE', blockers: [{ code: 'POSITIVE_BALANCE' }] },
      } },
    });
    const mistaken = await ask(router, '{ closures(first: 1000) { edges { cursor } } }');
    expect(mistaken.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: ['first'] } }]);
  });
});

describe('a subscription through a router', () => {
  const WATCH = `subscription ($id: ID!) { closureUpdated(closureId: $id) { id status account { closureRef } } }`;
  let api: Api;
  beforeAll(async () => {
    // Without a token, the router asks for the schema.
    api = await startApi({ authenticate: ({ headers }) => byToken({ headers: { authorization: 'default/router', ...headers } }) });
  });
  afterAll(() => api.close());

  async function inFront(start: (typeof ROUTERS)[number][1], test: (url: string) => Promise<void>): Promise<void> {
    const router = await start([{ name: 'closures', url: `${api.url}/graphql` }]);
    try {
      await test(router.url);
    } finally {
      await router.dispose();
    }
  }

  test('is followed by Hive Gateway, as its caller, to the end', async () => {
    await inFront(startHiveRouter, async (url) => {
      const closure = await api.seed();
      const client = sseClient(url.replace('/graphql', ''), { headers: { authorization: 'default/someone' } });
      const followed = follow(client, { id: closure.id }, WATCH);
      await followed.atLeast(1);
      await changeClosure(api, closure.id, { status: 'CLOSING' });
      await followed.atLeast(2);
      await changeClosure(api, closure.id, { status: 'CLOSED' });
      expect(await followed.end).toBe('complete');
      expect(statusesOf(followed)).toEqual(['REQUESTED', 'CLOSING', 'CLOSED']);
      const another = follow(sseClient(url.replace('/graphql', ''), { headers: { authorization: 'other/someone' } }), { id: closure.id }, WATCH);
      expect([await another.end, another.results]).toEqual(['complete', []]);
    });
  });

  test('is not taken by @apollo/gateway', async () => {
    await inFront(ROUTERS[0][1], async (url) => {
      const { data, errors } = await ask(url, WATCH, { id: 'any' }, { authorization: 'default/someone' });
      expect([data, errors.map(({ message }) => message)]).toEqual([null, ['Execution of subscriptions not supported by gateway']]);
    });
  });
});

describe.each(ROUTERS)('%s asks as its caller', (_name, start) => {
  let api: Api;
  let running: Running[];
  let router: string;
  const refs: string[] = [];
  beforeAll(async () => {
    api = await startApi({
      authenticate: async ({ headers }) => ({ tenant: String(headers.authorization), subject: 'someone', scopes: new Set(SCOPES) }),
    });
    for (const tenant of ['another', ...Array.from({ length: 99 }, () => 'ours')]) {
      refs.push(closureRef((await api.seed({ tenant })).account));
    }
    const listed = refs.map((ref, index) => ({ id: String(index), kind: 'SAVINGS', country: 'ES', provider: 'bank', iban: '', closureRef: ref }));
    const neighbours = [customers, { ...accounts, resolvers: { Customer: { accounts: () => listed } } }];
    running = await Promise.all(neighbours.map((subgraph) => serveSubgraph(subgraph)));
    const subgraphs = running.map(({ url }, index) => ({ name: String(neighbours[index]?.name), url }));
    const front = await start([{ name: 'closures', url: `${api.url}/graphql` }, ...subgraphs]);
    running.unshift(front);
    router = front.url;
  });
  afterAll(async () => {
    for (const part of running) await part.dispose();
    await api.close();
  });

  test('a hundred accounts are one store query, and the closure of another tenant is null without an error', async () => {
    api.watched.reset();
    const query = '{ me { accounts { closure { status account { closureRef } } } } }';
    const { data, errors } = await ask(router, query, {}, { authorization: 'ours' });
    expect(errors).toEqual([]);
    const [foreign, ...own] = refs;
    expect((data as { me: { accounts: object[] } }).me.accounts).toEqual([
      { closure: null },
      ...own.map((ref) => ({ closure: { status: 'REQUESTED', account: { closureRef: ref } } })),
    ]);
    expect(api.watched.calls('newestByRef')).toBe(1);
    const theirs = await ask(router, query, {}, { authorization: 'another' });
    expect((theirs.data as { me: { accounts: object[] } }).me.accounts[0]).toMatchObject({ closure: { account: { closureRef: foreign } } });
  });
});
