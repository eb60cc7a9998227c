import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeySet, readKeySet } from '../../src/provider-kit/key-set';
import { DRAFT_15, DRAFT_6 } from '../../src/provider-kit/signatures';
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
