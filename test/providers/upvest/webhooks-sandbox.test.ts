import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { WebhookDelivery, WebhookNews, WebhookReceipt } from '../../../src/ports/provider';
import { webhookEvent } from '../../../providers/upvest/sandbox/webhook-events';
import { account, closeRequest, send } from './support';
import { openPost, type Post } from './webhooks-support';

const PROMPT = { closingMs: 30, webhooks: { delayMs: 5, retryUnitMs: 5 } };

/** A subscriber that hands what arrives to the adapter and answers as the gateway's route does, or as it is told. */
interface Subscriber {
  url: string;
  deliveries: WebhookDelivery[];
  receipts: WebhookReceipt[];
  /** What the next deliveries are answered, whatever they hold. */
  answers: number[];
  /** What has arrived and was taken, read. */
  news(): WebhookNews[];
  close(): Promise<void>;
}

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(options: Parameters<typeof openPost>[0] = {}): Promise<{ post: Post; subscriber: Subscriber }> {
  const post = await openPost({ ...PROMPT, ...options });
  cleanups.push(() => post.dispose());
  const subscriber = await subscribe(post);
  cleanups.push(() => subscriber.close());
  return { post, subscriber };
}

async function subscribe(post: Post): Promise<Subscriber> {
  const { adapter } = post;
  const deliveries: WebhookDelivery[] = [];
  const receipts: WebhookReceipt[] = [];
  const answers: number[] = [];
  const serve = async (request: IncomingMessage): Promise<number> => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const [path = '', search] = (request.url ?? '').split('?', 2);
    const query = search === undefined ? '' : `?${search}`;
    const delivery = { method: request.method ?? '', path, query, headers, body: await buffer(request) };
    deliveries.push(delivery);
    const told = answers.shift();
    if (told !== undefined) return told;
    const receipt = await post.receive(delivery);
    receipts.push(receipt);
    return receipt.kind === 'verified' ? 200 : 401;
  };
  const server = createServer(async (request, response) => {
    const status = await serve(request);
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/bank?tenant=1`,
    deliveries,
    receipts,
    answers,
    news: () =>
      receipts.flatMap((receipt) => (receipt.kind === 'verified' ? receipt.events : [])).flatMap((event) => adapter.webhooks?.read(event) ?? []),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

const kinds = (subscriber: Subscriber): string[] => subscriber.news().map(({ kind }) => kind);

describe('the sandbox', () => {
  it('tells of a closing that was asked for, of its end, and of the statement', async () => {
    const { post, subscriber } = await open();
    post.sandbox.subscribe(subscriber.url);
    const ours = account();
    await post.adapter.requestClosure(closeRequest({ account: ours }), send);
    await until(() => post.sandbox.webhookCounts().delivered === 3);
    expect(subscriber.news()).toEqual([
      { kind: 'closing', account: ours, at: expect.any(Number) },
      { kind: 'closed', account: ours, at: expect.any(Number), providerStatus: 'CLOSED' },
      { kind: 'report', account: ours, report: { id: expect.any(String), type: 'ACCOUNT_CLOSING', createdAt: expect.any(Number) } },
    ]);
    expect(post.sandbox.webhookCounts().waiting).toBe(0);
  });

  it('tells of a group\'s closing, which has no statement', async () => {
    const { post, subscriber } = await open();
    post.sandbox.subscribe(subscriber.url);
    const group = account(undefined, 'ACCOUNT_GROUP');
    await post.adapter.requestClosure(closeRequest({ account: group }), send);
    await until(() => post.sandbox.webhookCounts().delivered === 2);
    expect(subscriber.news()).toMatchObject(['closing', 'closed'].map((kind) => ({ kind, account: group, at: expect.any(Number) })));
  });

  it('tells of a closing that the provider itself began, once', async () => {
    const { post, subscriber } = await open();
    post.sandbox.subscribe(subscriber.url);
    const { id } = account();
    expect(post.sandbox.startClosing(id)).toBe(true);
    expect(post.sandbox.startClosing(id)).toBe(false);
    await until(() => subscriber.news().length === 3);
    expect(kinds(subscriber)).toEqual(['closing', 'closed', 'report']);
    expect(post.sandbox.closeRequests()).toBe(0);
  });

  it('tells nobody who did not subscribe, and nothing of what was refused', async () => {
    const { post, subscriber } = await open();
    post.sandbox.startClosing(randomUUID());
    post.sandbox.subscribe(subscriber.url);
    const locked = account('ac000000-0000-4000-8000-000000000002');
    expect(await post.adapter.requestClosure(closeRequest({ account: locked }), send)).toMatchObject({ kind: 'conflict' });
    post.sandbox.startClosing(randomUUID());
    await until(() => subscriber.news().length === 3);
    expect(kinds(subscriber)).toEqual(['closing', 'closed', 'report']);
  });

  it('does not tell of the end of a closing that failed', async () => {
    const failing = randomUUID();
    const { post, subscriber } = await open({ accounts: { [failing]: { fails: true } } });
    post.sandbox.subscribe(subscriber.url);
    post.sandbox.startClosing(failing);
    await pause(60);
    post.sandbox.startClosing(randomUUID(), 'account_groups');
    await until(() => subscriber.news().length === 3);
    expect(kinds(subscriber)).toEqual(['closing', 'closing', 'closed']);
  });

  it('gathers events into one request', async () => {
    const { post, subscriber } = await open({ webhooks: { delayMs: 50, retryUnitMs: 5 }, closingMs: 60_000 });
    post.sandbox.subscribe(subscriber.url);
    for (let count = 0; count < 10; count += 1) post.sandbox.startClosing(randomUUID());
    await until(() => subscriber.news().length === 10);
    expect(subscriber.deliveries).toHaveLength(1);
  });

  it('sends what was not taken again, signed anew, and nothing overtakes it', async () => {
    const { post, subscriber } = await open();
    subscriber.answers.push(500, 302, 404, 401);
    post.sandbox.subscribe(subscriber.url);
    post.sandbox.startClosing(randomUUID());
    await until(() => subscriber.news().length === 3);
    expect(kinds(subscriber)).toEqual(['closing', 'closed', 'report']);
    const [first, ...others] = subscriber.deliveries;
    expect(others.slice(0, 4).map(({ body }) => body.toString())).toEqual(Array.from({ length: 4 }, () => first?.body.toString()));
    expect(new Set(subscriber.deliveries.map(({ headers }) => headers.signature)).size).toBe(subscriber.deliveries.length);
    await until(() => post.sandbox.webhookCounts().waiting === 0);
    expect(post.sandbox.webhookCounts()).toEqual({ requests: subscriber.deliveries.length, delivered: 3, waiting: 0 });
  });

  it('ends while somebody does not answer, and gives up what waits', async () => {
    const { post, subscriber } = await open();
    post.sandbox.subscribe(subscriber.url);
    await subscriber.close();
    post.sandbox.startClosing(randomUUID());
    await until(() => post.sandbox.webhookCounts().requests > 1);
    await post.sandbox.dispose();
    const { requests, delivered, waiting } = post.sandbox.webhookCounts();
    expect({ delivered, isWaiting: waiting > 0 }).toEqual({ delivered: 0, isWaiting: true });
    await pause(30);
    expect(post.sandbox.webhookCounts().requests).toBe(requests);
  });

  it('shows its keys only to those who may have them', async () => {
    const { post } = await open({ scopes: ['webhooks:read'] });
    expect(await post.receive(post.signed([webhookEvent('ACCOUNT.CLOSED', { id: randomUUID() })]))).toMatchObject({ kind: 'verified' });
    const bare = await fetch(`${post.sandbox.url}/auth/verify_keys`, { headers: { accept: 'application/json' } });
    expect(bare.status).toBe(400);
  });
});
