import { getIntrospectionQuery } from 'graphql';
import { closureRef } from '../../src/domain/account';
import { startApi, type Api } from '../support/api';
import { closureRecord, firstEvent } from '../support/closure-record';
import { openConnection } from '../support/raw-http';
import { follow, wsClient } from '../support/watching';

const BLOCKER = 'code message stage resolvableBy selfResolving amount currency relatedIds';
const ERROR = `code message retry retryAfterSeconds field provider providerRequestId correlationId
  blockers { ${BLOCKER} } providerErrors { code message level type httpStatus }`;
const KIND = 'kind idTypes defaultIdType completion reasonMode reasonTextMaxLength announceOnly liquidatePositions eligibility';
/** Every field that a closure has. */
const ALL = `id status statusSince terminal reason reasonText reasonMapping initiator providerStatus expectedCloseAt attempts
  idempotencyKey requestedAt updatedAt closedAt nextCheckAt version requiredAction { type url expiresAt } error { ${ERROR} }
  account { provider kind id idType country displayId closureRef } blockers { ${BLOCKER} } reports { id type createdAt }
  history { from to at cause detail } provider { id adapter displayName active outcomeSources accountKinds { ${KIND} } }`;

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.logged.length = 0;
  api.watched.reset();
});

function repeat(count: number, part: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => part(i)).join(' ');
}

const aliases = (count: number, id: string, selection: string) => repeat(count, (i) => `a${i}: closureStatus(closureId: "${id}") { ${selection} }`);
const eligibility = (i: number, id: string) => `a${i}: closureEligibility(account: { provider: "some_bank", id: "${id}" }) { eligible }`;

describe('what clients and routers send passes', () => {
  test.each([
    ['written out', (id: string) => `{ ${aliases(100, id, ALL)} }`],
    ['by a fragment', (id: string) => `{ ${aliases(100, id, '...All')} } fragment All on Closure { ${ALL} }`],
  ])('a hundred aliases with everything selected, %s', async (_how, document) => {
    const { id } = await api.seed();
    const { status, data, errors } = await api.graphql(document(id));
    expect([status, errors]).toEqual([200, []]);
    expect(Object.keys(data ?? {})).toHaveLength(100);
  });

  test('a hundred representations of each kind with everything selected', async () => {
    const closure = await api.seed();
    const document = `query ($all: [_Any!]!) { _entities(representations: $all) { ... on Closure { ${ALL} } ... on Account { closureRef closure { ${ALL} } } } }`;
    const all = Array.from({ length: 100 }, () => [
      { __typename: 'Closure', id: closure.id },
      { __typename: 'Account', closureRef: closureRef(closure.account) },
    ]).flat();
    const { status, data, errors } = await api.graphql(document, { all });
    expect([status, errors]).toEqual([200, []]);
    expect(data?.['_entities']).toHaveLength(200);
  });

  test.each([
    ['500 representations of what a list shows', 500, 'id status statusSince terminal reason closedAt account { displayId } error { code message retry }'],
    ['a few representations of more than is usual', 20, `${ALL} ${repeat(5, (i) => `a${i}: provider { id displayName }`)}`],
  ])('%s', async (_what, count, selection) => {
    const document = `query ($all: [_Any!]!) { _entities(representations: $all) { __typename ... on Closure { ${selection} } } }`;
    const all = Array.from({ length: count }, () => ({ __typename: 'Closure', id: '01890000-0000-7000-8000-000000000000' }));
    const { status, errors } = await api.graphql(document, { all });
    expect([status, errors]).toEqual([200, []]);
    const search = new URLSearchParams({ query: document, variables: JSON.stringify({ all: all.slice(0, 20) }) }).toString();
    const byGet = await fetch(`${api.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': 'yes' } });
    expect([byGet.status, await byGet.json()]).toEqual([200, { data: { _entities: Array.from({ length: 20 }, () => null) } }]);
  });

  test('the largest page with everything selected', async () => {
    const { status, errors } = await api.graphql(`query ($n: Int) { closures(first: $n) { edges { node { ${ALL} } } } }`, { n: 100 });
    expect([status, errors]).toEqual([200, []]);
  });

  test('introspection', async () => {
    const { errors } = await api.graphql(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: true }));
    expect(errors).toEqual([]);
  });
});

describe('what would keep the process busy is refused before anything is looked up', () => {
  const id = '01890000-0000-7000-8000-000000000000';
  const VALIDATION = 'GRAPHQL_VALIDATION_FAILED';
  const PARSE = 'GRAPHQL_PARSE_FAILED';

  test.each([
    ['a thousand aliases', `{ ${aliases(1_000, id, 'id')} }`, VALIDATION, 'fields at the root: 500'],
    ['aliases in a fragment put in often', `{ ${repeat(3, () => '...Many')} } fragment Many on Query { ${aliases(200, id, 'id')} }`, VALIDATION, 'fields at the root: 500'],
    ['a thousand aliases with everything selected, by a fragment', `{ ${aliases(1_000, id, '...All')} } fragment All on Closure { ${ALL} }`, VALIDATION, 'fields at the root: 500'],
    ['five hundred aliases with everything selected', `{ ${aliases(500, id, '...All')} } fragment All on Closure { ${ALL} }`, VALIDATION, 'every closure of a page: 25000'],
    ['a hundred full pages', `{ ${repeat(100, (i) => `a${i}: closures(first: 100) { edges { node { id status } } }`)} }`, VALIDATION, '25000'],
    ['introspection often', `{ ${repeat(50, (i) => `a${i}: __schema { types { name description fields { name description type { name } } } }`)} }`, VALIDATION, '25000'],
    ['fragments within fragments', `{ closureProviders { ...F0 } } ${repeat(60, (i) => `fragment F${i} on ClosureProvider { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on ClosureProvider { id }`, VALIDATION, '25000'],
    ['too many fragments', `{ closureProviders { id } } ${repeat(101, (i) => `fragment F${i} on ClosureProvider { id }`)}`, VALIDATION, 'fragments: 100'],
    ['live reads', `{ ${repeat(21, (i) => eligibility(i, String(i)))} }`, VALIDATION, 'closureEligibility fields: 20'],
    ['a long document', `{ closureProviders { ${'id '.repeat(50_000)} } }`, PARSE, 'words and marks: 20000'],
    ['selections in selections', `${'{...'.repeat(3_000)}${'}'.repeat(3_000)}`, PARSE, 'brackets within brackets: 50'],
    ['representations in representations', `${repeat(40, () => '{ _entities(representations: [1, 2])')}${' }'.repeat(40)}`, VALIDATION, '25000'],
    ['lists in lists', `{ closureStatus(closureId: ${'['.repeat(9_000)}`, PARSE, 'brackets within brackets: 50'],
  ])('%s', async (_what, document, code, message) => {
    const { status, data, errors } = await api.graphql(document);
    expect([status, data]).toEqual([400, null]);
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual([code]);
    expect(errors[0]?.message).toMatch(new RegExp(`^The document has too many .*${message}`));
    expect(errors[0]?.extensions['correlationId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(api.watched.calls('closures') + api.watched.calls('list')).toBe(0);
    expect(api.logged).toEqual([]);
  });

  describe('representations with more selected than so many may have', () => {
    const all = Array.from({ length: 500 }, () => ({ __typename: 'Closure', id }));
    const entities = (list: string, selection = `... on Closure { ${ALL} }`) => `_entities(representations: ${list}) { ${selection} }`;
    const literal = `[${repeat(500, () => `{ __typename: "Closure", id: "${id}" }`)}]`;

    test.each([
      ['in a variable', `query ($all: [_Any!]!) { ${entities('$all')} }`, { all }],
      ['by a default', `query ($all: [_Any!]! = ${literal}) { ${entities('$all')} }`, {}],
      ['in the document', `{ ${entities(literal)} }`, {}],
      ['of a type by fragments', `query ($all: [_Any!]!) { ${entities('$all', '...A ...A ... on Account { id }')} } fragment A on Closure { ${ALL} }`, { all }],
      ['of any type', `query ($all: [_Any!]!) { ${entities('$all', `... on _Entity { ... on Closure { ${ALL} } }`)} }`, { all }],
      ['in two lists', `query ($all: [_Any!]!) { a: ${entities('$all')} b: ${entities('$all')} }`, { all: all.slice(0, 200) }],
      ['in no list, with fragments within fragments', `{ ${entities('[]', '...F0')} } ${repeat(60, (i) => `fragment F${i} on Closure { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on Closure { id }`, {}],
    ])('%s', async (_what, document, variables) => {
      const { status, errors } = await api.graphql(document, variables);
      expect([status, errors[0]?.message]).toEqual([400, expect.stringContaining('every closure of a page: 25000')]);
      expect(api.watched.calls('closures')).toBe(0);
    });

    test('over a WebSocket', async () => {
      const client = wsClient(api.url);
      const followed = follow(client, { all }, `query ($all: [_Any!]!) { ${entities('$all')} }`);
      expect(await followed.end).toMatchObject([{ message: expect.stringContaining('every closure of a page: 25000') }]);
      await client.dispose();
    });

    test('by a GET whose address has the variables twice', async () => {
      const query = encodeURIComponent(`query ($all: [_Any!]!) { ${entities('$all')} }`);
      const variables = '{"all":[]}';
      const answer = await fetch(`${api.url}/graphql?query=${query}&variables=${variables}&variables=${variables}`, { headers: { 'apollo-require-preflight': 'yes' } });
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('every closure of a page: 25000')]);
    });
  });

  test('also by GET', async () => {
    const document = `{ ${repeat(501, (i) => `a${i}:__typename`)} }`;
    const answer = await fetch(`${api.url}/graphql?query=${encodeURIComponent(document)}`, { headers: { 'apollo-require-preflight': 'yes' } });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('fields at the root')]);
  });

  test('also by a GET whose address one reader ends where another goes on', async () => {
    const document = `{ ${repeat(501, (i) => `a${i}:__typename`)} }`;
    const connection = await openConnection(api.url);
    connection.send(`GET /graphql?query=${encodeURIComponent(document)}#&query= HTTP/1.1\r\nhost: localhost\r\napollo-require-preflight: yes\r\nconnection: close\r\n\r\n`);
    await connection.closed;
    expect(await connection.received(/^HTTP/)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('too many representations, naming the argument', async () => {
    const representations = Array.from({ length: 501 }, () => ({ __typename: 'Account', closureRef: 'x' }));
    const { errors } = await api.graphql('query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }', { all: representations });
    expect(errors.map(({ extensions }) => [extensions['code'], extensions['field']])).toEqual([['BAD_USER_INPUT', ['representations']]]);
  });

  test('a fragment within itself, as validation says it', async () => {
    const { status, errors } = await api.graphql('{ closureProviders { ...A } } fragment A on ClosureProvider { ...A }');
    expect([status, errors.map(({ extensions }) => extensions['code'])]).toEqual([400, [VALIDATION]]);
  });

  test('nobody unknown has a document looked at', async () => {
    const { status, errors } = await api.graphql(`{ ${aliases(1_000, id, 'id')} }`, {}, { 'x-test-subject': 'nobody' });
    expect([status, errors.map(({ extensions }) => extensions['code'])]).toEqual([401, ['UNAUTHENTICATED']]);
  });
});

describe('words as long as a body are told without their values in one go', () => {
  test.each([
    ['a name', `{ ${'a'.repeat(255_000)} }`, {}],
    ['a value', 'query ($id: ID!) { closureStatus(closureId: $id) { id } }', { id: [' Did you mean '.repeat(15_000)] }],
  ])('%s', async (_what, document, variables) => {
    const { status } = await api.graphql(document, variables);
    expect(status).toBe(400);
    expect(api.logged).toEqual([]);
  });
});

describe('how long the lists within an answer get, no document says', () => {
  const TOO_LONG = 'The answer is too long: ask for fewer closures, or for less of their histories and groups, at once.';

  test('a large group is shown, and not once more for each of its accounts', async () => {
    const group = await api.seed({ includeAccounts: true }, Array.from({ length: 120 }, () => closureRecord({ idempotencyKey: null })));
    const ask = (selection: string) => api.graphql('query ($id: ID!) { closureStatus(closureId: $id) { ' + selection + ' } }', { id: group.id });
    const shown = await ask(`children { ${ALL} parent { id } }`);
    expect([shown.status, shown.errors]).toEqual([200, []]);
    const { data, errors } = await ask('children { parent { children { parent { children { id } } } } }');
    expect([data, errors.map(({ message }) => message)]).toEqual([null, [TOO_LONG]]);
    expect(api.logged).toEqual([]);
  });

  test('long histories are shown, and not any number of times', async () => {
    for (let closures = 0; closures < 20; closures += 1) {
      const closure = await api.seed({ reason: 'INACTIVITY' });
      const event = { ...firstEvent(closure), from: closure.status };
      for (let version = closure.version; version < 30; version += 1) {
        await api.watched.store.commit({ id: closure.id, guard: { version }, set: {}, visible: true, event, lease: 'release' });
      }
    }
    const ask = (times: number) => api.graphql(`{ closures(first: 20) { edges { node { id ${repeat(times, (i) => `h${i}: history { from to at cause detail }`)} } } } }`);
    const shown = await ask(1);
    expect([shown.status, shown.errors]).toEqual([200, []]);
    expect(shown.text.match(/"cause"/g)?.length).toBe(600);
    expect((await ask(60)).errors[0]).toMatchObject({ message: TOO_LONG, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  });
});

test('many fields for representations have no more of them than one', async () => {
  const some = (count: number) => Array.from({ length: count }, (_, i) => ({ __typename: 'Account', closureRef: `bank:ACCOUNT:PROVIDER_ID:${i}` }));
  const document = 'query ($a: [_Any!]!, $b: [_Any!]!) { a: _entities(representations: $a) { ... on Account { closure { id } } } b: _entities(representations: $b) { ... on Account { closure { id } } } }';
  expect((await api.graphql(document, { a: some(250), b: some(250) })).errors).toEqual([]);
  const { status, errors } = await api.graphql(document, { a: some(250), b: some(251) });
  expect([status, errors.map(({ message }) => message)]).toEqual([400, ['There are more than 500 representations in all.']]);
});
