import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { UpvestSandbox } from '../../../providers/upvest/sandbox';
import { account, closeRequest, context as withBlockers, openBench, openPair, type Pair, send } from './support';

/** What other lists take is another matter. */
const context = { ...withBlockers, blockers: false };

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(...given: Parameters<typeof openPair>): Promise<Pair> {
  const pair = await openPair(...given);
  cleanups.push(() => pair.dispose());
  return pair;
}

const operations = (sandbox: UpvestSandbox): string[] => sandbox.ledger.map((entry) => entry.operation);

describe('signed requests', () => {
  const keys = { p521: generateKeyPairSync('ec', { namedCurve: 'secp521r1' }), ed25519: generateKeyPairSync('ed25519') };

  it.each([
    ['p521', '15'],
    ['p521', '6'],
    ['ed25519', '15'],
    ['ed25519', '6'],
  ] as const)('are accepted with a %s key in version %s: token, close and read', async (type, signatureVersion) => {
    const { adapter } = await open({ keys: keys[type], signatureVersion });
    const group = account(undefined, 'ACCOUNT_GROUP');
    expect(await adapter.requestClosure(closeRequest({ account: group }), send)).toMatchObject({ kind: 'accepted' });
    expect(await adapter.readAccount(group, context)).toMatchObject({ ok: true, state: 'CLOSING' });
  });

  it('are accepted with an encrypted key', async () => {
    const encrypted = keys.p521.privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }).toString();
    const { adapter } = await open({ keys: keys.p521 }, { PRIVATE_KEY: encrypted, PRIVATE_KEY_PASSPHRASE: 'open sesame' });
    expect(await adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'accepted' });
  });
});

describe('a token that cannot be had', () => {
  const strangeKey = generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  it.each([
    ['a wrong secret', { CLIENT_SECRET: 'wrong' }],
    ['an unknown client', { CLIENT_ID: randomUUID() }],
    ['an unknown key id', { KEY_ID: randomUUID() }],
    ['another key', { PRIVATE_KEY: strangeKey }],
  ])('(%s) makes no close request', async (_what, settings) => {
    const { adapter, sandbox } = await open({}, settings);
    let marked = false;
    const outcome = await adapter.requestClosure(closeRequest(), {
      freshToken: false,
      beforeFirstByte: async () => {
        marked = true;
      },
    });
    expect(outcome).toMatchObject({ kind: 'notApplied', code: 'PROVIDER_AUTHENTICATION_FAILED', httpStatus: 401 });
    expect(await adapter.readAccount(account(), context)).toMatchObject({ ok: false, code: 'PROVIDER_AUTHENTICATION_FAILED' });
    expect(marked).toBe(false);
    expect(operations(sandbox)).toEqual(['token', 'token']);
  });

  it('for a scope that the client may not have keeps reads going', async () => {
    const { adapter } = await open({ scopes: ['accounts:read'] });
    expect(await adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'notApplied', code: 'PROVIDER_AUTHENTICATION_FAILED' });
    expect(await adapter.readAccount(account(), context)).toMatchObject({ ok: true, state: 'OPEN' });
  });

  it.each([
    ['throttled-seconds', { code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 1_000 }],
    ['down-seconds', { code: 'PROVIDER_UNAVAILABLE', retryAfterMs: 1_000 }],
    ['reset-before', { code: 'PROVIDER_UNAVAILABLE' }],
    ['hang-before', { code: 'PROVIDER_UNAVAILABLE' }],
    ['html-200', { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
  ] as const)('because of %s is tried again with the next request', async (fault, expected) => {
    const { adapter, sandbox } = await open();
    sandbox.script('*', 'token', [fault]);
    expect(await adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'notApplied', ...expected });
    expect(sandbox.closeRequests()).toBe(0);
    expect(await adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'accepted' });
  });

  it('when nobody listens at all is an outage', async () => {
    const { sandbox, ...pair } = await open();
    await sandbox.dispose();
    expect(await pair.adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE' });
  });
});

describe('a token that the provider refuses', () => {
  it('is never used again: a close says so once, and the next request has another', async () => {
    const { adapter, sandbox } = await open();
    await adapter.requestClosure(closeRequest(), send);
    sandbox.revokeTokens();
    const request = closeRequest();
    expect(await adapter.requestClosure(request, send)).toMatchObject({ kind: 'authFailed', httpStatus: 401 });
    expect(await adapter.requestClosure(request, { ...send, freshToken: true })).toMatchObject({ kind: 'accepted' });
    expect(operations(sandbox)).toEqual(['token', 'close', 'close', 'token', 'close']);
  });

  it('is replaced once during a read', async () => {
    const { adapter, sandbox } = await open();
    await adapter.readAccount(account(), context);
    sandbox.revokeTokens();
    expect(await adapter.readAccount(account(), context)).toMatchObject({ ok: true, state: 'OPEN' });
    expect(operations(sandbox)).toEqual(['token', 'read', 'read', 'token', 'read']);
  });

  it('twice in a row ends the read', async () => {
    const { adapter, sandbox } = await open();
    const refusal = { status: 401, headers: { 'content-type': 'application/problem+json' }, body: '{"title":"Unauthorised"}' };
    sandbox.script('*', 'read', [refusal, refusal]);
    expect(await adapter.readAccount(account(), context)).toMatchObject({ ok: false, code: 'PROVIDER_AUTHENTICATION_FAILED' });
    expect(operations(sandbox)).toEqual(['token', 'read', 'token', 'read']);
  });

  it('is another one for closing than for reading', async () => {
    const { adapter, sandbox } = await open();
    await adapter.requestClosure(closeRequest(), send);
    await adapter.readAccount(account(), context);
    expect(operations(sandbox)).toEqual(['token', 'close', 'token', 'read']);
  });

  it('is not used beyond its life', async () => {
    const { adapter, sandbox } = await open({ tokenLifeSeconds: 0 });
    await adapter.requestClosure(closeRequest(), send);
    await adapter.requestClosure(closeRequest(), send);
    expect(operations(sandbox)).toEqual(['token', 'close', 'token', 'close']);
  });
});

describe('a clock that is wrong', () => {
  it('makes the provider refuse the signature, and no close request', async () => {
    const { sandbox } = await open();
    const bench = openBench(sandbox.settings, { clock: { now: () => Date.now() - 600_000, monotonic: () => performance.now() } });
    cleanups.push(() => bench.dispose());
    expect(await bench.adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'notApplied', code: 'PROVIDER_AUTHENTICATION_FAILED' });
    expect(sandbox.closeRequests()).toBe(0);
  });
});
