import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  /** Resolves when there were so many calls of the action. */
  atLeast(count: number, action: Callback['action']): Promise<Callback[]>;
  close(): Promise<void>;
}

export async function startFakeRouter(): Promise<FakeRouter> {
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Callback;
      const call = { ...body, path: String(request.url), protocol: request.headers['subscription-protocol']?.toString() };
      router.calls.push(call);
      const answer = router.answer(call);
      const { status, location } = typeof answer === 'number' ? { status: answer, location: undefined } : answer;
      response.writeHead(status, { 'subscription-protocol': 'callback/1.0', ...(location && { location }) }).end();
      for (const look of waiting) look();
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
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return router;
}
