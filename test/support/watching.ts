import { type Client as SseClient, type ClientOptions as SseOptions, createClient as createSseClient } from 'graphql-sse';
import { type Client as WsClient, type ClientOptions as WsOptions, createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Scope } from '../../src/domain/caller';
import type { Closure } from '../../src/domain/closure';
import type { Authenticate } from '../../src/http/authenticate';
import type { Api } from './api';

/** Who asks and until when, as the test says in its token: "tenant/subject/expiry in epoch ms/scopes"; the last two may be left out. */
export const byToken: Authenticate = async ({ headers }) => {
  const [tenant, subject, expires, scopes = 'closures:read closures:write'] = (headers.authorization ?? '').split('/');
  if (!tenant || !subject) return null;
  return { tenant, subject, scopes: new Set(scopes.split(' ') as Scope[]), expiresAt: expires ? Number(expires) : undefined };
};

/** Changes a closure as its worker would. */
export async function changeClosure({ watched }: Pick<Api, 'watched'>, id: string, set: Partial<Pick<Closure, 'status' | 'providerStatus'>>): Promise<void> {
  const [current] = await watched.store.closures('default', [id]);
  const written = await watched.store.commit({ id, guard: { version: current?.version ?? 0 }, set, visible: true, lease: 'release' });
  if (!written) throw new Error('The change did not match.');
}

/** Settles a closure that waits for a person, as an operator does. */
export async function resolveClosure({ graphql, watched }: Pick<Api, 'graphql' | 'watched'>, id: string): Promise<void> {
  const [current] = await watched.store.closures('default', [id]);
  const document = 'mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { error { message } } }';
  const input = { closureId: id, expectedVersion: current?.version, outcome: 'CLOSED', note: 'The bank says so.' };
  const { data, errors } = await graphql(document, { input }, { authorization: 'default/operator//closures:read closures:operate' });
  if (JSON.stringify([data, errors]) !== '[{"resolveClosure":{"error":null}},[]]') throw new Error(`It was not settled: ${JSON.stringify([data, errors])}`);
}

/** A request that asks for a WebSocket, by its lines. */
export function upgradeRequest(path = '/graphql', given: Record<string, string> = {}): string {
  const headers = {
    host: 'gateway',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-protocol': 'graphql-transport-ws',
    ...given,
  };
  return `GET ${path} HTTP/1.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** What one that follows a subscription was given. */
export interface Followed<Data> {
  /** Results so far. */
  results: { data?: Data | null; errors?: readonly { message: string; extensions?: Record<string, unknown> }[] }[];
  /** Resolves when there are so many. */
  atLeast(count: number): Promise<void>;
  /** "complete", or what it failed with. */
  end: Promise<unknown>;
  stop(): void;
}

export const WATCH = 'subscription ($id: ID!) { closureUpdated(closureId: $id) { id status version providerStatus history { to } } }';

export interface Watched {
  closureUpdated: { id: string; status: string; version: number; providerStatus: string | null; history: { to: string }[] };
}

/** Follows a subscription by a client of either protocol. */
export function follow<Data = Watched>(client: Pick<WsClient | SseClient, 'subscribe'>, variables: Record<string, unknown>, query = WATCH): Followed<Data> {
  const results: Followed<Data>['results'] = [];
  const waiting = new Set<() => void>();
  let stop = () => {};
  const end = new Promise<unknown>((resolve) => {
    stop = client.subscribe<Data>(
      { query, variables },
      {
        next(result) {
          results.push(result as Followed<Data>['results'][number]);
          for (const look of waiting) look();
        },
        error: resolve,
        complete: () => resolve('complete'),
      },
    );
  });
  const atLeast = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (results.length >= count) resolve();
      };
      waiting.add(look);
      look();
      void end.then((how) => reject(new Error(`It ended with ${JSON.stringify(how)} after ${JSON.stringify(results)}.`)));
    });
  return { results, atLeast, end, stop: () => stop() };
}

/** @param url of the gateway */
export function wsClient(url: string, options: Partial<WsOptions> = {}, headers: Record<string, string> = {}): WsClient {
  class WithHeaders extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers });
    }
  }
  return createWsClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WithHeaders, retryAttempts: 0, ...options });
}

/** @param url of the gateway */
export function sseClient(url: string, options: Partial<Omit<SseOptions<false>, 'singleConnection'>> = {}): SseClient {
  return createSseClient({ url: `${url}/graphql`, retryAttempts: 0, ...options });
}

/** The statuses of what was followed. */
export function statusesOf({ results }: Followed<Watched>): (string | undefined)[] {
  return results.map(({ data }) => data?.closureUpdated.status);
}
