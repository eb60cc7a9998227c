import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import type { AccountRef } from '../../src/domain/account';
import { KnownSecrets } from '../../src/provider-kit/known-secrets';

const SECRET = 'open "sesame" & please/1';

describe('a configured secret', () => {
  const secrets = new KnownSecrets({ CLIENT_SECRET: SECRET, CLIENT_ID: 'my-client', SCOPE: 'accounts.delete' });

  it.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify({ SECRET }).slice(11, -2)],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a form', new URLSearchParams([['a', SECRET]]).toString().slice(2)],
    ['in base64', Buffer.from(SECRET).toString('base64').replace(/=+$/, '')],
    ['in base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ])('is masked %s', (_how, said) => {
    expect(secrets.mask(`got ${said}, and ${said}.`)).toBe('got [secret], and [secret].');
  });

  it('is what its name says: other settings stay', () => {
    expect(secrets.mask('my-client lacks accounts.delete')).toBe('my-client lacks accounts.delete');
  });

  it.each(['CLIENT_SECRET', 'API_KEY', 'PRIVATE_KEY_PASSPHRASE', 'PASSWORD', 'STATIC_TOKEN', 'CREDENTIALS'])('may be called %s', (name) => {
    expect(new KnownSecrets({ [name]: 'abcd' }).mask('x abcd x')).toBe('x [secret] x');
  });

  it('may be added where no name gives it away', () => {
    const more = new KnownSecrets({});
    more.add('4711-pin');
    expect(more.mask('pin 4711-pin')).toBe('pin [secret]');
  });

  it('is not masked below four characters, nor are addresses and paths', () => {
    const few = new KnownSecrets({ SECRET: 'abc', API_KEY: 'file:/run/key.pem', TOKEN: 'https://bank.example/token', PASSWORD: undefined });
    expect(few.mask('abc file:/run/key.pem https://bank.example/token undefined')).toBe('abc file:/run/key.pem https://bank.example/token undefined');
  });

  it('goes before its parts', () => {
    expect(new KnownSecrets({ SECRET: 'longer-secret', PASSWORD: 'secret' }).mask('longer-secret')).toBe('[secret]');
  });
});

describe('a private key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));

  it.each([
    ['a PEM', pem],
    ['a PEM in one line', pem.replaceAll('\n', '\\n')],
    ['a key object', privateKey],
  ])('is masked line by line, configured as %s', (_how, value) => {
    const secrets = new KnownSecrets({ PRIVATE_KEY: value });
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(secrets.mask(`(${line})`)).toBe('([secret])');
    expect(secrets.mask('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----');
  });

  it('is meant, not a public one', () => {
    const text = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(new KnownSecrets({ SECRET_KEY: publicKey }).mask(text)).toBe(text);
  });

  it('may be a shared one', () => {
    expect(new KnownSecrets({ HMAC_SECRET: createSecretKey(Buffer.from('shared-words')) }).mask('shared-words')).toBe('[secret]');
  });
});

describe('a token', () => {
  it('is masked with the last four of its purpose, and then forgotten', () => {
    const secrets = new KnownSecrets({});
    for (const number of [1, 2, 3, 4, 5, 5]) secrets.addToken('read', `read-token-${number}`);
    secrets.addToken('close', 'close-token');
    expect(secrets.mask('read-token-1 read-token-2 read-token-5 close-token')).toBe('read-token-1 [secret] [secret] [secret]');
  });
});

describe('the account of a call', () => {
  const secrets = new KnownSecrets({});
  const masked = (account: Partial<AccountRef>, text: string) =>
    secrets.during({ provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'x', ...account }, () => secrets.mask(text));

  it.each([
    ['a UUID in any case', { idType: 'UUID', id: '0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19' }, '0D2B6A5C-9c3e-4f7b-8a21-6e5d4c3b2a19'],
    ['a UUID without dashes', { idType: 'UUID', id: '0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19' }, '0d2b6a5c9c3e4f7b8a216e5d4c3b2a19'],
    ['an IBAN in groups', { idType: 'IBAN', id: 'GB82WEST12345698765432' }, 'gb82 west 1234 5698 7654 32'],
    ['an IBAN in groups, in a URL', { idType: 'IBAN', id: 'GB82WEST12345698765432' }, 'GB82%20WEST+1234%205698%207654%2032'],
    ['the account number in an IBAN', { idType: 'IBAN', id: 'GB82WEST12345698765432' }, 'WEST-123456-98765432'],
    ['a BBAN', { idType: 'BBAN', id: 'WEST12345698765432', country: 'GB' }, 'WEST 1234 5698 7654 32'],
    ["the provider's own id", { id: 'blue.whale(7)' }, 'blue.whale(7)'],
    ["the provider's own id in a URL", { id: 'blue whale' }, 'blue%20whale'],
    ["the provider's own id in base64", { id: 'blue whale' }, Buffer.from('blue whale').toString('base64url')],
  ] satisfies [string, Partial<AccountRef>, string][])('is masked: %s', (_what, account, said) => {
    expect(masked(account, `No such account: ${said}.`)).toBe('No such account: [account].');
  });

  it('is masked in what the call sets going, and not after it', async () => {
    const later = secrets.during({ provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'blue-whale' }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return secrets.mask('blue-whale');
    });
    expect(secrets.mask('blue-whale')).toBe('blue-whale');
    expect(await later).toBe('[account]');
    expect(masked({ id: 'red-whale' }, 'blue-whale')).toBe('blue-whale');
  });

  it('is not masked below four characters', () => {
    expect(masked({ id: '1-2' }, '12 of 1-2')).toBe('12 of 1-2');
  });

  it('is masked wherever it stands, whatever it looks like', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 60 }), fc.string(), fc.string(), (id, before, after) => {
        fc.pre(id.replace(/[\s-]/g, '').length >= 4);
        expect(masked({ id }, `${before}${id}${after}`)).toContain('[account]');
      }),
    );
  });
});

describe('something thrown', () => {
  const secrets = new KnownSecrets({ SECRET });

  it('is itself where it quotes nothing', () => {
    for (const thrown of [new TypeError('plain', { cause: new Error('deep') }), 'plain', undefined, { a: SECRET }]) {
      expect(secrets.maskThrown(thrown)).toBe(thrown);
    }
  });

  it('is a copy without the secret where it quotes one, to the depths of its causes', () => {
    const copy = secrets.maskThrown(new TypeError(`bad: ${SECRET}`, { cause: new Error('middle', { cause: `deep ${SECRET}` }) })) as Error;
    expect(copy).toMatchObject({ name: 'TypeError', message: 'bad: [secret]', cause: { message: 'middle', cause: 'deep [secret]' } });
    expect(copy.stack).toMatch(/^TypeError: bad: \[secret]\n\s+at /);
    expect(secrets.maskThrown(`bad: ${SECRET}`)).toBe('bad: [secret]');
  });

  it('may go round in circles', () => {
    const error = new Error(SECRET);
    error.cause = error;
    expect(secrets.maskThrown(error)).toMatchObject({ message: '[secret]' });
  });
});
