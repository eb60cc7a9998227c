import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { WebhookDelivery } from '../../../src/ports/provider';
import { jsonAnswer } from '../../../src/provider-kit/sandbox';
import { webhookEvent } from '../../../providers/upvest/sandbox/webhook-events';
import { closeRequest, openBench, send } from './support';
import { openPost, type Post } from './webhooks-support';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(...given: Parameters<typeof openPost>): Promise<Post> {
  const post = await openPost(...given);
  cleanups.push(() => post.dispose());
  return post;
}

/** An adapter for the same sandbox whose monotonic clock can be moved. */
function openTimed({ sandbox }: Post): { receive: Post['receive']; pass(ms: number): void } {
  let passed = 0;
  const bench = openBench(sandbox.settings, { clock: { now: () => Date.now(), monotonic: () => performance.now() + passed } });
  cleanups.push(() => bench.dispose());
  return {
    receive: async (delivery) => (await bench.adapter.webhooks?.receive(delivery)) ?? { kind: 'refused', reason: 'no webhooks' },
    pass: (ms) => {
      passed += ms;
    },
  };
}

const event = webhookEvent('ACCOUNT.CLOSED', { id: randomUUID(), status: 'CLOSED' });
const down = { status: 503, headers: { 'content-type': 'application/problem+json' }, body: '{"title":"Unavailable"}' };
const strange = (post: Post): WebhookDelivery => post.signed([event], { keyId: randomUUID() });
const verified = { kind: 'verified' };
const unavailable = { kind: 'unavailable', reason: 'the keys of the provider cannot be had' };
const unknown = { kind: 'refused', reason: 'the provider has no such key' };

describe('the provider\'s keys', () => {
  it('are asked for once, with a signed request under a token of their own', async () => {
    const post = await open();
    for (let round = 0; round < 3; round += 1) expect(await post.receive(post.signed([event]))).toMatchObject(verified);
    expect(post.sandbox.ledger.map(({ operation, status }) => [operation, status])).toEqual([
      ['token', 200],
      ['keys', 200],
    ]);
    expect(post.calls.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['token', 'answered'],
      ['keys', 'json'],
    ]);
  });

  it('are asked for once by deliveries that arrive together', async () => {
    const post = await open();
    const receipts = await Promise.all(Array.from({ length: 20 }, () => post.receive(post.signed([event]))));
    expect(new Set(receipts.map(({ kind }) => kind))).toEqual(new Set(['verified']));
    expect(post.keyRequests()).toBe(1);
  });

  it('are not asked for by deliveries that are wrong on their face', async () => {
    const post = await open();
    const good = post.signed([event]);
    await post.receive({ ...good, headers: {} });
    await post.receive({ ...good, body: Buffer.from('{}') });
    await post.receive(post.signed([event], { created: 1 }));
    expect(post.sandbox.ledger).toEqual([]);
  });

  it('are asked for again when the provider signs with a new one', async () => {
    const post = await open();
    const old = post.signed([event]);
    expect(await post.receive(old)).toMatchObject(verified);
    post.sandbox.rotateWebhookKey();
    expect(await post.receive(post.signed([event]))).toMatchObject(verified);
    expect(post.keyRequests()).toBe(2);
    expect(await post.receive(old)).toEqual(unknown);
  });

  it('are asked for again within an hour, so that a withdrawn key does not count for ever', async () => {
    const post = await open();
    const timed = openTimed(post);
    const old = post.signed([event]);
    expect(await timed.receive(old)).toMatchObject(verified);
    post.sandbox.rotateWebhookKey();
    timed.pass(3_599_000);
    expect(await timed.receive(old)).toMatchObject(verified);
    timed.pass(2_000);
    expect(await timed.receive(old)).toEqual(unknown);
  });

  it('are asked for after the closes, where requests have to wait', async () => {
    const post = await open();
    let stoppedAt: number | undefined;
    const clock = { now: () => Date.now(), monotonic: () => stoppedAt ?? performance.now() };
    const { adapter, dispose } = openBench({ ...post.sandbox.settings, REQUESTS_PER_SECOND: '10' }, { clock });
    cleanups.push(dispose);
    const close = () => adapter.requestClosure(closeRequest(), send);
    await adapter.webhooks?.receive(post.signed([event]));
    await close();
    const before = post.sandbox.ledger.length;
    // At most one request may leave now.
    stoppedAt = performance.now();
    const waiting = [close(), adapter.webhooks?.receive(strange(post)), close()];
    await setImmediate();
    stoppedAt = undefined;
    await Promise.all(waiting);
    expect(post.sandbox.ledger.slice(before).map(({ operation }) => operation)).toEqual(['close', 'close', 'keys']);
  });

  it('of another type than P-521 are left out', async () => {
    const post = await open();
    const good = post.signed([event]);
    const keyId = /keyid="([^"]+)"/.exec(good.headers['signature-input'] ?? '')?.[1];
    const other = { kid: keyId, kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' };
    post.sandbox.script('*', 'keys', [jsonAnswer(200, { keys: [other] })]);
    expect(await post.receive(good)).toEqual(unavailable);
  });
});

describe('a flood of unknown key ids', () => {
  it('makes one request for keys, whether they arrive together or one by one', async () => {
    const post = await open();
    expect(await post.receive(post.signed([event]))).toMatchObject(verified);
    const together = await Promise.all(Array.from({ length: 50 }, () => post.receive(strange(post))));
    for (let round = 0; round < 50; round += 1) together.push(await post.receive(strange(post)));
    expect(together).toEqual(together.map(() => unknown));
    expect(post.keyRequests()).toBe(2);
    expect(await post.receive(post.signed([event]))).toMatchObject(verified);
    expect(post.keyRequests()).toBe(2);
  });

  it('makes one request even where no key was needed before', async () => {
    const post = await open();
    for (let round = 0; round < 10; round += 1) expect(await post.receive(strange(post))).toEqual(unknown);
    expect(post.keyRequests()).toBe(1);
  });

  it('keeps a new key waiting for half a minute at most', async () => {
    const post = await open();
    const timed = openTimed(post);
    expect(await timed.receive(strange(post))).toEqual(unknown);
    post.sandbox.rotateWebhookKey();
    timed.pass(29_000);
    expect(await timed.receive(post.signed([event]))).toEqual(unknown);
    timed.pass(1_500);
    expect(await timed.receive(post.signed([event]))).toMatchObject(verified);
    expect(post.keyRequests()).toBe(2);
  });
});

describe('while the keys cannot be had', () => {
  it.each([
    ['an outage', down],
    ['an answer that is no key set', jsonAnswer(200, { keys: 'none' })],
    ['an answer without a key', jsonAnswer(200, { keys: [] })],
    ['an answer that is no JSON', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['a connection that is cut', 'reset-after'],
    ['no answer', 'hang-after'],
  ] as const)('because of %s, it cannot be told whether a delivery is genuine, and soon after it can', async (_what, step) => {
    const post = await open();
    const timed = openTimed(post);
    post.sandbox.script('*', 'keys', [step]);
    expect(await timed.receive(post.signed([event]))).toEqual(unavailable);
    expect(await timed.receive(post.signed([event]))).toEqual(unavailable);
    expect(post.keyRequests()).toBe(1);
    timed.pass(1_001);
    expect(await timed.receive(post.signed([event]))).toMatchObject(verified);
  });

  it('because the client may not have them, the same', async () => {
    const post = await open({ scopes: ['accounts:admin', 'accounts:read'] });
    expect(await post.receive(post.signed([event]))).toEqual(unavailable);
    expect(post.keyRequests()).toBe(0);
  });

  it('because nobody listens, the same', async () => {
    const post = await open();
    const delivery = post.signed([event]);
    await post.sandbox.dispose();
    expect(await post.receive(delivery)).toEqual(unavailable);
  });

  it('what is unsigned or tampered with is still refused', async () => {
    const post = await open();
    post.sandbox.script('*', 'keys', [down]);
    expect(await post.receive(post.signed([event]))).toEqual(unavailable);
    const good = post.signed([event]);
    expect(await post.receive({ ...good, headers: {} })).toMatchObject({ kind: 'refused' });
    expect(await post.receive({ ...good, body: Buffer.from('{}') })).toMatchObject({ kind: 'refused' });
  });

  it('those had before stay good, and of other keys nothing can be told', async () => {
    const post = await open();
    const timed = openTimed(post);
    expect(await timed.receive(post.signed([event]))).toMatchObject(verified);
    post.sandbox.script('*', 'keys', [down, jsonAnswer(200, { keys: [] })]);
    timed.pass(3_600_001);
    expect(await timed.receive(post.signed([event]))).toMatchObject(verified);
    expect(await timed.receive(strange(post))).toEqual(unavailable);
    expect(post.keyRequests()).toBe(2);
    timed.pass(30_001);
    expect(await timed.receive(post.signed([event]))).toMatchObject(verified);
    expect(post.keyRequests()).toBe(3);
    timed.pass(30_001);
    expect(await timed.receive(strange(post))).toEqual(unknown);
  });

  it('a token that is refused is replaced once', async () => {
    const post = await open();
    expect(await post.receive(post.signed([event]))).toMatchObject(verified);
    post.sandbox.revokeTokens();
    post.sandbox.rotateWebhookKey();
    expect(await post.receive(post.signed([event]))).toMatchObject(verified);
    expect(post.sandbox.ledger.map(({ operation }) => operation)).toEqual(['token', 'keys', 'keys', 'token', 'keys']);
  });
});
