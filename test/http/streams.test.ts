import type { Closure } from '../../src/domain/closure';
import type { Authenticate } from '../../src/http/authenticate';
import { type Api, startApi } from '../support/api';
import { openConnection } from '../support/raw-http';
import { follow, sseClient, statusesOf, WATCH, wsClient } from '../support/watching';

/** The token says who and until when: "tenant/subject", "tenant/subject/2026-…" or "…/scopes". */
const byToken: Authenticate = async ({ headers }) => {
  const [tenant, subject, expires, scopes = 'closures:read closures:write'] = (headers.authorization ?? '').split('/');
  if (!tenant || !subject) return null;
  return { tenant, subject, scopes: new Set(scopes.split(' ') as never[]), expiresAt: expires ? Number(expires) : undefined };
};

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

async function change(set: Partial<Pick<Closure, 'status' | 'providerStatus'>>): Promise<void> {
  const [current] = await api.watched.store.closures('default', [closure.id]);
  const written = await api.watched.store.commit({ id: closure.id, guard: { version: current?.version ?? 0 }, set, visible: true, lease: 'release' });
  if (!written) throw new Error('The change did not match.');
}

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
      const [current] = await api.watched.store.list('default', {}, 1, null);
      await api.watched.store.commit({ id: closure.id, guard: { version: current?.version ?? 0 }, set: { status: 'CLOSING' }, visible: true, lease: 'release' });
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
    const told = follow<unknown>(connect('default/someone'), { id: closure.id }, 'mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { status } } }');
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

  it('know no connection that several operations share', async () => {
    const reserved = await fetch(`${api.url}/graphql`, { method: 'PUT', headers });
    expect(reserved.status).toBe(405);
  });
});

describe('a WebSocket', () => {
  const upgrade = (path: string, given: Record<string, string> = {}) => {
    const headers = { host: new URL(api.url).host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-protocol': 'graphql-transport-ws', ...given };
    return `GET ${path} HTTP/1.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  };

  it.each([
    ['another origin', '/graphql', { origin: 'https://evil.example' }, /^HTTP\/1\.1 403 [\s\S]*FORBIDDEN/],
    ['a sandboxed page', '/graphql', { origin: 'null' }, /^HTTP\/1\.1 403 [\s\S]*FORBIDDEN/],
    ['another address', '/livez', {}, /^HTTP\/1\.1 404 [\s\S]*NOT_FOUND/],
  ])('is refused to %s', async (_what, path, headers, answer) => {
    const connection = await openConnection(api.url);
    connection.send(upgrade(path, headers));
    expect(await connection.received(/correlationId/)).toMatch(answer);
    await connection.closed;
  });

  it('is given to a page of the same origin, and to who is no page', async () => {
    for (const headers of [{ origin: api.url }, undefined]) {
      const connection = await openConnection(api.url);
      connection.send(upgrade('/graphql?some=thing', headers));
      expect(await connection.received(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 101 [\s\S]*graphql-transport-ws/i);
      connection.socket.destroy();
    }
  });

  it('takes the token of the upgrade where the first message has none', async () => {
    const followed = follow(wsClient(api.url, {}, { authorization: 'default/someone' }), { id: closure.id });
    await followed.atLeast(1);
    followed.stop();
  });

  it.each([['authorization'], ['Authorization']])('takes the token of the first message as %s', async (name) => {
    const client = wsClient(api.url, { connectionParams: { [name]: 'default/someone' } }, { authorization: 'other/someone' });
    const followed = follow(client, { id: closure.id });
    await followed.atLeast(1);
    followed.stop();
  });

  it.each([
    ['without a token', undefined],
    ['with a token that is not good', 'nonsense'],
  ])('is closed with 4403 %s', async (_what, authorization) => {
    const followed = follow(wsClient(api.url, { connectionParams: { authorization } }), { id: closure.id });
    expect(await followed.end).toMatchObject({ code: 4403 });
  });

  it('is closed with 4403 when a token that has expired asks again, so that the client brings a new one', async () => {
    let tokens = 0;
    const connectionParams = () => {
      tokens += 1;
      return { authorization: `default/someone/${Date.now() + (tokens === 1 ? 300 : 60_000)}` };
    };
    const client = wsClient(api.url, { connectionParams, retryAttempts: 3, retryWait: async () => {}, lazy: false });
    const first = follow(client, { id: closure.id });
    await first.atLeast(1);
    await first.end;
    const second = follow(client, { id: closure.id });
    await second.atLeast(1);
    expect(tokens).toBe(2);
    second.stop();
    await client.dispose();
  });

  it('has room for a hundred operations at once, and says so to the next', async () => {
    const client = wsClient(api.url, { connectionParams: { authorization: 'default/someone' } });
    const all = Array.from({ length: 100 }, () => follow(client, { id: closure.id }));
    await Promise.all(all.map((followed) => followed.atLeast(1)));
    const oneMore = follow(client, { id: closure.id });
    expect(await oneMore.end).toMatchObject([{ message: 'One connection has room for 100 operations at once.', extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
    all[0]?.stop();
    const next = follow(client, { id: closure.id });
    await next.atLeast(1);
    await change({ status: 'CLOSED' });
    expect(new Set(await Promise.all([...all.slice(1), next].map(({ end }) => end)))).toEqual(new Set(['complete']));
  });

  it('is closed for a message that is too large, and for one that is none; nothing of it is logged', async () => {
    const client = wsClient(api.url, { connectionParams: { authorization: 'default/someone' } });
    const large = follow(client, { id: 'x'.repeat(300_000) });
    expect(await large.end).toMatchObject({ code: 1009 });
    const connection = await openConnection(api.url);
    connection.send(upgrade('/graphql'));
    await connection.received(/\r\n\r\n/);
    // A masked text frame of five letters, RFC 6455 section 5.2.
    connection.socket.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]));
    await connection.closed;
    expect(api.logged).toEqual([]);
  });

  it('does not take requests from clients that offer HTTP/2 beside', async () => {
    const connection = await openConnection(api.url);
    const body = JSON.stringify({ query: '{ closureProviders { id } }' });
    connection.send(
      `POST /graphql HTTP/1.1\r\nHost: gateway\r\nAuthorization: default/someone\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    connection.send(body.slice(5));
    expect(await connection.received(/"data"/)).toMatch(/^HTTP\/1\.1 200 [\s\S]*{"data":{"closureProviders":\[{"id":"some_bank"}\]}}/);
    connection.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await connection.received(/alive/);
    connection.socket.destroy();
  });
});
