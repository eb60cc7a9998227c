import { startApi, type Api } from '../support/api';
import { openConnection } from '../support/raw-http';

const READY = 'GET /readyz HTTP/1.1\r\nHost: gateway\r\n\r\n';

let api: Api;
let release: () => void;
let entered: Promise<void>;

/** A gateway whose authenticator holds a request until the test lets it go. */
beforeEach(async () => {
  let enter: () => void;
  entered = new Promise((resolve) => (enter = resolve));
  const held = new Promise<void>((resolve) => (release = resolve));
  api = await startApi({
    authenticate: async () => {
      enter();
      await held;
      return { tenant: 'default', subject: 'someone', scopes: new Set(['closures:read'] as const) };
    },
  });
});
afterEach(async () => {
  release();
  await api.close();
});

test('a request under way gets its answer, and the connection is closed after it', async () => {
  const connection = await openConnection(api.url);
  const body = JSON.stringify({ query: '{ closureProviders { id } }' });
  connection.send(`POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await entered;
  let drained = false;
  const draining = api.server.drain().then(() => (drained = true));
  await expect(openConnection(api.url).then(({ closed }) => closed)).resolves.toBeUndefined();
  expect(drained).toBe(false);
  release();
  const answer = await connection.received(/"data"/);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  await draining;
  await connection.closed;
});

test('readiness is withdrawn at once', async () => {
  const connection = await openConnection(api.url);
  connection.send('GET /readyz HTTP/1.1\r\nHost: gateway\r\n');
  const busy = await openConnection(api.url);
  const body = JSON.stringify({ query: '{ closureProviders { id } }' });
  busy.send(`POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await entered;
  const draining = api.server.drain();
  connection.send('\r\n');
  expect(await connection.received(/reason/)).toMatch(/^HTTP\/1\.1 503 [\s\S]*"reason":"draining"/);
  release();
  await draining;
});

test('idle connections, and connections that never asked anything, do not hold it up', async () => {
  const [idle, mute] = [await openConnection(api.url), await openConnection(api.url)];
  idle.send(READY);
  await idle.received(/"ready"/);
  await api.server.drain();
  await Promise.all([idle.closed, mute.closed]);
});

test('nothing listens after it, and a second drain is as good as the first', async () => {
  await api.server.drain();
  await api.server.drain();
  await expect(fetch(`${api.url}/livez`)).rejects.toThrow('fetch failed');
});
