import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { Closure } from '../../src/domain/closure';
import { TooManyWatches } from '../../src/engine/service';
import { routerGate } from '../../src/http/identity/router-secret';
import { type Api, startApi } from '../support/api';
import { openConnection } from '../support/raw-http';
import { follow, sseClient, statusesOf, upgradeRequest, WATCH, wsClient } from '../support/watching';

let api: Api;
let closure: Closure;
afterEach(() => api.close());

describe('a drain', () => {
  beforeEach(async () => {
    api = await startApi();
    closure = await api.seed();
  });

  it('ends subscriptions so that clients come again: what goes on is not called complete', async () => {
    const followed = [follow(wsClient(api.url), { id: closure.id }), follow(sseClient(api.url), { id: closure.id })];
    await Promise.all(followed.map((one) => one.atLeast(1)));
    await api.server.drain();
    const [byWebSocket, byEvents] = await Promise.all(followed.map(({ end }) => end));
    expect(byWebSocket).toMatchObject({ code: 1001 });
    expect(byEvents).toBeInstanceOf(Error);
    expect(followed.map(statusesOf)).toEqual([['REQUESTED'], ['REQUESTED']]);
    expect(api.logged).toEqual([]);
  });

  it('does not wait for clients that do not answer, do not read, or have not said who they are', async () => {
    const mute = await openConnection(api.url);
    mute.send(upgradeRequest());
    await mute.received(/\r\n\r\n/);
    const deaf = await openConnection(api.url);
    const body = JSON.stringify({ query: WATCH, variables: { id: closure.id } });
    const headers = ['Host: gateway', 'Accept: text/event-stream', 'Content-Type: application/json', `Content-Length: ${body.length}`];
    deaf.send(`POST /graphql HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
    await deaf.received(/event: next/);
    deaf.socket.pause();
    await api.server.drain();
    deaf.socket.resume();
    await Promise.all([mute.closed, deaf.closed]);
  });

  it('lets nobody new in after it, on a connection that is there', async () => {
    const kept = await openConnection(api.url);
    kept.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await kept.received(/alive/);
    const draining = api.server.drain();
    kept.send(upgradeRequest());
    await kept.closed;
    await draining;
  });
});

describe('who reads slowly', () => {
  const ROUNDS = 1_000;
  /** Long enough for all states together to be more than the system keeps for a connection. */
  const state = (round: number) => `${round}-${'x'.repeat(100_000)}`;
  const roundOf = (text: string) => [...text.matchAll(/"providerStatus":"(\d+)-/g)].map(([, round]) => Number(round));

  beforeEach(async () => {
    api = await startApi();
    closure = await api.seed();
  });

  async function changeOften(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const guard = { version: round + 1 };
      await api.watched.store.commit({ id: closure.id, guard, set: { providerStatus: state(round) }, visible: true, lease: 'release' });
    }
  }

  async function theLatestComes(text: () => string, until: (look: () => boolean) => Promise<void>): Promise<void> {
    await until(() => roundOf(text()).at(-1) === ROUNDS - 1);
    const rounds = roundOf(text());
    // What the system kept, and then the latest.
    expect(rounds.length).toBeLessThan(ROUNDS / 2);
    expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
  }

  /** Collects text, and resolves when it is as it should be. */
  function collector() {
    let text = '';
    let look = () => {};
    return {
      add(chunk: string) {
        text += chunk;
        look();
      },
      text: () => text,
      until: (is: () => boolean) =>
        new Promise<void>((resolve) => {
          look = () => {
            if (is()) resolve();
          };
          look();
        }),
    };
  }

  it('gets the latest over a WebSocket', async () => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const { add, text, until } = collector();
    socket.on('message', (data) => add(String(data)));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await until(() => text().includes('connection_ack'));
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: WATCH, variables: { id: closure.id } } }));
    await until(() => text().includes('REQUESTED'));
    socket.pause();
    await changeOften();
    socket.resume();
    await theLatestComes(text, until);
    socket.terminate();
  });

  it('gets the latest by server-sent events', async () => {
    const { add, text, until } = collector();
    const asked = request(`${api.url}/graphql`, { method: 'POST', headers: { accept: 'text/event-stream', 'content-type': 'application/json' } });
    asked.on('response', (response) => {
      response.setEncoding('utf8').on('data', add);
    });
    asked.end(JSON.stringify({ query: WATCH, variables: { id: closure.id } }));
    await until(() => text().includes('REQUESTED'));
    asked.socket?.pause();
    await changeOften();
    asked.socket?.resume();
    await theLatestComes(text, until);
    asked.destroy();
  });
});

describe('where only a router is let in', () => {
  const SECRET = 'a-secret-of-the-router';
  beforeEach(async () => {
    api = await startApi({ isRouter: routerGate([SECRET]) });
    closure = await api.seed();
  });

  it('nobody else gets a WebSocket or a stream', async () => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const status = await new Promise((resolve) => socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)));
    expect(status).toBe(401);
    socket.on('error', () => undefined).terminate();
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ query: WATCH, variables: { id: closure.id } }),
    });
    expect(response.status).toBe(401);
  });

  it('a router gets both', async () => {
    const headers = { 'router-authorization': SECRET };
    const followed = [follow(wsClient(api.url, {}, headers), { id: closure.id }), follow(sseClient(api.url, { headers }), { id: closure.id })];
    await Promise.all(followed.map((one) => one.atLeast(1)));
    for (const one of followed) one.stop();
  });
});

it('a process that watches as much as it can says so, by every transport', async () => {
  api = await startApi();
  closure = await api.seed();
  const full = await startApi({
    service: new Proxy({} as never, {
      get: () => () => {
        throw new TooManyWatches();
      },
    }),
  });
  const followed = [follow(wsClient(full.url), { id: closure.id }), follow(sseClient(full.url), { id: closure.id })];
  for (const { end, results } of followed) {
    const text = JSON.stringify([await end, results]);
    expect(text).toContain('Too many closures are being watched here');
    expect(text).toContain('"SERVICE_UNAVAILABLE"');
  }
  expect(full.logged).toEqual([]);
  await full.close();
});
