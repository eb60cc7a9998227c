import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { refuseUnparsed } from '../../src/http/error-answer';
import { startApi, type Api } from '../support/api';
import { openConnection } from '../support/raw-http';

const IDE = '<!doctype html><title>IDE</title><script>1</script>';
const QUERY = '{ closureProviders { id } }';
const JSON_TYPE = { 'content-type': 'application/json' };

let api: Api;
beforeAll(async () => {
  api = await startApi({ introspection: false });
});
afterAll(() => api.close());
beforeEach(() => {
  api.logged.length = 0;
});

const post = (body: string, headers: Record<string, string> = JSON_TYPE) => fetch(`${api.url}/graphql`, { method: 'POST', headers, body });

async function codeOf(response: Response): Promise<unknown> {
  const body = (await response.json()) as { errors: { extensions: { code: string } }[] };
  return body.errors[0]?.extensions.code;
}

describe('queries', () => {
  test('go by POST and by GET', async () => {
    const answers = [
      await post(JSON.stringify({ query: QUERY })),
      await fetch(`${api.url}/graphql?query=${encodeURIComponent(QUERY)}`, { headers: { 'apollo-require-preflight': 'yes' } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ data: { closureProviders: [] } });
    }
  });

  test('a mutation by GET is 405 and changes nothing', async () => {
    const closure = await api.seed({ status: 'NEEDS_REVIEW' });
    const mutation = `mutation { resolveClosure(input: { closureId: "${closure.id}", outcome: CLOSED, note: "n", expectedVersion: 1 }) { error { code } } }`;
    const answer = await fetch(`${api.url}/graphql?query=${encodeURIComponent(mutation)}`, { headers: { 'apollo-require-preflight': 'yes' } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    const [stored] = await api.watched.store.closures('default', [closure.id]);
    expect(stored?.status).toBe('NEEDS_REVIEW');
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is 405', async (method) => {
    const answer = await fetch(`${api.url}/graphql`, { method });
    expect([answer.status, answer.headers.get('allow'), await codeOf(answer)]).toEqual([405, 'GET, POST', 'METHOD_NOT_ALLOWED']);
  });

  test('HEAD is 405, for there is nothing to be told without a query', async () => {
    const answer = await fetch(`${api.url}/graphql`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('allow'), await answer.text()]).toEqual([405, 'GET, POST', '']);
  });

  test('a GET that a foreign page could make is refused', async () => {
    const answer = await fetch(`${api.url}/graphql?query=${encodeURIComponent(QUERY)}`);
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  test('a batch is refused', async () => {
    const answer = await post(JSON.stringify([{ query: QUERY }, { query: QUERY }]));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  test('a hash in place of a query is not taken', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } };
    const answer = await post(JSON.stringify({ query: QUERY, extensions }));
    expect(await codeOf(answer)).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
  });

  test('introspection is off when it is off, and then no suggestion tells the schema either', async () => {
    const introspected = await api.graphql('{ __schema { types { name } } }');
    expect(introspected.errors.map(({ extensions }) => extensions['code'])).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    const mistyped = await api.graphql('{ closureProvider { id } }');
    expect(mistyped.errors.map(({ message }) => message)).toEqual(['Cannot query field "closureProvider" on type "Query".']);
    const document = 'query ($filter: ClosureFilter) { closures(filter: $filter) { edges { node { id } } } }';
    for (const filter of [{ status: ['CLOSE'] }, { statu: ['CLOSED'] }]) {
      const { errors } = await api.graphql(document, { filter });
      expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^Variable "\$filter" got an invalid value(?!.*Did you mean)/)]);
    }
  });

  test('a hundred aliases with long ids fit', async () => {
    const fields = Array.from({ length: 100 }, (_, i) => `a${i}: closureStatus(closureId: "${'k'.repeat(1_000)}") { id }`);
    const { status, errors } = await api.graphql(`{ ${fields.join(' ')} }`);
    expect([status, errors]).toEqual([200, []]);
  });
});

describe('what HTTP refuses comes back as JSON without an echo', () => {
  test.each([
    ['malformed JSON', '{"query": "DE89370400440532013000', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['no JSON', 'DE89370400440532013000', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['an empty body', '', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['a poisoned prototype', '{"__proto__": {"DE89370400440532013000": 1}}', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['text', '{"query":"{ DE89370400440532013000 }"}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', 'query=DE89370400440532013000', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['multipart', '--x--', { 'content-type': 'multipart/form-data; boundary=x' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body that is too large', JSON.stringify({ query: 'DE89370400440532013000'.repeat(15_000) }), JSON_TYPE, 413, 'BODY_TOO_LARGE'],
    ['a body without a query', '{"iban": "DE89370400440532013000"}', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['a query that is no string', '{"query": {"a": "DE89370400440532013000"}}', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['variables that are a string', '{"query": "{ closureProviders { id } }", "variables": "DE89370400440532013000"}', JSON_TYPE, 400, 'BAD_REQUEST'],
  ])('%s', async (_what, body, headers, status, code) => {
    const answer = await post(body, headers);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code, correlationId: answer.headers.get('x-correlation-id') });
    expect(text).not.toMatch(/DE8937|stack|FST_/);
    expect(api.logged).toEqual([]);
  });

  test.each(['gzip', 'br', 'gzip, gzip'])('a body in %s', async (coding) => {
    const body = gzipSync(JSON.stringify({ query: QUERY }));
    const answer = await fetch(`${api.url}/graphql`, { method: 'POST', headers: { ...JSON_TYPE, 'content-encoding': coding }, body });
    expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'identity']);
    expect(await answer.json()).toMatchObject({
      errors: [{ message: 'The body must be application/json, and not compressed.', extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }],
    });
  });

  test('a body that says it is not compressed is taken', async () => {
    const answer = await post(JSON.stringify({ query: QUERY }), { ...JSON_TYPE, 'content-encoding': 'identity' });
    expect(answer.status).toBe(200);
  });

  test.each(['/', '/graphql/', '/DE89370400440532013000', '/%zz'])('nothing is at %s', async (path) => {
    const answer = await fetch(`${api.url}${path}`);
    const text = await answer.text();
    expect([answer.status, JSON.parse(text).errors[0].extensions.code]).toEqual(path === '/%zz' ? [400, 'BAD_REQUEST'] : [404, 'NOT_FOUND']);
    expect(text).not.toMatch(/DE8937|%zz/);
  });

  test.each(['bad host', '[', 'a@b:c', '[::1]:4000', ''])('the Host header "%s" breaks nothing', async (host) => {
    const connection = await openConnection(api.url);
    const body = JSON.stringify({ query: QUERY });
    connection.send(`POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    await connection.closed;
    expect(await connection.received(/^HTTP\/1\.1 (200|400) /)).toBeDefined();
    expect(api.logged).toEqual([]);
  });
});

describe('what is no HTTP, or too much of it,', () => {
  test.each([
    ['nonsense', 'GARBAGE\r\n\r\n', 400, 'BAD_REQUEST'],
    ['headers of 20 KiB', `GET /livez HTTP/1.1\r\nHost: gateway\r\nX-Long: ${'x'.repeat(20_480)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['an address of 20 KiB', `GET /graphql?query=${'x'.repeat(20_480)} HTTP/1.1\r\nHost: gateway\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['two lengths', 'POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{', 400, 'BAD_REQUEST'],
  ])('is refused in the shape of GraphQL errors: %s', async (_what, text, status, code) => {
    const connection = await openConnection(api.url);
    connection.send(text);
    const answer = await connection.received(/\}$/);
    await connection.closed;
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/^connection: close$/im);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code } }] });
    expect(api.logged).toEqual([]);
  });

  test('is never written into an answer that is under way', async () => {
    const closure = await api.seed();
    const connection = await openConnection(api.url);
    const query = `subscription { closureUpdated(closureId: "${closure.id}") { id } }`;
    connection.send(`GET /graphql?query=${encodeURIComponent(query)} HTTP/1.1\r\nHost: gateway\r\nAccept: text/event-stream\r\nApollo-Require-Preflight: 1\r\n\r\n`);
    await connection.received(new RegExp(closure.id));
    connection.send('GARBAGE\r\n\r\n');
    await connection.closed;
    expect(await connection.received(/^/)).not.toContain('HTTP/1.1 400');
  });

  test('is refused by 408 where it takes too long', async () => {
    const server = createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 20 }).on('clientError', (error, socket) => refuseUnparsed(error, socket as Socket, false));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = await openConnection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    connection.send('GET / HTTP/1.1\r\n');
    expect(await connection.received(/\}$/)).toMatch(/^HTTP\/1\.1 408 [^]*"REQUEST_TIMEOUT"/);
    await connection.closed;
    server.close();
  });
});

describe('the correlation id', () => {
  test.each(['abcdefgh', 'A.b_c-0123456', 'x'.repeat(64), '4bf92f3577b34da6a3ce929d0e0e4736'])('%s is taken and echoed', async (id) => {
    const answer = await post(JSON.stringify({ query: QUERY }), { ...JSON_TYPE, 'x-correlation-id': id });
    expect(answer.headers.get('x-correlation-id')).toBe(id);
  });

  const NUMBERS = ['DE89370400440532013000', '0370040044053201', 'k9-Zm9vYmFy12QxYmF6L3F1eA_.xyz0x'];
  test.each([...NUMBERS, 'short', 'x'.repeat(65), 'has space in it', 'abcdefgh, ijklmnop', 'abcdefgh<script>'])('"%s" is replaced', async (id) => {
    const answer = await fetch(`${api.url}/nowhere`, { headers: { 'x-correlation-id': id } });
    const fresh = answer.headers.get('x-correlation-id');
    expect(fresh).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await answer.text()).toContain(fresh);
  });

  test('is another one for every request', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.graphql('{ nonsense }')));
    const ids = answers.map(({ headers, errors }) => {
      expect(errors[0]?.extensions['correlationId']).toBe(headers.get('x-correlation-id'));
      return headers.get('x-correlation-id');
    });
    expect(new Set(ids).size).toBe(20);
  });
});

test.each(['/livez', '/metrics', '/nowhere', '/graphql'])('%s has the security headers and does not say what serves it', async (path) => {
  const { headers } = await fetch(`${api.url}${path}`);
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('server')).toBeNull();
});

describe('probes', () => {
  afterEach(() => api.watched.fail('ping', null));

  test('live, ready and measured', async () => {
    const [live, ready, metrics] = await Promise.all(['/livez', '/readyz', '/metrics'].map((path) => fetch(`${api.url}${path}`)));
    expect(await live?.json()).toEqual({ status: 'alive' });
    expect(await ready?.json()).toEqual({ status: 'ready' });
    expect(metrics?.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics?.text()).toContain('some_total 1');
  });

  test('unready, with a reason and not more, while the store takes no writes', async () => {
    api.watched.fail('ping', new Error('disk full'));
    const answer = await fetch(`${api.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'unready', reason: 'unhealthy' }]);
    expect(api.logged).toMatchObject([{ message: 'the health check failed', fields: { err: { message: 'disk full' } } }]);
  });
});

describe('a page at /graphql', () => {
  const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  test('is not there unless it is given', async () => {
    const answer = await fetch(`${api.url}/graphql`, { headers: browser });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
  });

  test('is for browsers, may run its own scripts, and leaves queries alone', async () => {
    const withIde = await startApi({ ide: IDE });
    try {
      const page = await fetch(`${withIde.url}/graphql`, { headers: browser });
      expect(await page.text()).toBe(IDE);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toBe(
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self'; frame-ancestors 'none'",
      );
      const query = await fetch(`${withIde.url}/graphql?query=${encodeURIComponent(QUERY)}`, { headers: { ...browser, ...JSON_TYPE } });
      expect(await query.json()).toEqual({ data: { closureProviders: [] } });
      expect(query.headers.get('cache-control')).toBe('no-store');
      // The page puts its query into its address, and people reload it.
      const reloaded = await fetch(`${withIde.url}/graphql?query=${encodeURIComponent(QUERY)}`, { headers: browser });
      expect([reloaded.status, await reloaded.text()]).toEqual([200, IDE]);
    } finally {
      await withIde.close();
    }
  });

  test('is kept by the browser until it changes', async () => {
    const withIde = await startApi({ ide: IDE });
    try {
      const page = await fetch(`${withIde.url}/graphql`, { headers: browser });
      expect([page.headers.get('cache-control'), page.headers.get('vary')]).toEqual(['no-cache', 'accept, origin']);
      const ask = (etag: string) => fetch(`${withIde.url}/graphql`, { headers: { ...browser, 'if-none-match': etag } });
      const same = await ask(String(page.headers.get('etag')));
      expect([same.status, await same.text()]).toEqual([304, '']);
      const changed = await ask('"another"');
      expect([changed.status, await changed.text()]).toEqual([200, IDE]);
    } finally {
      await withIde.close();
    }
  });
});

test('a caller that hangs up in the middle of a request is no error of ours', async () => {
  const connection = await openConnection(api.url);
  connection.send('POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  connection.socket.resetAndDestroy();
  await connection.closed;
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  expect(api.logged).toEqual([]);
});
