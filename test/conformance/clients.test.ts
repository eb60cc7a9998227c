import { ApolloClient, CombinedGraphQLErrors, gql as apolloGql, HttpLink, InMemoryCache } from '@apollo/client';
import { cacheExchange, Client, fetchExchange } from '@urql/core';
import { randomUUID } from 'node:crypto';
import { freshKey, startTestGateway, type TestGateway } from '../support/gateway';

const CLOSE = `mutation Close($input: CloseAccountInput!) {
  closeAccount(input: $input) { closure { id status terminal } error { code retry message } replayed }
}`;
const STATUS = 'query Status($id: ID!) { closureStatus(closureId: $id) { id status terminal } }';
const PAGE = 'query Page($first: Int) { closures(first: $first) { edges { node { id } } } }';
const WITH_BALANCE = 'acc00000-0000-4000-8000-000000000001';

interface Seen {
  id: string;
  status: string;
  terminal: boolean;
}
interface Closed {
  closeAccount: { closure: Seen | null; error: { code: string; retry: string; message: string } | null; replayed: boolean };
}
interface Status {
  closureStatus: Seen | null;
}

let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  url = `${gateway.client.url}/graphql`;
});
afterAll(() => gateway.dispose());

const inputFor = (provider: string, id: string = randomUUID()) => ({ idempotencyKey: freshKey(), account: { provider, id }, reason: 'CUSTOMER_REQUEST' });

describe('@apollo/client', () => {
  let client: ApolloClient;
  beforeEach(() => {
    client = new ApolloClient({ link: new HttpLink({ uri: url }), cache: new InMemoryCache() });
  });
  afterEach(() => client.stop());

  const close = (input: object) => client.mutate<Closed>({ mutation: apolloGql(CLOSE), variables: { input } });

  test('closes, and its cache is one with what is read afterwards', async () => {
    const { data } = await close(inputFor('upvest'));
    const closure = data?.closeAccount.closure;
    expect(data?.closeAccount).toMatchObject({ closure: { status: 'CLOSING', terminal: false }, error: null, replayed: false });

    const watched: string[] = [];
    const query = client.watchQuery<Status>({ query: apolloGql(STATUS), variables: { id: closure?.id } });
    const subscription = query.subscribe((result) => {
      const status = result.data?.closureStatus?.status;
      if (status && watched.at(-1) !== status) watched.push(status);
    });
    await gateway.client.until(String(closure?.id), 'CLOSED');
    const refetched = await query.refetch();
    expect(refetched.data?.closureStatus).toMatchObject({ id: closure?.id, status: 'CLOSED', terminal: true });
    subscription.unsubscribe();
    expect(watched.at(-1)).toBe('CLOSED');
    const key = client.cache.identify({ __typename: 'Closure', id: closure?.id });
    expect(client.cache.extract()).toMatchObject({ [String(key)]: { status: 'CLOSED' } });
  });

  test('sends the same key again without closing twice', async () => {
    const input = inputFor('emoney');
    const first = await close(input);
    const second = await close(input);
    expect(second.data?.closeAccount).toMatchObject({ closure: { id: first.data?.closeAccount.closure?.id, status: 'CLOSED' }, replayed: true });
  });

  test('has a refusal as data, and a mistake as an error with its code', async () => {
    const refused = await close(inputFor('emoney', WITH_BALANCE));
    expect(refused.error).toBeUndefined();
    expect(refused.data?.closeAccount.error).toMatchObject({ code: 'CLOSURE_BLOCKED', retry: 'AFTER_CHANGE' });
    const mistake = await client.query({ query: apolloGql(PAGE), variables: { first: 1000 } }).catch((error: unknown) => error);
    expect(CombinedGraphQLErrors.is(mistake) && mistake.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: ['first'] } }]);
    const misnamed = await client.query({ query: apolloGql('{ closureProviders { nothing } }') }).catch((error: unknown) => error);
    expect(misnamed).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
  });
});

describe('@urql/core', () => {
  const client = () => new Client({ url, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false });

  test('closes, and asks again past its cache', async () => {
    const urql = client();
    const { data, error } = await urql.mutation<Closed>(CLOSE, { input: inputFor('upvest') }).toPromise();
    expect(error).toBeUndefined();
    const id = data?.closeAccount.closure?.id;
    expect(data?.closeAccount).toMatchObject({ closure: { status: 'CLOSING' }, replayed: false });
    const before = await urql.query<Status>(STATUS, { id }).toPromise();
    await gateway.client.until(String(id), 'CLOSED');
    const cached = await urql.query<Status>(STATUS, { id }).toPromise();
    expect(cached.data).toEqual(before.data);
    const fresh = await urql.query<Status>(STATUS, { id }, { requestPolicy: 'network-only' }).toPromise();
    expect(fresh.data?.closureStatus).toMatchObject({ id, status: 'CLOSED', terminal: true });
  });

  test('has a refusal as data, and a mistake as an error with its code', async () => {
    const urql = client();
    const refused = await urql.mutation<Closed>(CLOSE, { input: inputFor('emoney', WITH_BALANCE) }).toPromise();
    expect([refused.error, refused.data?.closeAccount.error?.code]).toEqual([undefined, 'CLOSURE_BLOCKED']);
    const mistake = await urql.query(PAGE, { first: 1000 }).toPromise();
    expect(mistake.error?.graphQLErrors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: ['first'] } }]);
    const misnamed = await urql.query('{ closureProviders { nothing } }', {}).toPromise();
    expect(misnamed.error?.graphQLErrors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    expect(misnamed.error?.networkError).toBeUndefined();
  });

  test('asks by GET too, as a cache in front of it would like it', async () => {
    const urql = new Client({ url, exchanges: [fetchExchange], preferGetMethod: 'force', fetchOptions: { headers: { 'apollo-require-preflight': 'yes' } } });
    const { data, error } = await urql.query('{ closureProviders { id } }', {}).toPromise();
    expect([error, data]).toMatchObject([undefined, { closureProviders: [{ id: 'upvest' }, { id: 'emoney' }] }]);
  });
});
