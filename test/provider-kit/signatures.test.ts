import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  claimedSignature,
  DRAFT_15,
  DRAFT_6,
  isSigningKey,
  type SignatureScheme,
  signatureFault,
  type SignedMessage,
  signMessage,
} from '../../src/provider-kit/signatures';

interface Sample {
  name: string;
  signature_version: string;
  key: string;
  request: { method: string; url: string; headers: Record<string, string>; body_base64: string | null };
  headers_added: Record<string, string>;
  expect: string;
}

const { vectors, keys: sampleKeys } = JSON.parse(readFileSync(join(__dirname, 'signature-samples.json'), 'utf8')) as {
  vectors: Sample[];
  keys: Record<string, { public_key_spki_pem: string }>;
};

/** When the samples were made, and five seconds more: 2026-01-15T10:20:35Z. */
const NOW = 1_768_472_435;
const REQUIRED = ['@method', '@path', '@query', 'accept', 'authorization', 'content-type'];

function messageOf(sample: Sample): SignedMessage {
  const url = new URL(sample.request.url);
  return {
    method: sample.request.method,
    path: url.pathname,
    query: url.search,
    headers: { ...sample.request.headers, ...sample.headers_added },
    body: sample.request.body_base64 ? Buffer.from(sample.request.body_base64, 'base64') : undefined,
  };
}

function faultOf(message: SignedMessage, key: KeyObject, scheme: SignatureScheme, now = NOW, skew = 0): string | null {
  const claimed = claimedSignature(message.headers);
  return claimed ? signatureFault(message, claimed, { scheme, key, now, skew, required: REQUIRED }) : 'malformed';
}

describe('signatures made by other software', () => {
  it.each(vectors.map((sample) => [sample.name, sample] as const))('%s is judged as its maker says', (_name, sample) => {
    const key = createPublicKey(sampleKeys[sample.key]?.public_key_spki_pem ?? '');
    const scheme = sample.signature_version === '15' ? DRAFT_15 : DRAFT_6;
    expect(faultOf(messageOf(sample), key, scheme)).toBe(sample.expect === 'accept' ? null : 'signature');
  });

  it('all five samples are there, one of them to be rejected', () => {
    expect(vectors.map((sample) => sample.expect).toSorted()).toEqual(['accept', 'accept', 'accept', 'accept', 'reject']);
  });
});

const ecKeys = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
const edKeys = generateKeyPairSync('ed25519');

describe.each([
  ['ECDSA P-521, draft 15', ecKeys, DRAFT_15],
  ['ECDSA P-521, draft 6', ecKeys, DRAFT_6],
  ['Ed25519, draft 15', edKeys, DRAFT_15],
  ['Ed25519, draft 6', edKeys, DRAFT_6],
])('%s', (_name, keys, scheme) => {
  const body = Buffer.from('{"key": "value"}');
  const message: SignedMessage = {
    method: 'POST',
    path: '/things/1',
    query: '?a=b%20c',
    headers: { accept: 'application/json', authorization: 'Bearer t', 'content-type': 'application/json', 'content-length': '16' },
    body,
  };
  const signed = (created = NOW): SignedMessage => {
    const added = signMessage(message, {
      scheme,
      key: keys.privateKey,
      keyId: 'key-1',
      created,
      expires: created + 60,
      nonce: 'n-1',
      components: ['@method', '@path', '@query', 'accept', 'authorization', 'content-type', 'content-length', scheme.digestField, 'x-absent'],
    });
    return { ...message, headers: { ...message.headers, ...added } };
  };

  it('verifies what it signed', () => {
    expect(faultOf(signed(), keys.publicKey, scheme)).toBeNull();
    expect(claimedSignature(signed().headers)).toMatchObject({ keyId: 'key-1', created: NOW, expires: NOW + 60, nonce: 'n-1' });
  });

  it('leaves out components that the message does not have', () => {
    expect(claimedSignature(signed().headers)?.components).not.toContain('x-absent');
  });

  it.each<[string, Partial<SignedMessage>, string]>([
    ['another method', { method: 'DELETE' }, 'signature'],
    ['another path', { path: '/things/2' }, 'signature'],
    ['another query', { query: '?a=c' }, 'signature'],
    ['another body', { body: Buffer.from('{"key": "valuf"}') }, 'digest'],
    ['no query', { query: '' }, 'notCovered'],
  ])('refuses %s', (_what, change, fault) => {
    expect(faultOf({ ...signed(), ...change }, keys.publicKey, scheme)).toBe(fault);
  });

  it('refuses a required component that is not covered', () => {
    const added = signMessage(message, {
      scheme,
      key: keys.privateKey,
      keyId: 'k',
      created: NOW,
      expires: NOW + 60,
      nonce: 'n',
      components: ['@method', '@path', '@query', 'accept', 'content-type', scheme.digestField],
    });
    expect(faultOf({ ...message, headers: { ...message.headers, ...added } }, keys.publicKey, scheme)).toBe('notCovered');
  });

  it('refuses another key, and a signature outside its time', () => {
    const other = keys === ecKeys ? edKeys : ecKeys;
    expect(faultOf(signed(), other.publicKey, scheme)).toBe('signature');
    expect(faultOf(signed(NOW + 1), keys.publicKey, scheme)).toBe('timeWindow');
    expect(faultOf(signed(NOW - 61), keys.publicKey, scheme)).toBe('timeWindow');
    expect(faultOf(signed(NOW - 61), keys.publicKey, scheme, NOW, 5)).toBeNull();
  });
});

describe('the digest of a body', () => {
  // Known answers, https://docs.upvest.co/tutorials/implementing_http_signatures
  it('is SHA-512 in draft 15 and SHA-256 in draft 6', () => {
    const body = Buffer.from('{"hello": "world"}');
    expect(DRAFT_15.digest(body)).toBe(
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    );
    expect(DRAFT_6.digest(body)).toBe('SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=');
  });
});

describe('signature fields', () => {
  it.each([
    ['none', {}],
    ['no signature-input', { signature: 'sig1=:AAAA:' }],
    ['another label', { 'signature-input': 'sig2=();keyid="a";created=1', signature: 'sig2=:AAAA:' }],
    ['no key id', { 'signature-input': 'sig1=("@method");created=1', signature: 'sig1=:AAAA:' }],
    ['a created that is text', { 'signature-input': 'sig1=("@method");keyid="a";created="1"', signature: 'sig1=:AAAA:' }],
    ['no created', { 'signature-input': 'sig1=("@method");keyid="a"', signature: 'sig1=:AAAA:' }],
    ['an expires that is text', { 'signature-input': 'sig1=("@method");keyid="a";created=1;expires="2"', signature: 'sig1=:AAAA:' }],
    ['a component twice', { 'signature-input': 'sig1=("@method" "@method");keyid="a";created=1', signature: 'sig1=:AAAA:' }],
    ['a component with parameters', { 'signature-input': 'sig1=("accept";sf);keyid="a";created=1', signature: 'sig1=:AAAA:' }],
    ['a signature that is no byte sequence', { 'signature-input': 'sig1=("@method");keyid="a";created=1', signature: 'sig1=abc' }],
    ['rubbish', { 'signature-input': '(((', signature: '=' }],
  ])('%s: no signature is claimed', (_what, headers: Record<string, string>) => {
    expect(claimedSignature(headers)).toBeNull();
  });

  it('only P-521 and Ed25519 keys sign', () => {
    expect(isSigningKey(ecKeys.privateKey)).toBe(true);
    expect(isSigningKey(edKeys.publicKey)).toBe(true);
    expect(isSigningKey(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey)).toBe(false);
    expect(isSigningKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)).toBe(false);
  });
});
