import { startApi, type Api } from '../support/api';
import { startEngine } from '../support/engine';
import { ScriptedProvider } from '../support/scripted-provider';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';
const PAGE = `query ($filter: ClosureFilter, $first: Int, $after: String) {
  closures(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

async function page(variables: object): Promise<Page> {
  const { data, errors } = await api.graphql(PAGE, variables);
  expect(errors).toEqual([]);
  return data?.['closures'] as Page;
}

test('a hundred aliases of closureStatus are one store query', async () => {
  const closures = await Promise.all(Array.from({ length: 100 }, () => api.seed()));
  const document = `{ ${closures.map(({ id }, i) => `a${i}: closureStatus(closureId: "${id}") { id }`).join(' ')} }`;
  const { data, errors } = await api.graphql(document);
  expect(errors).toEqual([]);
  expect(data).toEqual(Object.fromEntries(closures.map(({ id }, i) => [`a${i}`, { id }])));
  expect(api.watched.calls('closures')).toBe(1);
});

test('a closure shows what the store has, times as dates and the account masked for screens', async () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const closure = await api.seed({
    account: { provider: 'some_bank', kind: 'ACCOUNT', idType: 'IBAN', id: 'DE89370400440532013000' },
    status: 'CLOSING',
    dueAt: at,
    expectedCloseAt: at,
    providerStatus: 'WINDING_DOWN',
    blockers: [
      { code: 'POSITIVE_BALANCE', message: 'Money is left.', stage: 'COMPLETION', resolvableBy: 'HOLDER', selfResolving: false, amount: '12.50', currency: 'EUR', relatedIds: [] },
    ],
    error: { code: 'PROVIDER_UNAVAILABLE', message: 'Out of service.', blockers: [], providerErrors: [{ code: 'E1', httpStatus: 503 }], correlationId: 'abcdefgh' },
  });
  const { data, errors } = await api.graphql(
    `query ($id: ID!) { closureStatus(closureId: $id) {
      status terminal providerStatus expectedCloseAt nextCheckAt closedAt idempotencyKey
      account { id displayId closureRef country } blockers { code amount currency }
      error { code retry field retryAfterSeconds provider providerErrors { code message httpStatus } correlationId }
      reports { id } history { from to cause detail } requiredAction { type } version attempts
    } }`,
    { id: closure.id },
  );
  expect(errors).toEqual([]);
  expect(data?.['closureStatus']).toEqual({
    status: 'CLOSING',
    terminal: false,
    providerStatus: 'WINDING_DOWN',
    expectedCloseAt: '2026-01-02T03:04:05.678Z',
    nextCheckAt: '2026-01-02T03:04:05.678Z',
    closedAt: null,
    idempotencyKey: closure.idempotencyKey,
    account: { id: 'DE89370400440532013000', displayId: 'DE••••3000', closureRef: 'some_bank:ACCOUNT:IBAN:DE89370400440532013000', country: null },
    blockers: [{ code: 'POSITIVE_BALANCE', amount: '12.50', currency: 'EUR' }],
    error: {
      code: 'PROVIDER_UNAVAILABLE',
      retry: 'SAFE_NOW',
      field: null,
      retryAfterSeconds: 1,
      provider: null,
      providerErrors: [{ code: 'E1', message: null, httpStatus: 503 }],
      correlationId: 'abcdefgh',
    },
    reports: [],
    history: [{ from: null, to: 'CLOSING', cause: 'REQUEST', detail: 'Recorded.' }],
    requiredAction: null,
    version: 1,
    attempts: 0,
  });
});

test('the idempotency key is shown to its owner alone', async () => {
  const closure = await api.seed({ subject: 'someone' });
  const query = `{ closureStatus(closureId: "${closure.id}") { id idempotencyKey } }`;
  const stranger = await api.graphql(query, {}, { 'x-test-subject': 'somebody-else' });
  expect(stranger.data?.['closureStatus']).toEqual({ id: closure.id, idempotencyKey: null });
});

test('unknown closures and those of another tenant look the same', async () => {
  const foreign = await api.seed({ tenant: 'another' });
  const answers = await Promise.all([UNKNOWN, foreign.id].map((id) => api.graphql(`{ closureStatus(closureId: "${id}") { id } }`)));
  expect(answers.map(({ data, errors }) => ({ data, errors }))).toEqual([
    { data: { closureStatus: null }, errors: [] },
    { data: { closureStatus: null }, errors: [] },
  ]);
});

test('pages go through everything, newest first, each closure once', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) ids.push((await api.seed()).id);
  const seen: string[] = [];
  let after: string | null = null;
  for (const [size, more] of [[2, true], [2, true], [1, false]] as const) {
    const current: Page = await page({ first: 2, after });
    expect(current.edges).toHaveLength(size);
    expect(current.pageInfo).toEqual({
      hasNextPage: more,
      hasPreviousPage: after !== null,
      startCursor: current.edges[0]?.cursor,
      endCursor: current.edges.at(-1)?.cursor,
    });
    seen.push(...current.edges.map(({ node }) => node.id));
    after = current.pageInfo.endCursor;
  }
  expect(seen).toEqual(ids.toReversed());
});

test('a page holds twenty where nothing is said, also when null is said', async () => {
  await Promise.all(Array.from({ length: 21 }, () => api.seed()));
  const answers = [await page({}), await page({ first: null })];
  expect(answers.map(({ edges, pageInfo }) => [edges.length, pageInfo.hasNextPage])).toEqual([[20, true], [20, true]]);
});

test('an empty page has no cursors', async () => {
  expect(await page({})).toEqual({
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

test('the filter reaches the store, its dates as instants', async () => {
  const old = await api.seed({ statusSince: Date.UTC(2020, 0, 1), status: 'CLOSING' });
  await api.seed({ status: 'CLOSING' });
  await api.seed({ statusSince: Date.UTC(2020, 0, 1) });
  const { edges } = await page({ filter: { status: ['CLOSING'], statusBefore: '2021-01-01T00:00:00+02:00', provider: 'some_bank' } });
  expect(edges.map(({ node }) => node.id)).toEqual([old.id]);
});

test.each([
  ['first', { first: 0 }],
  ['first', { first: 101 }],
  ['first', { first: -1 }],
  ['after', { after: 'DE89370400440532013000' }],
  ['after', { after: '' }],
  ['after', { after: Buffer.from(`${UNKNOWN}\n`).toString('base64url') }],
])('a bad %s is named: %j', async (argument, variables) => {
  const { errors, text } = await api.graphql(PAGE, variables);
  expect(errors).toHaveLength(1);
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: [argument] });
  expect(errors[0]?.message).toContain(`"${argument}"`);
  expect(text).not.toContain('DE8937');
});

test('a filter that no closure can match by its form is named', async () => {
  const account = { provider: 'no_such_bank', id: 'DE89370400440532013000' };
  const { errors, text } = await api.graphql(PAGE, { filter: { account } });
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: ['filter', 'account', 'provider'] });
  expect(text).not.toContain('DE8937');
});

test('closureProviders lists a provider that is no longer configured', async () => {
  await api.seed();
  const { data } = await api.graphql('{ closureProviders { id adapter displayName active accountKinds { kind } outcomeSources } }');
  expect(data?.['closureProviders']).toEqual([
    { id: 'some_bank', adapter: 'some_bank', displayName: 'some_bank', active: false, accountKinds: [], outcomeSources: [] },
  ]);
});

test('an eligibility that cannot be determined says why, as data', async () => {
  const { data, errors } = await api.graphql(
    '{ closureEligibility(account: { provider: "no_such_bank", id: "x" }) { eligible account { id } error { code retry field } } }',
  );
  expect(errors).toEqual([]);
  expect(data?.['closureEligibility']).toMatchObject({ eligible: null, account: null, error: { code: 'UNKNOWN_PROVIDER', retry: 'AFTER_CHANGE' } });
});

test('twenty previews in one document read each account once, and one that fails leaves the others alone', async () => {
  const provider = new ScriptedProvider();
  const harness = await startEngine([provider.configured()]);
  const withProvider = await startApi({ service: harness.engine.service });
  try {
    const preview = (i: number, id: string) => `a${i}: closureEligibility(account: { provider: "bank", id: "${id}" }) { eligible account { id } error { code } }`;
    const ids = Array.from({ length: 20 }, (_, i) => `acc-${i % 5}`);
    const { data, errors } = await withProvider.graphql(`{ ${ids.map((id, i) => preview(i, id)).join(' ')} }`);
    expect(errors).toEqual([]);
    expect(data).toEqual(Object.fromEntries(ids.map((id, i) => [`a${i}`, { eligible: true, account: { id }, error: null }])));
    expect(provider.reads).toBe(5);

    const mixed = await withProvider.graphql(`{ ${preview(0, 'acc-0')} ${preview(1, 'no id of this bank')} }`);
    expect(mixed.data).toMatchObject({ a0: { eligible: true, error: null }, a1: { eligible: null, error: { code: 'INVALID_INPUT' } } });
  } finally {
    await withProvider.close();
    await harness.dispose();
  }
});
