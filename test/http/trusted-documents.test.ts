import { Client, createRequest, fetchExchange, subscriptionExchange } from '@urql/core';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { callbackGate } from '../../src/config/callback-hosts';
import { ConfigError } from '../../src/config/config-error';
import { trustedDocumentsSetting } from '../../src/config/trusted-documents';
import type { Closure } from '../../src/domain/closure';
import { type Api, startApi } from '../support/api';
import { type FakeRouter, startFakeRouter } from '../support/fake-router';
import { changeClosure, WATCH, wsClient } from '../support/watching';

const STATUS = 'query Status($id: ID!) { closureStatus(closureId: $id) { id } }';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const named = (text: string) => ({ persistedQuery: { version: 1 as const, sha256Hash: hashOf(text) } });
const NAMED = named(STATUS);
const REFUSED = { status: 400, codes: ['PERSISTED_QUERY_NOT_IN_LIST'] };
const SERVED = { status: 200, codes: [] };
const REFUSALS: [string, object][] = [
  ['another document', { query: '{ closureProviders { id } }' }],
  ['one that differs in a space', { query: `${STATUS} `, variables: { id: 'nobody' } }],
  ['another document under the name of a trusted one', { query: '{ closureProviders { id } }', extensions: NAMED }],
  ['a hash that is not in the list', { extensions: named('other') }],
  ['a hash that is not in the list, with an empty text', { query: '', extensions: named('other') }],
  ['a hash that is none', { extensions: { persistedQuery: { version: 1, sha256Hash: '__proto__' } } }],
  ['introspection', { query: '{ __schema { types { name } } }' }],
];

let folder: string;
let api: Api;
let router: FakeRouter;
let closure: Closure;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'closure-manifest-'));
  router = await startFakeRouter();
  const operations = [STATUS, WATCH].map((body) => ({ id: hashOf(body), body }));
  api = await startApi({ trustedDocuments: read({ operations }), mayCallBack: callbackGate([router.host]) });
  closure = await api.seed();
});
afterAll(async () => {
  await api.close();
  await router.close();
  rmSync(folder, { recursive: true });
});

/** @throws ConfigError */
function read(changes: object, operation: object = {}): ReadonlyMap<string, string> | undefined {
  const path = join(folder, 'manifest.json');
  const operations = [{ id: hashOf(STATUS), name: 'Status', type: 'query', body: STATUS, ...operation }];
  writeFileSync(path, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations, ...changes }));
  return load(path);
}

function load(path: string): ReadonlyMap<string, string> | undefined {
  const result = trustedDocumentsSetting.safeParse(path);
  if (!result.success) throw new ConfigError([{ variable: 'TRUSTED_DOCUMENTS', sentence: result.error.issues[0]!.message }]);
  return result.data;
}

async function post(body: object): Promise<{ status: number; codes: unknown[] }> {
  return told(await fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

async function get(parameters: Record<string, string>): Promise<{ status: number; codes: unknown[] }> {
  const search = new URLSearchParams(parameters).toString();
  return told(await fetch(`${api.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } }));
}

async function told(response: Response): Promise<{ status: number; codes: unknown[] }> {
  const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return { status: response.status, codes: errors.map(({ extensions }) => extensions.code) };
}

describe('with a list of trusted documents', () => {
  const variables = { id: 'nobody' };

  it('serves those of the list, whole or by hash, by POST and by GET', async () => {
    expect(await post({ query: STATUS, variables })).toEqual(SERVED);
    expect(await post({ extensions: NAMED, variables })).toEqual(SERVED);
    const texts = { variables: JSON.stringify(variables), extensions: JSON.stringify(NAMED) };
    expect(await get(texts)).toEqual(SERVED);
    expect(await get({ query: STATUS, variables: texts.variables })).toEqual(SERVED);
  });

  it.each([
    ['an empty text', ''],
    ['the whole text', STATUS],
  ])('serves a hash that comes with %s', async (_what, query) => {
    expect(await post({ query, extensions: NAMED, variables })).toEqual(SERVED);
    expect(await get({ query, extensions: JSON.stringify(NAMED), variables: JSON.stringify(variables) })).toEqual(SERVED);
  });

  it.each([
    ...REFUSALS,
    ['no document', {}],
  ])('refuses %s', async (_what, body) => {
    expect(await post(body)).toEqual(REFUSED);
  });

  it('refuses a list of requests', async () => {
    expect((await post([{ extensions: NAMED, variables }])).status).toBe(400);
  });
});

describe('a document is named over every transport', () => {
  const variables = () => ({ id: closure.id });
  const shown = { data: { closureUpdated: expect.objectContaining({ id: expect.any(String), status: 'REQUESTED' }) } };

  /** What is first said of a request over a WebSocket, by hand: libraries put a text in. */
  async function byWebSocket(payload: object): Promise<{ type: string; payload: unknown }> {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = once(socket, 'close').then(([code]) => ({ type: 'closed', payload: code as unknown }));
    const message = () => Promise.race([closed, once(socket, 'message').then(([data]) => JSON.parse(String(data)) as { type: string; payload: unknown })]);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await message();
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    const said = await message();
    socket.terminate();
    return said;
  }

  it.each([
    ['no text', {}],
    ['null for a text', { query: null }],
    ['an empty text', { query: '' }],
    ['the whole text', { query: WATCH }],
  ])('over a WebSocket, with %s', async (_what, text) => {
    expect(await byWebSocket({ ...text, extensions: named(WATCH), variables: variables() })).toMatchObject({ type: 'next', payload: shown });
  });

  it('by urql over a WebSocket', async () => {
    const socket = wsClient(api.url);
    const client = new Client({
      url: `${api.url}/graphql`,
      preferGetMethod: false,
      exchanges: [
        fetchExchange,
        // As its manual has it.
        subscriptionExchange({
          forwardSubscription: (request) => ({
            subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' } as never, sink as never) }),
          }),
        }),
      ],
    });
    const result = await new Promise((resolve) => {
      client.executeSubscription(createRequest(WATCH, variables(), named(WATCH))).subscribe(({ data, error }) => resolve({ data, error }));
    });
    expect(result).toMatchObject({ ...shown, error: undefined });
    await socket.dispose();
  });

  it('over server-sent events', async () => {
    const ended = await api.seed({ status: 'CLOSED' });
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ extensions: named(WATCH), variables: { id: ended.id } }),
    });
    expect(await response.text()).toMatch(/event: next\ndata: {"data":{"closureUpdated":{.*"CLOSED".*event: complete/s);
  });

  it('with its answers sent to a router', async () => {
    const watched = await api.seed();
    const subscription = { callbackUrl: `${router.url}/callback`, subscriptionId: 'one', verifier: 'secret', heartbeatIntervalMs: 0 };
    expect(await post({ extensions: { ...named(WATCH), subscription }, variables: { id: watched.id } })).toEqual(SERVED);
    await router.atLeast(1, 'next');
    await changeClosure(api, watched.id, { status: 'CLOSED' });
    await router.atLeast(1, 'complete');
    expect(router.calls.map(({ action }) => action)).toEqual(['check', 'next', 'next', 'complete']);
  });

  it.each(REFUSALS)('and %s is refused over a WebSocket and over server-sent events', async (_what, body) => {
    const { type, payload } = await byWebSocket(body);
    expect([type, payload]).toEqual(['error', [expect.objectContaining({ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST', correlationId: expect.any(String) } })]]);
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(await response.text()).toContain('"code":"PERSISTED_QUERY_NOT_IN_LIST"');
  });
});

describe('TRUSTED_DOCUMENTS', () => {
  it.each([
    ['no file', () => load(join(folder, 'missing.json')), /path of a file/],
    ['another format', () => read({ format: 'relay' }), /persisted-query manifest/],
    ['another version', () => read({ version: 2 }), /persisted-query manifest/],
    ['no operation', () => read({ operations: [] }), /at least one/],
    ['an id that is not the hash of its body', () => read({}, { body: `${STATUS} ` }), /operation 1 is not the SHA-256/],
  ])('refuses %s', (_what, reading, sentence) => {
    expect(reading).toThrow(sentence);
  });
});
