import { type Api, startApi } from '../support/api';
import { openConnection } from '../support/raw-http';
import { upgradeRequest } from '../support/watching';

const APP = 'https://app.example';
const OTHER = 'https://evil.example';

let api: Api;
beforeAll(async () => {
  api = await startApi({ allowedOrigins: [APP] });
});
afterAll(() => api.close());

/** What a browser asks before a page's request. */
function preflight(url: string, origin: string, method = 'POST', path = '/graphql'): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' },
  });
}

it('a browser is told what a page of an allowed origin may send', async () => {
  const { status, headers } = await preflight(api.url, APP);
  expect(status).toBe(204);
  expect(Object.fromEntries(headers)).toMatchObject({
    'access-control-allow-origin': APP,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, apollo-require-preflight, x-apollo-operation-name, x-correlation-id',
    'access-control-max-age': '7200',
    vary: expect.stringMatching(/origin/i),
  });
  // Nothing is sent along without the page's doing.
  expect(headers.get('access-control-allow-credentials')).toBeNull();
});

const OTHERS = [
  ['another origin', OTHER],
  ['a sandboxed page', 'null'],
  ['an origin that begins alike', `${APP}.evil.example`],
] as const;

it.each([['a page of an allowed origin', APP, 101] as const, ...OTHERS.map(([what, origin]) => [what, origin, 403] as const)])(
  'a WebSocket for %s, which is %s: %i',
  async (_what, origin, status) => {
    const connection = await openConnection(api.url);
    connection.send(upgradeRequest('/graphql', { origin }));
    expect(await connection.received(/\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    connection.socket.destroy();
  },
);

it.each(OTHERS)('nothing is allowed to %s, whose requests are served as those of any program', async (_what, origin) => {
  const asked = await preflight(api.url, origin);
  expect(asked.headers.get('access-control-allow-origin')).toBeNull();
  const { status, headers } = await api.graphql('{ closureProviders { id } }', {}, { origin });
  expect({ status, origin: headers.get('access-control-allow-origin') }).toEqual({ status: 200, origin: null });
});

it('only the API is allowed, and refusals of it can be read', async () => {
  for (const path of ['/metrics', '/readyz', '/webhooks/upvest', '/graphqlx', '/graphql/', '/graphql/x']) {
    const asked = await preflight(api.url, APP, 'GET', path);
    expect([path, asked.headers.get('access-control-allow-origin')]).toEqual([path, null]);
  }
  const tooLarge = await fetch(`${api.url}/graphql`, { method: 'POST', headers: { origin: APP, 'content-type': 'application/json' }, body: 'x'.repeat(300_000) });
  expect({ status: tooLarge.status, origin: tooLarge.headers.get('access-control-allow-origin') }).toEqual({ status: 413, origin: APP });
});

it('what is no preflight is answered as without the setting', async () => {
  for (const headers of [[], [['origin', APP]]] as [string, string][][]) {
    const answer = await fetch(`${api.url}/graphql`, { method: 'OPTIONS', headers });
    expect({ status: answer.status, allow: answer.headers.get('allow') }).toEqual({ status: 405, allow: 'GET, POST' });
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
  }
});

it('without the setting nobody is told anything', async () => {
  const closed = await startApi();
  const { status, headers } = await preflight(closed.url, APP);
  expect({ status, origin: headers.get('access-control-allow-origin') }).toEqual({ status: 405, origin: null });
  await closed.close();
});
