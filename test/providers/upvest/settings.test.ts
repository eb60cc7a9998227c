import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provider } from '../../../providers/upvest';
import { openBench } from './support';

const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey'], passphrase?: string): string =>
  key.export({ type: 'pkcs8', format: 'pem', ...(passphrase ? { cipher: 'aes-256-cbc', passphrase } : {}) }).toString();

const p521 = generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey;
const good = {
  BASE_URL: 'https://bank.test',
  CLIENT_ID: randomUUID(),
  CLIENT_SECRET: 'a secret',
  KEY_ID: randomUUID(),
  PRIVATE_KEY: pem(p521),
};

const problems = (given: Record<string, string | undefined>): string[] =>
  provider.settings.safeParse(given).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];

describe('settings', () => {
  it('have defaults', () => {
    expect(provider.settings.parse(good)).toEqual({
      ...good,
      SIGNATURE_VERSION: '15',
      API_VERSION: '1',
      REQUESTS_PER_SECOND: 100,
      WEBHOOK_TOLERANCE_SECONDS: 300,
    });
  });

  it.each([
    ['BASE_URL', 'http://bank.test'],
    ['BASE_URL', 'https://user:pass@bank.test'],
    ['BASE_URL', 'https://bank.test/?a=b'],
    ['BASE_URL', 'bank.test'],
    ['CLIENT_ID', 'client'],
    ['CLIENT_SECRET', ''],
    ['KEY_ID', 'key'],
    ['SIGNATURE_VERSION', '7'],
    ['API_VERSION', '2'],
    ['REQUESTS_PER_SECOND', '0'],
    ['REQUESTS_PER_SECOND', '100000'],
    ['WEBHOOK_PATH', 'webhooks'],
    ['WEBHOOK_PATH', '/webhooks?x=1'],
    ['WEBHOOK_TOLERANCE_SECONDS', '0'],
    ['WEBHOOK_TOLERANCE_SECONDS', '1.5'],
    ['WEBHOOK_TOLERANCE_SECONDS', '10000'],
    ['PRIVATE_KEY', 'no key'],
    ['PRIVATE_KEY', 'file:/there/is/no/such/file'],
  ])('%s is not %j', (name, value) => {
    expect(problems({ ...good, [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  });

  it.each(['http://127.0.0.1:9', 'http://localhost:9', 'http://[::1]:9', 'https://bank.test/prefix'])('%s is a base URL', (url) => {
    expect(problems({ ...good, BASE_URL: url })).toEqual([]);
  });

  it('are all looked at, whatever else is wrong', () => {
    expect(problems({ PRIVATE_KEY: 'no key' }).map((line) => line.split(':', 1)[0])).toEqual(
      expect.arrayContaining(['BASE_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'KEY_ID', 'PRIVATE_KEY']),
    );
  });
});

describe('the private key', () => {
  it.each([
    ['a P-521 key', pem(p521)],
    ['a P-521 key in SEC 1', p521.export({ type: 'sec1', format: 'pem' }).toString()],
    ['an Ed25519 key', pem(generateKeyPairSync('ed25519').privateKey)],
    ['a key on one line', pem(p521).replaceAll('\n', '\\n')],
  ])('may be %s', (_what, key) => {
    expect(problems({ ...good, PRIVATE_KEY: key })).toEqual([]);
  });

  it.each([
    ['a key on another curve', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey],
    ['an RSA key', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ])('is not %s', (_what, key) => {
    expect(problems({ ...good, PRIVATE_KEY: pem(key) })).toEqual(['PRIVATE_KEY: must be an ECDSA key on the curve P-521 (secp521r1), or an Ed25519 key']);
  });

  it('needs the passphrase it was encrypted with, and no error repeats either', () => {
    const key = pem(p521, 'right one');
    expect(problems({ ...good, PRIVATE_KEY: key, PRIVATE_KEY_PASSPHRASE: 'right one' })).toEqual([]);
    expect(problems({ ...good, PRIVATE_KEY: key, PRIVATE_KEY_PASSPHRASE: 'wrong one' })).toEqual(['PRIVATE_KEY: cannot be decrypted with the passphrase']);
    expect(problems({ ...good, PRIVATE_KEY: key })).toEqual(['PRIVATE_KEY: is encrypted and needs its passphrase']);
  });

  it('may be in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'key-'));
    try {
      writeFileSync(join(folder, 'key.pem'), pem(p521));
      const bench = openBench({ ...good, PRIVATE_KEY: `file:${join(folder, 'key.pem')}` });
      await bench.dispose();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
