import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeySet, readKeySet } from '../../src/provider-kit/key-set';
import { DRAFT_15, DRAFT_6, signMessage } from '../../src/provider-kit/signatures';
import { verifyWebhook, type WebhookMessage } from '../../src/provider-kit/webhook-signature';

interface Sample {
  name: string;
  request: { method: string; url: string; headers: Record<string, string>; body_base64: string | null };
  headers_added: Record<string, string>;
  expect: string;
}

const samples = JSON.parse(readFileSync(join(__dirname, 'signature-samples.json'), 'utf8')) as {
  vectors: Sample[];
  keys: Record<string, { kid: string; public_key_spki_pem: string }>;
};
/** 2026-01-15T10:20:35Z: five seconds after the samples were made. */
const NOW_MS = 1_768_472_435_000;

const jwks = {
  keys: Object.values(samples.keys).map(({ kid, public_key_spki_pem: pem }) => ({ kid, ...createPublicKey(pem).export({ format: 'jwk' }) })),
};
const keys = new KeySet({ fetch: async () => ({ value: jwks }), clock: { now: () => NOW_MS, monotonic: () => 0 } });

function messageOf(name: string): WebhookMessage {
  const sample = samples.vectors.find((one) => one.name === name);
  if (!sample) throw new Error('There is no such sample.');
  const url = new URL(sample.request.url);
  return {
    method: sample.request.method,
    path: url.pathname,
    query: url.search,
    headers: { ...sample.request.headers, ...sample.headers_added },
    body: Buffer.from(sample.request.body_base64 ?? '', 'base64'),
  };
}

const verdict = (message: WebhookMessage, { scheme = DRAFT_6, nowMs = NOW_MS } = {}) =>
  verifyWebhook(message, { scheme, keys, toleranceSeconds: 300 }, nowMs);
const refused = (reason: string): object => ({ kind: 'refused', reason });

describe('a webhook signed by other software', () => {
  const good = messageOf('v6-webhook-post-two-events');

  it('is verified with the key set of its maker', async () => {
    expect(await verdict(good)).toEqual({ kind: 'verified' });
  });

  it('is refused when it was signed over quoted names, and verified where they are wanted', async () => {
    const quoted = messageOf('neg-v6-signed-over-quoted-base');
    expect(await verdict(quoted)).toEqual(refused('the signature does not verify'));
    expect(await verdict(quoted, { scheme: DRAFT_15 })).toEqual({ kind: 'verified' });
    expect(await verdict(good, { scheme: DRAFT_15 })).toEqual(refused('the signature does not verify'));
  });

  it('is refused from the moment that it expires', async () => {
    expect(await verdict(good, { nowMs: 1_768_472_490_000 })).toEqual({ kind: 'verified' });
    expect(await verdict(good, { nowMs: 1_768_472_490_001 })).toEqual(refused('the signature has expired'));
  });

  it('is refused more than the tolerance before it was made', async () => {
    expect(await verdict(good, { nowMs: 1_768_472_430_000 - 300_000 })).toEqual({ kind: 'verified' });
    expect(await verdict(good, { nowMs: 1_768_472_430_000 - 300_001 })).toEqual(refused('the signature is from another time'));
  });

  it('without a digest is refused, even a request that is properly signed', async () => {
    expect(await verdict(messageOf('v6-ed25519-go-example-delete'))).toEqual(refused('the signature does not cover the body'));
  });
});

describe('what a signature covers', () => {
  const own = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  const ownKeys = new KeySet({ fetch: async () => ({ value: { keys: [{ kid: 'own', ...own.publicKey.export({ format: 'jwk' }) }] } }), clock: { now: () => NOW_MS, monotonic: () => 0 } });
  const body = Buffer.from('{"payload":[]}');
  const sha256 = (of: Buffer): string => createHash('sha256').update(of).digest('base64');

  /** A delivery with these fields, all of which are covered, and the digest that the signer is given. */
  function signed(headers: Record<string, string>, digest: string): WebhookMessage {
    const message = { method: 'POST', path: '/hook', query: '', headers, body };
    const scheme = { ...DRAFT_6, digest: () => digest };
    const components = ['@method', '@path', ...Object.keys(headers), 'digest'];
    const created = NOW_MS / 1000;
    const fields = signMessage(message, { scheme, key: own.privateKey, keyId: 'own', created, expires: created + 60, nonce: 'n', components });
    return { ...message, headers: { ...headers, ...fields } };
  }
  const judged = (message: WebhookMessage) => verifyWebhook(message, { scheme: DRAFT_6, keys: ownKeys, toleranceSeconds: 300 }, NOW_MS);

  it('is refused where one digest is that of another body, even beside a right one', async () => {
    const right = { 'content-digest': `sha-256=:${sha256(body)}:` };
    expect(await judged(signed(right, `SHA-256=${sha256(body)}`))).toEqual({ kind: 'verified' });
    expect(await judged(signed(right, `SHA-256=${sha256(Buffer.from('other'))}`))).toEqual(refused('the digest is not that of the body'));
  });

  it('has to be there, whatever stands for nothing', async () => {
    const { headers, ...message } = signed({ 'x-part': 'undefined' }, `SHA-256=${sha256(body)}`);
    const { 'x-part': _part, ...rest } = headers;
    expect(await judged({ ...message, headers })).toEqual({ kind: 'verified' });
    expect(await judged({ ...message, headers: rest })).toEqual(refused('the signature does not verify'));
  });

  it('may be the length of a body that an ingress passes on in chunks, without it', async () => {
    const { headers, ...message } = signed({ 'content-length': String(body.length) }, `SHA-256=${sha256(body)}`);
    const { 'content-length': _length, ...rest } = headers;
    expect(await judged({ ...message, headers: rest })).toEqual({ kind: 'verified' });
    expect(await judged({ ...message, headers: { ...rest, 'content-length': '99' } })).toEqual(refused('the signature does not verify'));
  });

  it.each([
    ['sha-256', `sha-256=${sha256(body)}`, 'verified'],
    ['SHA-256', `SHA-256=${sha256(body)}`, 'verified'],
    ['another algorithm', `SHA-512=${createHash('sha512').update(body).digest('base64')}`, 'refused'],
  ])('with a digest by %s', async (_what, digest, kind) => {
    expect(await judged(signed({}, digest))).toMatchObject({ kind });
  });

  it.each(['sha-256', 'sha-512'])('with a content-digest by %s', async (name) => {
    const message = signed({ 'content-digest': `${name}=:${createHash(name.replace('-', '')).update(body).digest('base64')}:` }, `SHA-256=${sha256(body)}`);
    expect(await judged(message)).toEqual({ kind: 'verified' });
  });
});

describe('a key set', () => {
  const jwk = (namedCurve: string): object => generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
  const p521 = jwk('secp521r1');

  it('gives its P-521 keys by their ids, and no others', () => {
    const set = readKeySet({
      keys: [
        { kid: 'a', ...p521 },
        { kid: 'b', ...p521, use: 'sig', alg: 'ES512', 'x-more': 1 },
        { kid: 'c', ...p521, use: 'enc' },
        { kid: 'd', ...jwk('prime256v1') },
        { kid: 'e', ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) },
        { kid: 'f', ...p521, x: 'AAAA' },
        { kid: 'g', ...p521, x: 7 },
        { ...p521 },
        { kid: '', ...p521 },
        { kid: 'h', kty: 'oct', k: 'c2VjcmV0' },
        null,
        'key',
      ],
    });
    expect([...(set?.keys() ?? [])]).toEqual(['a', 'b']);
    expect(set?.get('a')?.type).toBe('public');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [p521]],
    ['no keys', { keys: [] }],
    ['keys that are no list', { keys: { a: p521 } }],
    ['no usable key', { keys: [{ kid: 'a', kty: 'RSA' }] }],
  ])('is none with %s', (_what, value) => {
    expect(readKeySet(value)).toBeNull();
  });
});
