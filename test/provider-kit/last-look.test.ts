import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProviderHttp } from '../../src/provider-kit/http';
import { httpContext } from '../support/http-context';

const TIMEOUT_MS = 1_000;
/** So much time passes between two looks at the kit's clock, ms. The machine's timers know nothing of it, as after a stop. */
let stepMs: number;
let arrived: number;
let server: Server;
let http: ProviderHttp;

beforeEach(async () => {
  let now = 0;
  arrived = 0;
  server = createServer((_request, response) => {
    arrived += 1;
    response.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = new ProviderHttp({ baseUrl, context: httpContext({ timeoutMs: TIMEOUT_MS, clock: { monotonic: () => (now += stepMs) } }) });
});
afterEach(async () => {
  await http.dispose();
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

const close = (afterMs: number) => {
  stepMs = afterMs;
  return http.send({ method: 'DELETE', path: '/accounts/1', headers: {}, beforeFirstByte: async () => {} });
};

it('a request whose connection comes after its deadline does not leave, and says so', async () => {
  // It is looked at twice: after the mark, and with the connection.
  expect(await close(TIMEOUT_MS / 2)).toEqual({ kind: 'notSent', cause: 'late' });
  // Whatever else leaves on that connection comes after it.
  expect(await close(0)).toMatchObject({ kind: 'answer', status: 200 });
  expect(arrived).toBe(1);
});

it('a request whose connection comes in time leaves', async () => {
  expect(await close(TIMEOUT_MS / 2 - 1)).toMatchObject({ kind: 'answer', status: 200 });
  expect(arrived).toBe(1);
});
