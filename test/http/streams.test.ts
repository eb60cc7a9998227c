import type { Closure } from '../../src/domain/closure';
import { pause } from '../faults/waiting';
import { type Api, startApi } from '../support/api';
import { byToken, changeClosure, follow, resolveClosure, sseClient, statusesOf, WATCH, wsClient } from '../support/watching';

let api: Api;
let closure: Closure;
beforeAll(async () => {
  api = await startApi({ authenticate: byToken, introspection: false });
});
afterAll(() => api.close());
beforeEach(async () => {
  api.logged.length = 0;
  closure = await api.seed();
});

const change = (set: Parameters<typeof changeClosure>[2]) => changeClosure(api, closure.id, set);

const clients = {
  'a WebSocket': (token?: string) => wsClient(api.url, { connectionParams: token === undefined ? {} : { authorization: token } }),
  'server-sent events': (token?: string) => sseClient(api.url, { headers: token === undefined ? {} : { authorization: token } }),
};
const transports = Object.keys(clients) as (keyof typeof clients)[];

describe.each(transports)('over %s', (transport) => {
  const connect = clients[transport];
  const codes = (end: unknown) => JSON.stringify(end);

  it('a closure is given as it is, then with each change, until its end', async () => {
    const followed = follow(connect('default/someone'), { id: closure.id });
    await followed.atLeast(1);
    await change({ status: 'CLOSING' });
    await followed.atLeast(2);
    await change({ providerStatus: 'LOCKED' });
    await followed.atLeast(3);
    await change({ status: 'CLOSED' });
    expect(await followed.end).toBe('complete');
    expect(statusesOf(followed)).toEqual(['REQUESTED', 'CLOSING', 'CLOSING', 'CLOSED']);
    expect(followed.results.map(({ data }) => data?.closureUpdated.version)).toEqual([1, 2, 3, 4]);
    expect(api.logged).toEqual([]);
  });

  it('one that waits for a person is followed on, until the person has decided', async () => {
    await change({ status: 'CLOSING' });
    const followed = follow(connect('default/someone'), { id: closure.id });
    await followed.atLeast(1);
    await change({ status: 'NEEDS_REVIEW' });
    await followed.atLeast(2);
    expect(await Promise.race([followed.end, pause(300)])).toBeUndefined();
    await resolveClosure(api, closure.id);
    expect(await followed.end).toBe('complete');
    expect(statusesOf(followed)).toEqual(['CLOSING', 'NEEDS_REVIEW', 'CLOSED']);
    expect(api.logged).toEqual([]);
  });

  it.each([
    ['unknown', 'default/someone', '01890000-0000-7000-8000-000000000000'],
    ['of another tenant', 'other/someone', null],
  ])('a closure that is %s completes without a word', async (_what, token, id) => {
    const followed = follow(connect(token), { id: id ?? closure.id });
    expect(await followed.end).toBe('complete');
    expect(followed.results).toEqual([]);
    expect(api.logged).toEqual([]);
  });

  it('an expired token ends it, at that moment', async () => {
    const followed = follow(connect(`default/someone/${Date.now() + 400}`), { id: closure.id });
    await followed.atLeast(1);
    expect(await followed.end).toBe('complete');
    expect(statusesOf(followed)).toEqual(['REQUESTED']);
  });

  it('it needs the scope', async () => {
    const followed = follow(connect('default/someone//closures:write'), { id: closure.id });
    const end = await followed.end;
    expect(codes([followed.results, end])).toContain('"code":"FORBIDDEN"');
    expect(codes([followed.results, end])).toMatch(/"correlationId":"[0-9a-f-]{36}"/);
  });

  it.each([
    ['does not parse', 'subscription { closureUpdated(closureId: "DE89370400440532013000"', 'GRAPHQL_PARSE_FAILED'],
    ['is not valid', 'subscription { closureUpdate(closureId: "DE89370400440532013000") { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['looks into the schema', '{ __schema { types { name } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['is too large', `{ ${Array.from({ length: 501 }, (_, i) => `a${i}: __typename`).join(' ')} }`, 'GRAPHQL_VALIDATION_FAILED'],
    ['has a variable of the wrong type', WATCH, 'BAD_USER_INPUT'],
  ])('a document that %s is refused as by POST', async (_what, query, code) => {
    const followed = follow(connect('default/someone'), { id: ['DE89370400440532013000'] }, query);
    const text = JSON.stringify([await followed.end, followed.results]);
    expect(text).toContain(`"code":"${code}"`);
    expect(text).not.toContain('DE8937');
    const byPost = await api.graphql(query, { id: ['DE89370400440532013000'] }, { authorization: 'default/someone' });
    if (!query.includes('$id')) expect(text).toContain(JSON.stringify(byPost.errors[0]?.message));
    expect(api.logged).toEqual([]);
  });

  it('what breaks is masked, and logged whole', async () => {
    const followed = follow(connect('default/someone'), { id: closure.id });
    await followed.atLeast(1);
    api.watched.fail('closures', new Error('The disk says DE89370400440532013000.'));
    try {
      const { id, version } = closure;
      await api.watched.store.commit({ id, guard: { version }, set: { status: 'CLOSING' }, visible: true, lease: 'release' });
      const end = await followed.end;
      const text = JSON.stringify([followed.results.slice(1), end]);
      expect(text).toContain('"message":"Internal error"');
      expect(text).not.toContain('disk');
    } finally {
      api.watched.fail('closures', null);
    }
    const [line] = api.logged;
    expect(line?.fields['err']).toMatchObject({ message: expect.stringContaining('The disk says') });
    expect(line?.fields['correlationId']).toEqual(expect.any(String));
  });

  it('queries and mutations are answered, too', async () => {
    const asked = follow<unknown>(connect('default/someone'), {}, '{ closureProviders { id } }');
    expect(await asked.end).toBe('complete');
    expect(asked.results).toEqual([{ data: { closureProviders: [{ id: 'some_bank' }] } }]);
    const cancel = 'mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { status } } }';
    const told = follow<unknown>(connect('default/someone'), { id: closure.id }, cancel);
    expect(await told.end).toBe('complete');
    expect(told.results).toEqual([{ data: { cancelClosure: { closure: { status: 'CANCELLED' } } } }]);
  });

  it('what is loaded for an event is as old as the event', async () => {
    const followed = follow(connect('default/someone'), { id: closure.id });
    await followed.atLeast(1);
    await api.graphql('mutation ($id: ID!) { cancelClosure(closureId: $id) { error { code } } }', { id: closure.id }, { authorization: 'default/someone' });
    await followed.end;
    expect(followed.results.map(({ data }) => data?.closureUpdated.history.map(({ to }) => to))).toEqual([['REQUESTED'], ['REQUESTED', 'CANCELLED']]);
  });

  it('who stops is forgotten', async () => {
    const followed = follow(connect('default/someone'), { id: closure.id });
    await followed.atLeast(1);
    followed.stop();
    await followed.end;
    api.watched.reset();
    // Another one is told after everybody who was there before.
    const other = follow(connect('default/someone'), { id: closure.id });
    await other.atLeast(1);
    await change({ status: 'CLOSED' });
    await other.end;
    expect(statusesOf(followed)).toEqual(['REQUESTED']);
    // One look at first, one after the change, and those for the history and by the change itself.
    expect(api.watched.calls('closures')).toBe(5);
  });
});

describe('server-sent events', () => {
  const url = (query: string, variables: object = { id: closure.id }) =>
    `${api.url}/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify(variables))}`;
  const headers = { accept: 'text/event-stream', authorization: 'default/someone', 'apollo-require-preflight': 'yes' };

  it('come by GET, too, with the headers of every answer, beginning with a comment', async () => {
    await change({ status: 'CLOSED' });
    const response = await fetch(url(WATCH), { headers: { ...headers, 'x-correlation-id': 'my-own-id-1' } });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-correlation-id': 'my-own-id-1',
    });
    expect(await response.text()).toMatch(/^:\n\nevent: next\ndata: {"data":{"closureUpdated":{.*"CLOSED".*}}}\n\nevent: complete\ndata:\n\n$/);
  });

  it('do not come for a GET that a foreign page could make', async () => {
    const response = await fetch(url(WATCH), { headers: { accept: headers.accept, authorization: headers.authorization } });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('BAD_REQUEST')]);
  });

  it('carry no mutation by GET', async () => {
    const response = await fetch(url('mutation ($id: ID!) { cancelClosure(closureId: $id) { error { code } } }'), { headers });
    expect(await response.text()).toContain('A mutation is taken by POST alone.');
    const [stored] = await api.watched.store.closures('default', [closure.id]);
    expect(stored?.status).toBe('REQUESTED');
  });

  it.each([
    ['nobody known', 401, { authorization: '' }, { query: '{ closureProviders { id } }' }],
    ['no document', 400, {}, {}],
    ['variables that are a list', 400, {}, { query: '{ closureProviders { id } }', variables: [] }],
  ])('%s is refused as otherwise', async (_what, status, given, body) => {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { ...headers, ...given, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, status === 401 ? 'Bearer' : null]);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('do not come to a client that takes JSON as well', async () => {
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
    const response = await fetch(url('{ closureProviders { id } }'), { headers: { ...headers, accept } });
    expect(response.headers.get('content-type')).toMatch(/json/);
    expect(await response.json()).toMatchObject({ data: { closureProviders: expect.any(Array) } });
  });

  it('know no connection that several operations share', async () => {
    const reserved = await fetch(`${api.url}/graphql`, { method: 'PUT', headers });
    expect(reserved.status).toBe(405);
  });
});
