import { once } from 'node:events';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import type { Closure } from '../../src/domain/closure';
import { KeysUnavailable } from '../../src/http/identity/issuer-keys';
import { pause } from '../faults/waiting';
import { type Api, startApi } from '../support/api';
import { openConnection } from '../support/raw-http';
import { byToken, changeClosure, follow, upgradeRequest, WATCH, wsClient } from '../support/watching';

let api: Api;
let closure: Closure;
beforeAll(async () => {
  api = await startApi({ authenticate: byToken });
});
afterAll(() => api.close());
beforeEach(async () => {
  api.logged.length = 0;
  closure = await api.seed();
});

/** A connection on which somebody has said who they are, and that speaks the protocol by hand. */
async function openSocket(options: ClientOptions = {}): Promise<{ socket: WebSocket; closed: Promise<number>; say(message: object): void; told(type: string): Promise<void> }> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', options);
  const closed = once(socket, 'close').then(([code]) => code as number);
  const say = (message: object) => socket.send(JSON.stringify(message));
  const told = (type: string) =>
    new Promise<void>((resolve) => {
      const look = (message: RawData) => {
        if ((JSON.parse(String(message)) as { type: string }).type !== type) return;
        socket.off('message', look);
        resolve();
      };
      socket.on('message', look);
    });
  await once(socket, 'open');
  say({ type: 'connection_init', payload: { authorization: 'default/someone' } });
  await told('connection_ack');
  return { socket, closed, say, told };
}

describe('a WebSocket', () => {
  const upgrade = (path: string, headers: Record<string, string> = {}) => upgradeRequest(path, { host: new URL(api.url).host, ...headers });

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

  it('is closed with 1013 while it cannot be told who asks', async () => {
    const lost = await startApi({ authenticate: () => Promise.reject(new KeysUnavailable('The keys of the issuer cannot be had.')) });
    const followed = follow(wsClient(lost.url), { id: closure.id });
    expect(await followed.end).toMatchObject({ code: 1013 });
    expect(lost.logged).toEqual([]);
    await lost.close();
  });

  it('is closed with 4408 when nothing is said, and with 4401 when something is asked before that', async () => {
    const codes = ['', JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ closureProviders { id } }' } })].map(async (message) => {
      const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      await once(socket, 'open');
      if (message) socket.send(message);
      const [code] = (await once(socket, 'close')) as [number];
      return code;
    });
    expect(await Promise.all(codes)).toEqual([4408, 4401]);
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
    expect(api.logged).toEqual([]);
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
    await changeClosure(api, closure.id, { status: 'CLOSED' });
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

  it.each([[{ type: 'next', id: '1', payload: { data: null } }], [{ type: 'error', id: '1', payload: [{ message: 'No.' }] }], [{ type: 'connection_ack' }]])(
    'is closed with 4400 for a message that only the server sends, and nothing of it is logged: %j',
    async (message) => {
      const { closed, say } = await openSocket();
      say(message);
      expect(await closed).toBe(4400);
      expect(api.logged).toEqual([]);
    },
  );

  it('is cut off when its client sends on and reads nothing', async () => {
    const { socket, closed, say } = await openSocket();
    socket.on('error', () => undefined);
    socket.pause();
    // Some 50 kB each time.
    const query = '{ __schema { types { description fields { name description } } } }';
    for (let asked = 0; asked < 400 && socket.readyState === WebSocket.OPEN; asked += 1) {
      say({ id: String(asked), type: 'subscribe', payload: { query } });
      await pause(1);
    }
    socket.resume();
    expect(await closed).toBe(1006);
  });

  describe('that is asked every 25 s whether it is there', () => {
    const PING_MS = 25_000;
    /** The time after which a connection with nothing under way is closed, in pings. */
    const IDLE_PINGS = 12;
    beforeEach(() => {
      const others = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const;
      jest.useFakeTimers({ doNotFake: [...others] });
    });
    afterEach(() => void jest.useRealTimers());

    type Opened = Awaited<ReturnType<typeof openSocket>>;

    /** Waits until the gateway has read everything so far: the protocol's own ping comes after it. */
    async function read({ say, told }: Opened): Promise<void> {
      say({ type: 'ping' });
      await told('pong');
    }

    /** Lets the gateway ask, and waits until it has the answer. */
    async function pinged(opened: Opened): Promise<void> {
      const asked = once(opened.socket, 'ping');
      jest.advanceTimersByTime(PING_MS);
      await asked;
      await read(opened);
    }

    it('is cut off when no answer came', async () => {
      const { closed } = await openSocket({ autoPong: false });
      jest.advanceTimersByTime(2 * PING_MS);
      expect(await closed).toBe(1006);
    });

    it('is closed with 1001 when nothing was under way for five minutes, and kept for a subscription', async () => {
      const idle = await openSocket();
      for (let ping = 0; ping < IDLE_PINGS; ping += 1) await pinged(idle);
      const busy = await openSocket();
      busy.say({ id: '1', type: 'subscribe', payload: { query: WATCH, variables: { id: closure.id } } });
      await busy.told('next');
      jest.advanceTimersByTime(PING_MS);
      expect(await idle.closed).toBe(1001);
      for (let ping = 0; ping < 2 * IDLE_PINGS; ping += 1) await pinged(busy);
      busy.say({ id: '1', type: 'complete' });
      // What is answered before the next ping counts as well.
      for (let ping = 0; ping < 2 * IDLE_PINGS; ping += 1) {
        busy.say({ id: String(ping), type: 'subscribe', payload: { query: '{ closureProviders { id } }' } });
        await busy.told('complete');
        await pinged(busy);
      }
      for (let ping = 0; ping < IDLE_PINGS; ping += 1) await pinged(busy);
      jest.advanceTimersByTime(PING_MS);
      expect(await busy.closed).toBe(1001);
    });
  });

  it('does not take requests from clients that offer HTTP/2 beside', async () => {
    const connection = await openConnection(api.url);
    const body = JSON.stringify({ query: '{ closureProviders { id } }' });
    connection.send(
      'POST /graphql HTTP/1.1\r\nHost: gateway\r\nAuthorization: default/someone\r\n' +
        'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n' +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    connection.send(body.slice(5));
    expect(await connection.received(/"data"/)).toMatch(/^HTTP\/1\.1 200 [\s\S]*{"data":{"closureProviders":\[{"id":"some_bank"}\]}}/);
    connection.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await connection.received(/alive/);
    connection.socket.destroy();
  });
});
