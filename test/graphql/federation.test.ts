import { startApi, type Api } from '../support/api';
import { closureRef } from '../../src/domain/account';

const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Closure { id status provider { id active } history { to cause } }
  ... on Account { closureRef closure { id } }
} }`;
const PLAIN_ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Closure { id status } ... on Account { closureRef closure { id } }
} }`;
const UNKNOWN = '01890000-0000-7000-8000-000000000000';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(() => api.watched.reset());

test('the served SDL is what a router composes', async () => {
  const { data } = await api.graphql('{ _service { sdl } }');
  const sdl = (data?.['_service'] as { sdl: string } | undefined)?.sdl;
  expect(sdl).toContain('https://specs.apollo.dev/federation/v2.9');
  expect(sdl).toMatch(/type Closure\s+@key\(fields: "id"\)/);
  expect(sdl).toMatch(/type Account\s+@key\(fields: "closureRef"\)/);
  expect(sdl).toMatch(/type PageInfo\s+@shareable/);
  expect(sdl).toContain('attempts: Int! @tag(name: "internal")');
});

test('a closure representation resolves with all that hangs on it', async () => {
  const closure = await api.seed();
  const { data, errors } = await api.graphql(ENTITIES, { representations: [{ __typename: 'Closure', id: closure.id }] });
  expect(errors).toEqual([]);
  expect(data?.['_entities']).toEqual([
    { id: closure.id, status: 'REQUESTED', provider: { id: 'some_bank', active: false }, history: [{ to: 'REQUESTED', cause: 'REQUEST' }] },
  ]);
});

test('closures that are unknown or of another tenant are null without an error', async () => {
  const foreign = await api.seed({ tenant: 'another' });
  const representations = [UNKNOWN, foreign.id, 'not an id'].map((id) => ({ __typename: 'Closure', id }));
  const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations });
  expect(errors).toEqual([]);
  expect(data?.['_entities']).toEqual([null, null, null]);
});

test('an account always resolves, with the newest closure or null', async () => {
  const older = await api.seed({ status: 'REJECTED' });
  const newer = await api.seed({ account: older.account });
  const known = closureRef(older.account);
  const representations = [known, 'anything at all'].map((ref) => ({ __typename: 'Account', closureRef: ref }));
  const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations });
  expect(errors).toEqual([]);
  expect(data?.['_entities']).toEqual([
    { closureRef: known, closure: { id: newer.id } },
    { closureRef: 'anything at all', closure: null },
  ]);
});

test('an account that another tenant closed resolves as if nobody had', async () => {
  const foreign = await api.seed({ tenant: 'another' });
  const ref = closureRef(foreign.account);
  const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations: [{ __typename: 'Account', closureRef: ref }] });
  expect([data?.['_entities'], errors]).toEqual([[{ closureRef: ref, closure: null }], []]);
});

test('a hundred representations are one store query per kind', async () => {
  const closures = await Promise.all(Array.from({ length: 50 }, () => api.seed()));
  api.watched.reset();
  const representations = closures.flatMap(({ id, account }) => [
    { __typename: 'Closure', id },
    { __typename: 'Account', closureRef: closureRef(account) },
  ]);
  const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations });
  expect(errors).toEqual([]);
  expect(data?.['_entities']).toEqual(
    closures.flatMap(({ id, account }) => [{ id, status: 'REQUESTED' }, { closureRef: closureRef(account), closure: { id } }]),
  );
  expect(api.watched.calls('closures')).toBe(1);
  expect(api.watched.calls('newestByRef')).toBe(1);
});

test('the history of a hundred closures is one store query', async () => {
  const closures = await Promise.all(Array.from({ length: 100 }, () => api.seed()));
  const { data } = await api.graphql(ENTITIES, { representations: closures.map(({ id }) => ({ __typename: 'Closure', id })) });
  expect(data?.['_entities']).toHaveLength(100);
  expect(api.watched.calls('events')).toBe(1);
  expect(api.watched.calls('providersSeen')).toBe(1);
});

test.each([
  ['a type that is no entity', { __typename: 'ClosureError', code: 'INTERNAL' }],
  ['a type that does not exist', { __typename: 'DE89370400440532013000' }],
  ['no type', { id: UNKNOWN }],
  ['no object', 'Closure'],
  ['a closure without its key', { __typename: 'Closure' }],
  ['an account whose key is no string', { __typename: 'Account', closureRef: { a: 1 } }],
])('a representation of %s is the caller’s mistake', async (_what, representation) => {
  api.logged.length = 0;
  const { errors, text } = await api.graphql(PLAIN_ENTITIES, { representations: [representation] });
  expect(errors.map(({ path, extensions }) => [path, extensions['code']])).toEqual([[['_entities', 0], 'BAD_USER_INPUT']]);
  expect(text).not.toContain('DE8937');
  expect(api.logged).toEqual([]);
});

test('representations that are no good leave the others alone, in any order', async () => {
  const closure = await api.seed();
  const good = [{ __typename: 'Closure', id: closure.id }, { __typename: 'Account', closureRef: 'anything' }];
  const bad = [{ __typename: 'Closure' }, { __typename: 'Account' }, { __typename: 'Nothing', id: closure.id }, 'Closure'];
  const resolved = [{ id: closure.id, status: 'REQUESTED' }, { closureRef: 'anything', closure: null }];
  for (const [representations, entities] of [
    [[...bad, ...good], [null, null, null, null, ...resolved]],
    [[...good, ...bad.toReversed()], [...resolved, null, null, null, null]],
  ]) {
    const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations });
    expect(data?.['_entities']).toEqual(entities);
    const places = (entities ?? []).flatMap((entity, i) => (entity === null ? [['_entities', i]] : []));
    expect(errors.map(({ path }) => path)).toEqual(expect.arrayContaining(places));
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
  }
  expect(api.logged).toEqual([]);
});

test('a store that fails closures leaves accounts alone', async () => {
  const closure = await api.seed();
  api.watched.fail('closures', new Error('gone'));
  try {
    const representations = [{ __typename: 'Closure', id: closure.id }, { __typename: 'Account' }, { __typename: 'Account', closureRef: 'anything' }];
    const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations });
    expect(data?.['_entities']).toEqual([null, null, { closureRef: 'anything', closure: null }]);
    expect(new Map(errors.map(({ path, extensions }) => [String(path), extensions['code']]))).toEqual(
      new Map([['_entities,0', 'INTERNAL_SERVER_ERROR'], ['_entities,1', 'BAD_USER_INPUT']]),
    );
  } finally {
    api.watched.fail('closures', null);
  }
});

test('without closures:read an account still resolves, its closure and closures do not', async () => {
  const closure = await api.seed();
  const representations = [
    { __typename: 'Account', closureRef: 'anything' },
    { __typename: 'Closure', id: closure.id },
  ];
  const { data, errors } = await api.graphql(PLAIN_ENTITIES, { representations }, { 'x-test-scopes': 'closures:write' });
  expect(data?.['_entities']).toEqual([{ closureRef: 'anything', closure: null }, null]);
  expect(errors.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
    [['_entities', 1], 'FORBIDDEN'],
    [['_entities', 0, 'closure'], 'FORBIDDEN'],
  ]);
});

test('the SDL is shown only to those who may introspect, or come by way of the router', async () => {
  const [closed, routed] = await Promise.all([startApi({ introspection: false }), startApi({ introspection: false, showsSdl: true })]);
  const document = 'query { a: __typename ...S } fragment S on Query { service: _service { sdl } }';
  const ask = async (one: Api) => {
    const { status, errors } = await one.graphql(document);
    return [status, ...errors.map(({ extensions }) => extensions['code'])];
  };
  expect([await ask(closed), await ask(routed)]).toEqual([[403, 'FORBIDDEN'], [200]]);
  await Promise.all([closed.close(), routed.close()]);
});
