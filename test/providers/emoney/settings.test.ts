import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provider } from '../../../providers/emoney';
import { settingsSchema } from '../../../providers/emoney/settings';

const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' = 'pkcs8'): string => key.export({ type, format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const good: Record<string, string | undefined> = {
  BASE_URL: 'https://bank.example/accounts-api',
  TOKEN_URL: 'https://login.bank.example/oauth/token',
  CLIENT_ID: '3F2B8C1E-5d4a-4e6f-9a7b-0c1d2e3f4a5b',
  PRIVATE_KEY: pem(rsa),
  KEY_ID: 'key-1',
};

/** What is wrong, by setting. */
function problems(change: Record<string, string | undefined>): Record<string, string> {
  const read = settingsSchema.safeParse({ ...good, ...change });
  return Object.fromEntries((read.error?.issues ?? []).map((issue) => [issue.path.join('.'), issue.message]));
}

describe('settings', () => {
  it('need five values and have defaults for the rest', () => {
    expect(settingsSchema.parse(good)).toMatchObject({
      CLIENT_ID: good.CLIENT_ID,
      GRANT: 'client_credentials',
      CLOSE_SCOPE: 'accounts.delete',
      READ_SCOPE: 'accounts.read',
      IBAN_CHECKSUM: 'strict',
      READS: 'on',
      OPEN_WORDS: new Set(['open', 'active']),
      CLOSED_WORDS: new Set(['closed']),
      CLIENT_ID_HEADER: 'x-client-id',
      REQUESTS_PER_SECOND: 20,
    });
    expect(Object.keys(problems(Object.fromEntries(Object.keys(good).map((key) => [key, undefined])))).toSorted()).toEqual(Object.keys(good).toSorted());
  });

  it('belong to the provider of this folder\'s name', () => {
    expect(provider.name).toBe('emoney');
    expect(provider.settings).toBe(settingsSchema);
  });

  it.each([
    ['BASE_URL', 'http://bank.example'],
    ['BASE_URL', 'https://bank.example/?a=b'],
    ['TOKEN_URL', 'http://10.0.0.1/oauth/token'],
    ['TOKEN_URL', 'not a url'],
    ['CLIENT_ID', 'short'],
    ['CLIENT_ID', '3f2b8c1e5d4a4e6f9a7b0c1d2e3f4a5b'],
    ['KEY_ID', 'with space'],
    ['ISSUER', 'line\nbreak'],
    ['GRANT', 'password'],
    ['CLOSE_SCOPE', 'two  spaces'],
    ['DEVICE', 'iPhone15'],
    ['DEVICE', 'a'.repeat(256)],
    ['IBAN_CHECKSUM', 'on'],
    ['READS', 'yes'],
    ['OPEN_WORDS', 'open,,active'],
    ['CLOSED_WORDS', 'Closed,ACTIVE'],
    ['CLIENT_ID_HEADER', 'x client id'],
  ])('refuse %s=%j, and name it', (key, value) => {
    expect(Object.keys(problems({ [key]: value }))).toEqual([key]);
  });

  it('allow http on a loopback address', () => {
    expect(problems({ BASE_URL: 'http://127.0.0.1:8080', TOKEN_URL: 'http://localhost:1/oauth/token' })).toEqual({});
  });
});

describe('the private key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'emoney-key-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['pkcs8', 'pkcs1'] as const)('may be PEM text or a file, as %s', (type) => {
    const path = join(folder, `${type}.pem`);
    writeFileSync(path, pem(rsa, type));
    for (const PRIVATE_KEY of [pem(rsa, type), pem(rsa, type).replaceAll('\n', '\\n'), `file:${path}`]) {
      expect(settingsSchema.parse({ ...good, PRIVATE_KEY }).PRIVATE_KEY.asymmetricKeyType).toBe('rsa');
    }
  });

  const weak = pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
  const curve = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const isPublic = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  it.each([
    ['too short', weak, 'at least 2048 bits'],
    ['of another kind', curve, 'RSA'],
    ['public', isPublic, 'private key'],
    ['no key at all', 'hunter2-hunter2', 'private key'],
    ['in a file that is not there', 'file:/nowhere/key.pem', 'cannot be read'],
  ])('that is %s is refused without being shown', (_what, PRIVATE_KEY, reason) => {
    const found = problems({ PRIVATE_KEY });
    expect(Object.keys(found)).toEqual(['PRIVATE_KEY']);
    expect(found.PRIVATE_KEY).toContain(reason);
    const secret = PRIVATE_KEY.split('\n')[1] ?? PRIVATE_KEY;
    expect(found.PRIVATE_KEY).not.toContain(secret);
  });
});
