import { startApi, type Api } from '../support/api';

const CLOSE = `mutation ($input: CloseAccountInput!) {
  closeAccount(input: $input) { replayed closure { id status } error { code retry field correlationId } }
}`;

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const input = (given: object = {}) => ({
  idempotencyKey: 'abcdefghijklmnop',
  account: { provider: 'no_such_bank', id: '7' },
  reason: 'CUSTOMER_REQUEST',
  ...given,
});

test('a refusal is data, with the correlation id of the request', async () => {
  const { data, errors } = await api.graphql(CLOSE, { input: input() }, { 'x-correlation-id': 'my-request-1' });
  expect(errors).toEqual([]);
  expect(data?.['closeAccount']).toEqual({
    replayed: false,
    closure: null,
    error: { code: 'UNKNOWN_PROVIDER', retry: 'AFTER_CHANGE', field: ['input', 'account', 'provider'], correlationId: 'my-request-1' },
  });
});

test.each([
  ['refreshClosure(closureId: "01890000-0000-7000-8000-000000000000")'],
  ['cancelClosure(closureId: "01890000-0000-7000-8000-000000000000")'],
  ['resolveClosure(input: { closureId: "01890000-0000-7000-8000-000000000000", outcome: CLOSED, note: "Seen.", expectedVersion: 1 })'],
])('%s answers as data that there is no such closure', async (field) => {
  const { data, errors } = await api.graphql(`mutation { done: ${field} { closure { id } error { code } } }`);
  expect(errors).toEqual([]);
  expect(data?.['done']).toEqual({ closure: null, error: { code: 'CLOSURE_NOT_FOUND' } });
});

test('a person’s decision takes effect and shows in the same answer', async () => {
  const { id, version } = await api.seed({ status: 'NEEDS_REVIEW' });
  const { data, errors } = await api.graphql(
    `mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { error { code } closure { status terminal history { to cause } } } }`,
    { input: { closureId: id, outcome: 'REJECTED', note: 'Asked the bank.', expectedVersion: version } },
  );
  expect(errors).toEqual([]);
  expect(data?.['resolveClosure']).toEqual({
    error: null,
    closure: {
      status: 'REJECTED',
      terminal: true,
      history: [
        { to: 'NEEDS_REVIEW', cause: 'REQUEST' },
        { to: 'REJECTED', cause: 'OPERATOR' },
      ],
    },
  });
});

describe('scopes', () => {
  const READ = '{ closureProviders { id } }';
  const REFRESH = 'mutation { refreshClosure(closureId: "x") { error { code } } }';
  const CANCEL = 'mutation { cancelClosure(closureId: "x") { error { code } } }';
  const RESOLVE = 'mutation { resolveClosure(input: { closureId: "x", outcome: RETRY, note: "n", expectedVersion: 1 }) { error { code } } }';
  const close = (given: string) =>
    `mutation { closeAccount(input: { idempotencyKey: "abcdefghijklmnop", account: { provider: "b", id: "7" }, ${given} }) { error { code } } }`;

  test.each([
    ['closures:read', READ],
    ['closures:read', '{ closures { edges { cursor } } }'],
    ['closures:read', '{ closureStatus(closureId: "x") { id } }'],
    ['closures:read', '{ closureEligibility(account: { provider: "b", id: "7" }) { eligible } }'],
    ['closures:write', REFRESH],
    ['closures:write', CANCEL],
    ['closures:write', close('reason: CUSTOMER_REQUEST')],
    ['closures:operate', close('reason: CUSTOMER_REQUEST, initiator: PARTNER')],
    ['closures:operate', close('reason: FRAUD')],
    ['closures:operate', close('reason: SANCTIONS, initiator: AUTHORITY')],
    ['closures:operate', RESOLVE],
  ])('%s alone is needed for %s', async (scope, document) => {
    const others = ['closures:read', 'closures:write', 'closures:operate'].filter((name) => name !== scope).join(' ');
    const granted = await api.graphql(document, {}, { 'x-test-scopes': scope });
    const refused = await api.graphql(document, {}, { 'x-test-scopes': others });
    expect(granted.errors).toEqual([]);
    expect(refused.errors.map(({ message, extensions }) => [message, extensions['code']])).toEqual([[`This needs the scope ${scope}.`, 'FORBIDDEN']]);
  });

  test.each([['a query', READ], ['the SDL', '{ _service { sdl } }'], ['introspection', '{ __schema { queryType { name } } }'], ['no GraphQL', '{']])(
    'who is not known gets nothing: %s',
    async (_what, document) => {
      const answer = await api.graphql(document, {}, { 'x-test-subject': 'nobody' });
      expect(answer.status).toBe(401);
      expect(answer.data).toBeNull();
      expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual(['UNAUTHENTICATED']);
    },
  );
});
