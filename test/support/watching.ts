import { type Client as SseClient, type ClientOptions as SseOptions, createClient as createSseClient } from 'graphql-sse';
import { type Client as WsClient, type ClientOptions as WsOptions, createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';

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
