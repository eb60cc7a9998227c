import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { jsonAnswer } from '../../../src/provider-kit/sandbox';
import { DOCUMENTED_ANSWERS } from '../../../providers/emoney/sandbox/answers';
import { account, type Bench, freshAccount, openBench } from './support';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.dispose());

const tokenRequests = (): number => bench.bank.ledger.filter(({ operation }) => operation === 'token').length;

describe.each(['client_credentials', 'jwt-bearer'])('the grant %s', (grant) => {
  it('gets tokens that close and read', async () => {
    const adapter = bench.another({ GRANT: grant });
    const wanted = freshAccount();
    const request = { closureId: 'c', account: wanted, reason: 'OTHER', reasonText: null, initiator: 'HOLDER', announceOnly: false, correlationId: 'c' } as const;
    const outcome = await adapter.requestClosure(request, { freshToken: false, beforeFirstByte: () => Promise.resolve() });
    expect(outcome).toMatchObject({ kind: 'closed' });
    expect(await adapter.readAccount(wanted, { correlationId: 'c', purpose: 'POLL', blockers: true })).toMatchObject({ state: 'CLOSED' });
    expect(tokenRequests()).toBe(2);
  });
});

describe('a token', () => {
  it('is fetched once for many closes', async () => {
    await Promise.all(Array.from({ length: 8 }, () => bench.close(freshAccount())));
    await bench.close(freshAccount());
    expect(tokenRequests()).toBe(1);
    expect(bench.bank.closeRequests()).toBe(9);
  });

  it('that the provider refuses for a close is replaced for the next', async () => {
    const wanted = freshAccount();
    await bench.close(freshAccount());
    bench.bank.revokeTokens();
    expect(await bench.close(wanted)).toMatchObject({ kind: 'authFailed', httpStatus: 403 });
    expect(await bench.close(wanted, { freshToken: true })).toMatchObject({ kind: 'closed' });
    expect(tokenRequests()).toBe(2);
    expect(bench.bank.closeRequests(wanted.id)).toBe(2);
  });

  it.each([
    ['403 INVALID_AUTH_TOKEN', async () => bench.bank.revokeTokens()],
    ['401', async () => bench.bank.script('*', 'read', [{ status: 401 }])],
  ])('that the provider refuses for a read with %s is replaced at once', async (_how, refuse) => {
    const wanted = freshAccount();
    await bench.read(wanted);
    await refuse();
    expect(await bench.read(wanted)).toMatchObject({ ok: true, state: 'OPEN' });
    expect(tokenRequests()).toBe(2);
  });

  it('that is refused again and again makes the read fail, without a third try', async () => {
    const fixture = DOCUMENTED_ANSWERS.find(({ name }) => name === '403-invalid-auth-token')?.answer ?? { status: 0 };
    bench.bank.script('*', 'read', [fixture, fixture]);
    expect(await bench.read(freshAccount())).toMatchObject({ ok: false, code: 'PROVIDER_AUTHENTICATION_FAILED', httpStatus: 403 });
    expect(bench.bank.ledger.filter(({ operation }) => operation === 'read')).toHaveLength(2);
  });

  it('of the configured scope is asked for', async () => {
    const adapter = bench.another({ READ_SCOPE: 'accounts.delete' });
    expect(await adapter.readAccount(freshAccount(), { correlationId: 'c', purpose: 'POLL', blockers: true })).toMatchObject({ ok: false, code: 'PROVIDER_PERMISSION_DENIED' });
  });
});

describe('without a token', () => {
  it.each([
    [{ KEY_ID: 'another-key' }, 'PROVIDER_AUTHENTICATION_FAILED', 401],
    [{ ISSUER: 'somebody' }, 'PROVIDER_AUTHENTICATION_FAILED', 401],
    [{ AUDIENCE: 'elsewhere' }, 'PROVIDER_AUTHENTICATION_FAILED', 401],
    [{ CLIENT_ID: '00000000-5d4a-4e6f-9a7b-0c1d2e3f4a5b' }, 'PROVIDER_AUTHENTICATION_FAILED', 401],
    [{ CLOSE_SCOPE: 'accounts.everything' }, 'PROVIDER_AUTHENTICATION_FAILED', 400],
  ])('no close request leaves: %j', async (settings, code, httpStatus) => {
    const own = await openBench(settings);
    const outcome = await own.close(freshAccount());
    const [requests, marks] = [own.bank.closeRequests(), own.marks()];
    await own.dispose();
    expect(outcome).toMatchObject({ kind: 'notApplied', code, httpStatus });
    expect([requests, marks]).toEqual([0, 0]);
  });

  it.each([
    ['reset-before', 'PROVIDER_UNAVAILABLE'],
    ['html-502', 'PROVIDER_UNAVAILABLE'],
    ['html-200', 'PROVIDER_AUTHENTICATION_FAILED'],
    ['redirect-307', 'PROVIDER_AUTHENTICATION_FAILED'],
    ['throttled-seconds', 'PROVIDER_RATE_LIMITED'],
  ] as const)('because of %s no close request leaves, and the next try is a new one', async (fault, code) => {
    bench.bank.script('*', 'token', [fault]);
    const wanted = freshAccount();
    expect(await bench.close(wanted)).toMatchObject({ kind: 'notApplied', code });
    expect([bench.bank.closeRequests(), bench.marks(), bench.bank.strayRequests()]).toEqual([0, 0, 0]);
    expect(await bench.close(wanted)).toMatchObject({ kind: 'closed' });
  });

  it('a read fails, and no read request leaves', async () => {
    bench.bank.script('*', 'token', [jsonAnswer(503, {}, { 'retry-after': '7' })]);
    expect(await bench.read(freshAccount())).toMatchObject({ ok: false, code: 'PROVIDER_UNAVAILABLE', retryAfterMs: 7_000 });
    expect(bench.bank.ledger.map(({ operation }) => operation)).toEqual(['token']);
  });
});

describe('the token endpoint of the sandbox', () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const seconds = (): number => Math.floor(Date.now() / 1000);

  async function assertion(change: { claims?: Record<string, unknown>; kid?: string; key?: KeyObject; alg?: string } = {}): Promise<string> {
    const { CLIENT_ID = '', KEY_ID, PRIVATE_KEY = '', TOKEN_URL } = bench.bank.settings;
    const now = seconds();
    const claims = { iss: CLIENT_ID, sub: CLIENT_ID, aud: TOKEN_URL, iat: now, exp: now + 60, jti: randomUUID(), ...change.claims };
    return new SignJWT(claims).setProtectedHeader({ alg: change.alg ?? 'RS256', kid: change.kid ?? KEY_ID }).sign(change.key ?? createPrivateKey(PRIVATE_KEY));
  }

  async function ask(form: Record<string, string>, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
    const type = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'accounts.read', ...type, ...form }).toString();
    const response = await fetch(bench.bank.settings.TOKEN_URL ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });
    return { status: response.status, body: await response.json() };
  }

  it('grants a token for a good assertion, once', async () => {
    const client_assertion = await assertion();
    expect(await ask({ client_assertion })).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 300, scope: 'accounts.read' } });
    expect(await ask({ client_assertion })).toMatchObject({ status: 401, body: { error: 'invalid_client', error_description: 'jti' } });
  });

  it.each([
    ['a stranger\'s key', () => ({ key: stranger })],
    ['another algorithm', () => ({ alg: 'RS512' })],
    ['an unknown kid', () => ({ kid: 'other' })],
    ['another issuer', () => ({ claims: { iss: 'other' } })],
    ['another subject', () => ({ claims: { sub: 'other' } })],
    ['another audience', () => ({ claims: { aud: 'https://other.example/oauth/token' } })],
    ['an expiry that is past', () => ({ claims: { iat: seconds() - 120, exp: seconds() - 60 } })],
    ['an expiry that is far', () => ({ claims: { exp: seconds() + 3_600 } })],
    ['no expiry', () => ({ claims: { exp: undefined } })],
    ['no issue time', () => ({ claims: { iat: undefined } })],
    ['no jti', () => ({ claims: { jti: undefined } })],
  ])('refuses an assertion with %s', async (_what, change) => {
    expect(await ask({ client_assertion: await assertion(change()) })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it.each([
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ scope: 'accounts.read payments' }, 'invalid_scope'],
    [{ scope: '' }, 'invalid_scope'],
    [{ client_assertion_type: 'other' }, 'invalid_client'],
    [{ client_assertion: '' }, 'invalid_client'],
    [{ assertion: 'x' }, 'invalid_request'],
    [{ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }, 'invalid_grant'],
  ])('refuses %j as %s', async (form, error) => {
    expect(await ask({ client_assertion: await assertion(), ...form })).toMatchObject({ body: { error } });
  });

  it('refuses one assertion used twice in one request', async () => {
    const one = await assertion();
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    expect(await ask({ grant_type, client_assertion: one, assertion: one })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await ask({ grant_type, client_assertion: await assertion(), assertion: await assertion() })).toMatchObject({ status: 200 });
  });

  it('refuses another content type', async () => {
    expect(await ask({ client_assertion: await assertion() }, { 'content-type': 'text/plain' })).toMatchObject({ status: 400 });
  });

  it('lets a token expire', async () => {
    const brief = await openBench({}, { tokenLifetimeS: 0 });
    const outcome = await brief.close(account(randomUUID()));
    await brief.dispose();
    expect(outcome).toMatchObject({ kind: 'authFailed' });
  });
});
