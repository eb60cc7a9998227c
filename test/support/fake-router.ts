import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from 'graphql-sse';

/** What a gateway sent, https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/callback-protocol */
export interface Callback {
  path: string;
  protocol: string | undefined;
  kind: string;
  action: 'check' | 'next' | 'complete';
  id: string;
  verifier: string;
  payload?: { data?: Record<string, unknown> | null; errors?: { message: string; extensions?: Record<string, unknown> }[] };
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}

/** The end of the callback protocol that is at the router, and nothing else of one. */
export interface FakeRouter {
  /** Host and port. */
  host: string;
  url: string;
  calls: Callback[];
  /** What each call is answered with, by its action; usually as the protocol says it of one that is known. */
  answer: (call: Callback) => number | { status: number; location: string };
  /** A client that subscribes as a router does, and is given what the gateway calls back with. */
  client(gateway: string, headers: Record<string, string>): Pick<Client, 'subscribe' | 'dispose'>;
  /** Resolves when there were so many calls of the action. */
  atLeast(count: number, action: Callback['action']): Promise<Callback[]>;
  close(): Promise<void>;
}

export async function startFakeRouter(): Promise<FakeRouter> {
  const waiting = new Set<() => void>();
  const subscribers = new Map<string, (call: Callback) => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Callback;
      const call = { ...body, path: String(request.url), protocol: request.headers['subscription-protocol']?.toString() };
      router.calls.push(call);
      const isStopped = isClients(call) && !subscribers.has(call.id);
      const answer = isStopped ? 404 : router.answer(call);
      const { status, location } = typeof answer === 'number' ? { status: answer, location: undefined } : answer;
      response.writeHead(status, { 'subscription-protocol': 'callback/1.0', ...(location && { location }) }).end();
      for (const look of waiting) look();
      subscribers.get(call.id)?.(call);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const router: FakeRouter = {
    host,
    url: `http://${host}`,
    calls: [],
    answer: ({ action }) => (action === 'complete' ? 202 : action === 'next' ? 200 : 204),
    atLeast: (count, action) =>
      new Promise((resolve) => {
        const look = () => {
          const found = router.calls.filter((call) => call.action === action);
          if (found.length >= count) resolve(found);
        };
        waiting.add(look);
        look();
      }),
    client(gateway, headers) {
      const mine = new Set<string>();
      return {
        subscribe({ query, variables }, sink) {
          const id = randomUUID();
          mine.add(id);
          subscribers.set(id, ({ action, payload, errors }) => {
            if (action === 'next') sink.next(payload as Parameters<typeof sink.next>[0]);
            if (action === 'complete' && errors) sink.error(errors);
            else if (action === 'complete') sink.complete();
          });
          void ask(gateway, headers, { query, variables, extensions: { subscription: subscriptionAt(`${router.url}/${id}`, id) } }).then(
            (refused) => refused && sink.error(refused),
            (error: unknown) => sink.error(error),
          );
          return () => void subscribers.delete(id);
        },
        dispose() {
          for (const id of mine) subscribers.delete(id);
        },
      };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return router;
}

/** Called again and again, so that the gateway hears when a client has stopped. */
function subscriptionAt(callbackUrl: string, subscriptionId: string): Record<string, unknown> {
  return { callbackUrl, subscriptionId, verifier: 'secret', heartbeatIntervalMs: 1_000 };
}

/** Whether it is for a client of this router, whose callbacks have their subscription's id for a path. */
function isClients({ path, id }: Callback): boolean {
  return path === `/${id}`;
}

/** @returns what the gateway refuses at once, if it does */
async function ask(gateway: string, headers: Record<string, string>, body: object): Promise<Callback['errors']> {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json;callbackSpec=1.0', ...headers },
    body: JSON.stringify(body),
  });
  return ((await response.json()) as Pick<Callback, 'errors'>).errors;
}
