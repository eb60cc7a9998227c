import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ProviderAnswer, ProviderHttp, type ProviderRequest } from '../../src/provider-kit/http';
import { httpContext, toldBy } from '../support/http-context';

type Mood = number | 'reset' | 'hang';

let server: Server;
let http: ProviderHttp;
let mood: Mood;
/** Methods of the requests that arrived. */
let arrived: string[];
let hanging: ServerResponse[];
let told: string[];
const clock = { at: 0, monotonic: () => clock.at };

beforeEach(async () => {
  [mood, arrived, hanging, told] = [200, [], [], []];
  server = createServer((request, response) => {
    arrived.push(request.method ?? '');
    if (mood === 'hang') hanging.push(response);
    else if (mood === 'reset') request.socket.resetAndDestroy();
    else response.writeHead(mood).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const context = httpContext({ clock, timeoutMs: 300, retryMs: { min: 1_000, max: 900_000 }, telemetry: toldBy(told) });
  http = new ProviderHttp({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, context });
});
afterEach(async () => {
  await http.dispose();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const read: ProviderRequest = { method: 'GET', path: '/account', headers: {} };
const close: ProviderRequest = { method: 'DELETE', path: '/account', headers: {}, beforeFirstByte: async () => {} };

async function times(count: number, request: ProviderRequest = close): Promise<ProviderAnswer[]> {
  const answers: ProviderAnswer[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await http.send(request));
  return answers;
}

const resting = (retryAfterMs: number) => ({ kind: 'notSent', cause: 'resting', retryAfterMs });

describe('a provider that does not answer', () => {
  it.each([500, 503, 'reset', 'hang'] as const)('%p: is left alone after five requests in a row', async (trouble) => {
    mood = trouble;
    await times(5);
    mood = 200;
    let marks = 0;
    const marked = { ...close, beforeFirstByte: async () => void (marks += 1) };
    expect(await http.send(marked)).toEqual(resting(1_000));
    clock.at += 400;
    expect(await http.send(marked)).toEqual(resting(600));
    expect([arrived.length, marks]).toEqual([5, 0]);
    expect(told).toEqual(['write open 1000']);
  });

  it('is left alone when nobody listens', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect((await times(6)).map((answer) => answer.kind === 'notSent' && answer.cause)).toEqual([...Array(5).fill('refused'), 'resting']);
  });

  it('is tried once it has rested, by one request at a time, and rests longer after each that fails', async () => {
    mood = 500;
    await times(5);
    clock.at += 1_000;
    mood = 'hang';
    const [tried, refused] = await Promise.all([http.send(close), http.send(close)]);
    expect(tried).toMatchObject({ kind: 'lost', cause: 'timeout' });
    expect(refused).toEqual(resting(1_000));
    expect(await http.send(close)).toEqual(resting(2_000));
    expect(arrived).toHaveLength(6);
    expect(told).toEqual(['write open 1000', 'write trying', 'write open 2000']);
  });

  it('rests for half a minute at most', async () => {
    mood = 500;
    await times(5);
    for (let round = 0; round < 12; round += 1) {
      clock.at += 30_000;
      await http.send(close);
    }
    expect(await http.send(close)).toEqual(resting(30_000));
  });

  it('is used by everybody again after one answer, and the next rest is as short as the first', async () => {
    mood = 500;
    await times(5);
    clock.at += 1_000;
    mood = 404;
    expect(await http.send(close)).toMatchObject({ kind: 'answer', status: 404 });
    expect(await Promise.all([http.send(close), http.send(close)])).toMatchObject([{ status: 404 }, { status: 404 }]);
    mood = 500;
    await times(5);
    expect(await http.send(close)).toEqual(resting(1_000));
    expect(told).toEqual(['write open 1000', 'write trying', 'write closed', 'write open 1000']);
  });

  it('is used again when one of the requests from before is answered after all', async () => {
    mood = 'hang';
    const slow = http.send(close);
    while (hanging.length < 1) await new Promise((resolve) => setImmediate(resolve));
    mood = 500;
    await times(5);
    expect(await http.send(close)).toEqual(resting(1_000));
    hanging[0]?.end();
    expect(await slow).toMatchObject({ status: 200 });
    mood = 200;
    expect(await http.send(close)).toMatchObject({ status: 200 });
  });
});

describe('what does not count against a provider', () => {
  it.each([400, 401, 404, 409, 422, 429])('%i', async (status) => {
    mood = status;
    await times(10);
    expect(arrived).toHaveLength(10);
  });

  it('four failures, then an answer', async () => {
    for (let round = 0; round < 4; round += 1) {
      mood = 500;
      await times(4);
      mood = 200;
      await times(1);
    }
    expect(arrived).toHaveLength(20);
  });

  it('a mark that could not be written, even by the request that tries', async () => {
    const unmarked = { ...close, beforeFirstByte: () => Promise.reject(new Error('no mark')) };
    for (let round = 0; round < 6; round += 1) await expect(http.send(unmarked)).rejects.toThrow('no mark');
    mood = 500;
    await times(5);
    clock.at += 1_000;
    await expect(http.send(unmarked)).rejects.toThrow('no mark');
    mood = 200;
    expect(await http.send(close)).toMatchObject({ status: 200 });
  });

  it('requests that the gateway gave up itself', async () => {
    const busy = new ProviderHttp({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      context: httpContext({ timeoutMs: 10_000, retryMs: { min: 1_000, max: 1_000 } }),
      connections: 1,
      queueWaitMs: 30,
    });
    mood = 'hang';
    const first = busy.send(close);
    for (let round = 0; round < 6; round += 1) expect(await busy.send(close)).toEqual({ kind: 'notSent', cause: 'poolFull' });
    hanging[0]?.end();
    await first;
    mood = 200;
    expect(await busy.send(close)).toMatchObject({ status: 200 });
    await busy.dispose();
  });
});

it('reads, closes and tokens fail apart: the answers to one do not speak for the other', async () => {
  const token: ProviderRequest = { method: 'POST', path: '/token', headers: {} };
  for (let round = 0; round < 5; round += 1) {
    mood = 500;
    await http.send(close);
    mood = 200;
    await http.send(read);
    await http.send(token);
  }
  expect(await http.send(close)).toEqual(resting(1_000));
  expect(await http.send(read)).toMatchObject({ status: 200 });
  expect(await http.send(token)).toMatchObject({ status: 200 });
});

it('a request that waited while the provider went down is refused before its mark', async () => {
  const single = new ProviderHttp({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    context: httpContext({ timeoutMs: 10_000, retryMs: { min: 60_000, max: 60_000 } }),
    connections: 1,
    queueWaitMs: 10_000,
  });
  mood = 'hang';
  let marks = 0;
  const marked = { ...close, beforeFirstByte: async () => void (marks += 1) };
  const all = Array.from({ length: 8 }, () => single.send(marked));
  for (let index = 0; index < 5; index += 1) {
    while (hanging.length <= index) await new Promise((resolve) => setImmediate(resolve));
    hanging[index]?.writeHead(503).end();
  }
  const answers = await Promise.all(all);
  expect(answers.slice(5)).toMatchObject(Array.from({ length: 3 }, () => ({ kind: 'notSent', cause: 'resting' })));
  expect([marks, arrived.length]).toEqual([5, 5]);
  await single.dispose();
});
