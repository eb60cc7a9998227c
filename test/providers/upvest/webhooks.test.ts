import { randomUUID } from 'node:crypto';
import type { WebhookDelivery } from '../../../src/ports/provider';
import { webhookEvent } from '../../../providers/upvest/sandbox/webhook-events';
import { type Bench, openBench } from './support';
import { nowSeconds, openPost, PATH, type Post } from './webhooks-support';

const event = webhookEvent('ACCOUNT.CLOSED', { id: randomUUID(), status: 'CLOSED' });
const refusal = (reason: string): object => ({ kind: 'refused', reason });

let post: Post;

beforeAll(async () => {
  post = await openPost();
});

afterAll(() => post.dispose());

describe('a signed delivery', () => {
  it('is verified, and its events come out in their order', async () => {
    const other = webhookEvent('ACCOUNT.LOCKED', { id: randomUUID(), status: 'LOCKED' });
    expect(await post.receive(post.signed([event, other]))).toEqual({
      kind: 'verified',
      events: [event, other].map((one) => ({ id: one.id, type: one.type, payload: JSON.stringify(one) })),
    });
  });

  it('may hold no event', async () => {
    expect(await post.receive(post.signed([]))).toEqual({ kind: 'verified', events: [] });
  });

  it('may carry its digest in content-digest', async () => {
    expect(await post.receive(post.signed([event], { digestField: 'content-digest' }))).toMatchObject({ kind: 'verified' });
  });

  it('may have a query, covered or not', async () => {
    const covered = post.signed([event], { query: '?a=b' });
    expect(await post.receive(covered)).toMatchObject({ kind: 'verified' });
    expect(await post.receive({ ...covered, query: '?a=c' })).toEqual(refusal('the signature does not verify'));
    expect(await post.receive({ ...covered, query: '' })).toEqual(refusal('the signature does not verify'));
    expect(await post.receive({ ...post.signed([event]), query: '?a=b' })).toMatchObject({ kind: 'verified' });
  });

  it('is judged by the path that the provider called where an ingress rewrites it', async () => {
    const external = await openPost({}, { WEBHOOK_PATH: '/outside/hook' });
    try {
      const delivery = external.signed([event], { path: '/outside/hook' });
      expect(await external.receive({ ...delivery, path: PATH })).toMatchObject({ kind: 'verified' });
      expect(await external.receive(external.signed([event]))).toEqual(refusal('the signature does not verify'));
    } finally {
      await external.dispose();
    }
  });
});

describe('time', () => {
  /** A gateway whose clock stands still, so that the borders are exact. */
  const frozen = Math.floor(Date.now() / 1000);
  let bench: Bench;
  beforeAll(() => {
    bench = openBench(post.sandbox.settings, { clock: { now: () => frozen * 1000, monotonic: () => performance.now() } });
  });
  afterAll(() => bench.dispose());
  const signedAt = (created: number, expires = frozen + 600) => bench.adapter.webhooks?.receive(post.signed([event], { created, expires }));

  it.each([-300, -299, 299, 300])('a signature made %s seconds from now counts', async (seconds) => {
    expect(await signedAt(frozen + seconds)).toMatchObject({ kind: 'verified' });
  });

  it.each([-301, 301])('a signature made %s seconds from now does not', async (seconds) => {
    expect(await signedAt(frozen + seconds)).toEqual(refusal('the signature is from another time'));
  });

  it('a signature that has expired does not count', async () => {
    const delivery = post.signed([event], { created: nowSeconds() - 60, expires: nowSeconds() - 1 });
    expect(await post.receive(delivery)).toEqual(refusal('the signature has expired'));
  });

  it('how far off it may be is a setting', async () => {
    const strict = await openPost({}, { WEBHOOK_TOLERANCE_SECONDS: '10' });
    try {
      const at = (seconds: number) => strict.receive(strict.signed([event], { created: nowSeconds() + seconds, expires: nowSeconds() + 600 }));
      expect(await at(-5)).toMatchObject({ kind: 'verified' });
      expect(await at(-15)).toEqual(refusal('the signature is from another time'));
    } finally {
      await strict.dispose();
    }
  });
});

describe('a delivery that is not what was signed is refused', () => {
  const refused: [string, (good: WebhookDelivery) => WebhookDelivery, string][] = [
    ['on another path', (good) => ({ ...good, path: '/webhooks/other' }), 'the signature does not verify'],
    ['by another method', (good) => ({ ...good, method: 'PUT' }), 'the signature does not verify'],
    ['with another body', (good) => ({ ...good, body: Buffer.from('{"payload":[]}') }), 'the digest is not that of the body'],
    ['with no body', (good) => ({ ...good, body: Buffer.alloc(0) }), 'the digest is not that of the body'],
    ['without its digest', (good) => without(good, 'digest'), 'the digest is not that of the body'],
    ['without a covered field', (good) => without(good, 'content-type'), 'the signature does not verify'],
    ['with another value of a covered field', (good) => withField(good, 'content-type', 'text/plain'), 'the signature does not verify'],
    ['without a signature', (good) => without(good, 'signature'), 'there is no well-formed signature'],
    ['without its parameters', (good) => without(good, 'signature-input'), 'there is no well-formed signature'],
    ['with no headers at all', (good) => ({ ...good, headers: {} }), 'there is no well-formed signature'],
    ['with rubbish for a signature', (good) => withField(good, 'signature', 'sig1=:%%%:'), 'there is no well-formed signature'],
    ['with an empty signature', (good) => withField(good, 'signature', 'sig1=::'), 'the signature does not verify'],
    ['with a signature of another length', (good) => withField(good, 'signature', `sig1=:${'A'.repeat(4096)}:`), 'the signature does not verify'],
  ];

  it.each(refused)('%s', async (_what, change, reason) => {
    expect(await post.receive(change(post.signed([event])))).toEqual(refusal(reason));
  });

  it('signed by the key of somebody else under the id of the provider\'s', async () => {
    const stranger = await openPost();
    try {
      await stranger.receive(stranger.signed([event]));
      const { keyId } = claim(post.signed([event]));
      expect(await post.receive(stranger.signed([event], { keyId }))).toEqual(refusal('the signature does not verify'));
    } finally {
      await stranger.dispose();
    }
  });
});

describe('a signature has to cover what makes a delivery', () => {
  const all = ['content-type', '@method', '@path', 'digest'];

  it.each([
    ['@method', 'the signature does not cover method and path'],
    ['@path', 'the signature does not cover method and path'],
    ['digest', 'the signature does not cover the body'],
  ])('without %s it is refused', async (name, reason) => {
    const components = all.filter((component) => component !== name);
    expect(await post.receive(post.signed([event], { components }))).toEqual(refusal(reason));
  });

  it('and no more than that', async () => {
    expect(await post.receive(post.signed([event], { components: ['digest', '@path', '@method'] }))).toMatchObject({ kind: 'verified' });
  });
});

function without(delivery: WebhookDelivery, field: string): WebhookDelivery {
  return { ...delivery, headers: Object.fromEntries(Object.entries(delivery.headers).filter(([name]) => name !== field)) };
}

function withField(delivery: WebhookDelivery, field: string, value: string): WebhookDelivery {
  return { ...delivery, headers: { ...delivery.headers, [field]: value } };
}

function claim({ headers }: WebhookDelivery): { keyId: string } {
  return { keyId: /keyid="([^"]+)"/.exec(headers['signature-input'] ?? '')?.[1] ?? '' };
}
