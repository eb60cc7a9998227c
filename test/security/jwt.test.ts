import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { IssuerKeys } from '../../src/http/identity/issuer-keys';
import { jwtAuthenticate } from '../../src/http/identity/jwt';
import { type Api, startApi } from '../support/api';
import { AUDIENCE, type Issuer, startIssuer } from '../support/issuer';

const WHO = '{ closures { edges { cursor } } }';
const CLAIMS = { tenant: 'tenant', subject: 'sub', scope: 'scope', accounts: 'accounts' };

let issuer: Issuer;
let keys: IssuerKeys;
let api: Api;

async function serve(): Promise<void> {
  keys = new IssuerKeys(issuer.jwksUrl);
  const config = { jwksUrl: issuer.jwksUrl, issuer: issuer.url, audience: AUDIENCE, algorithms: ['RS256', 'ES256'], tokenTypes: ['at+jwt', 'JWT'], claims: CLAIMS };
  api = await startApi({ authenticate: jwtAuthenticate(config, keys) });
}

beforeEach(async () => {
  issuer = await startIssuer();
  await serve();
});
afterEach(async () => {
  await api.close();
  await keys.dispose();
  await issuer.close();
});

async function ask(authorization?: string): Promise<{ status: number; codes: unknown[] }> {
  const { status, errors } = await api.graphql(WHO, {}, authorization === undefined ? {} : { authorization });
  return { status, codes: (errors ?? []).map(({ extensions }) => extensions['code']) };
}

const LET_IN = { status: 200, codes: [] };
const REFUSED = { status: 401, codes: ['UNAUTHENTICATED'] };

const now = () => Math.floor(Date.now() / 1000);
const good = (): JWTPayload => ({ iss: issuer.url, aud: AUDIENCE, iat: now(), exp: now() + 300, sub: 'anna', tenant: 'acme', scope: 'closures:read' });

/** Signed with the attacker's own key. */
async function forged(header: Partial<JWTHeaderParameters>): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  return new SignJWT(good()).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).sign(privateKey);
}

/** With the key beside it that it was signed with. */
async function withItsKey(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return new SignJWT(good()).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', jwk: await exportJWK(publicKey) }).sign(privateKey);
}

/** An HMAC with the issuer's public key as its secret, written as the caller of this writes keys. */
async function confused(written: (key: JsonWebKey) => string): Promise<string> {
  const set = (await (await fetch(issuer.jwksUrl)).json()) as { keys: (JsonWebKey & { kid: string })[] };
  const [key] = set.keys;
  if (!key) throw new Error('The issuer has no key.');
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })}.${encode(good())}`;
  return `${signed}.${createHmac('sha256', written(key)).update(signed).digest('base64url')}`;
}

const asPem = (key: JsonWebKey) => String(createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }));

/** The key id that the issuer signs with now. */
async function kid(): Promise<string> {
  const [header = ''] = (await issuer.token()).split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
}

describe('a token', () => {
  it('lets its holder in, whatever the case of the scheme', async () => {
    expect(await ask(`Bearer ${await issuer.token()}`)).toEqual(LET_IN);
    expect(await ask(`bearer ${await issuer.token()}`)).toEqual(LET_IN);
  });

  it.each(['at+jwt', 'JWT', 'application/at+jwt', 'AT+JWT', undefined])('may be of type %s', async (typ) => {
    expect(await ask(`Bearer ${await issuer.token({}, { typ })}`)).toEqual(LET_IN);
  });

  it('may list scopes, as some issuers do', async () => {
    expect(await ask(`Bearer ${await issuer.token({ scope: ['closures:read'] })}`)).toEqual(LET_IN);
  });

  it('lets nobody read without the scope', async () => {
    expect((await ask(`Bearer ${await issuer.token({ scope: 'closures:write openid' })}`)).codes).toEqual(['FORBIDDEN']);
  });
});

describe('an attack is refused', () => {
  const attacks: [string, () => string | Promise<string> | undefined][] = [
    ['no token', () => undefined],
    ['another scheme', async () => `Basic ${await issuer.token()}`],
    ['no signature (alg none)', () => `Bearer ${new UnsecuredJWT(good()).encode()}`],
    ["an HMAC with the issuer's public key, as PEM", async () => `Bearer ${await confused(asPem)}`],
    ["an HMAC with the issuer's public key, as JWK", async () => `Bearer ${await confused((key) => JSON.stringify(key))}`],
    ["another's key under the issuer's key id", async () => `Bearer ${await forged({ kid: await kid() })}`],
    ["another's key under a key id of its own", async () => `Bearer ${await forged({ kid: 'foreign' })}`],
    ['a key of its own (jwk)', async () => `Bearer ${await withItsKey()}`],
    ['an extension that must be understood (crit)', async () => `Bearer ${await issuer.token({}, { crit: ['urn:example:more'], 'urn:example:more': true })}`],
    ['expired', async () => `Bearer ${await issuer.token({ exp: now() - 60 })}`],
    ['without an end', async () => `Bearer ${await issuer.token({ exp: undefined })}`],
    ['not valid yet', async () => `Bearer ${await issuer.token({ nbf: now() + 60 })}`],
    ['for another audience', async () => `Bearer ${await issuer.token({ aud: 'payments' })}`],
    ['for no audience', async () => `Bearer ${await issuer.token({ aud: undefined })}`],
    ['of another issuer', async () => `Bearer ${await issuer.token({ iss: 'https://evil.example' })}`],
    ['of another type', async () => `Bearer ${await issuer.token({}, { typ: 'logout+jwt' })}`],
    ['an identity token', async () => `Bearer ${await issuer.token({}, { typ: 'id+jwt' })}`],
    ['larger than any honest one', async () => `Bearer ${await issuer.token({ padding: 'x'.repeat(8_192) })}`],
    ['altered', async () => `Bearer ${(await issuer.token()).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...good(), tenant: 'other' })).toString('base64url')}.`)}`],
    ['cut off', async () => `Bearer ${(await issuer.token()).slice(0, -10)}`],
    ['no token at all', () => 'Bearer not-a-token'],
    ['without a tenant', async () => `Bearer ${await issuer.token({ tenant: undefined })}`],
    ['with a tenant that is no name', async () => `Bearer ${await issuer.token({ tenant: ['acme'] })}`],
    ['with invisible characters in its tenant', async () => `Bearer ${await issuer.token({ tenant: 'ac\u200bme' })}`],
    ['without a subject', async () => `Bearer ${await issuer.token({ sub: undefined })}`],
    ['with an empty subject', async () => `Bearer ${await issuer.token({ sub: '' })}`],
  ];

  it.each(attacks)('%s', async (_what, header) => {
    expect(await ask(await header())).toEqual(REFUSED);
    expect(api.logged).toEqual([]);
    // Not because nothing would be let in.
    expect(await ask(`Bearer ${await issuer.token()}`)).toEqual(LET_IN);
  });

  it('a key set of its own (jku), which nobody asks for', async () => {
    const attacker = await startIssuer();
    expect(await ask(`Bearer ${await attacker.token({ iss: issuer.url }, { jku: attacker.jwksUrl })}`)).toEqual(REFUSED);
    expect(attacker.asked).toBe(0);
    await attacker.close();
  });

  it('with the challenge that RFC 6750 asks for', async () => {
    const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: WHO }) });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

describe("the issuer's keys", () => {
  it('are asked for once for many callers', async () => {
    const token = await issuer.token();
    expect(await Promise.all(Array.from({ length: 20 }, () => ask(`Bearer ${token}`)))).toEqual(Array.from({ length: 20 }, () => LET_IN));
    expect(issuer.asked).toBe(1);
  });

  it('are asked for again when a new one is used, and not for every stranger', async () => {
    expect(await ask(`Bearer ${await issuer.token()}`)).toEqual(LET_IN);
    await issuer.rotate();
    expect(await ask(`Bearer ${await issuer.token()}`)).toEqual(LET_IN);
    expect(issuer.asked).toBe(2);
    for (let times = 0; times < 5; times += 1) expect(await ask(`Bearer ${await forged({ kid: `foreign-${times}` })}`)).toEqual(REFUSED);
    expect(issuer.asked).toBe(2);
  });

  it.each([500, 404, 'not-json', '{"keys":[]}'] as const)('stay good while the issuer answers %s', async (trouble) => {
    const token = await issuer.token();
    expect(await ask(`Bearer ${token}`)).toEqual(LET_IN);
    issuer.trouble = trouble;
    // A key that is not known has them asked for.
    expect((await ask(`Bearer ${await forged({ kid: 'foreign' })}`)).status).toBe(503);
    expect(await ask(`Bearer ${token}`)).toEqual(LET_IN);
  });

  it('that were never had are our trouble and not the caller\'s, and over when they are there', async () => {
    issuer.trouble = 503;
    const token = await issuer.token();
    expect(await ask(`Bearer ${token}`)).toEqual({ status: 503, codes: ['SERVICE_UNAVAILABLE'] });
    await expect(keys.ready()).rejects.toThrow('keys');
    issuer.trouble = null;
    while ((await ask(`Bearer ${token}`)).status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ask(`Bearer ${token}`)).toEqual(LET_IN);
    await keys.ready();
  });
});
