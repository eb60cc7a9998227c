import { randomUUID } from 'node:crypto';
import type { SandboxStep } from '../../../src/provider-kit/sandbox';
import { MAGIC_ACCOUNTS, MAGIC_PROBLEMS } from '../../../providers/upvest/sandbox/magic';
import { account, closeRequest, context, openPair, type Pair, send } from './support';

let pair: Pair;

afterEach(() => pair.dispose());

const magicId = (name: string): string => [...MAGIC_ACCOUNTS, ...MAGIC_PROBLEMS].find((magic) => magic.name === name)?.id ?? '';

const until = async (isDone: () => Promise<boolean>): Promise<void> => {
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('a read', () => {
  beforeEach(async () => {
    pair = await openPair();
  });

  it.each([
    ['closing', { state: 'CLOSING', providerStatus: 'CLOSING', blockers: [] }],
    ['closed', { state: 'CLOSED', providerStatus: 'CLOSED', blockers: [] }],
    ['withdrawals', { state: 'OPEN', providerStatus: 'ACTIVE', blockers: [{ code: 'OUTSTANDING_WITHDRAWALS', stage: 'REQUEST' }] }],
    [
      'locked',
      { state: 'OPEN', providerStatus: 'LOCKED', blockers: [{ code: 'ACCOUNT_RESTRICTED', stage: 'REQUEST', resolvableBy: 'PROVIDER', selfResolving: false }] },
    ],
    [
      'pending-approval',
      { state: 'OPEN', providerStatus: 'PENDING_APPROVAL', blockers: [{ code: 'ACCOUNT_NOT_ACTIVE', stage: 'REQUEST', resolvableBy: 'PROVIDER', selfResolving: true }] },
    ],
    ['not_found', { state: 'NOT_FOUND', blockers: [] }],
  ])('of the account "%s"', async (name, expected) => {
    for (const kind of ['ACCOUNT', 'ACCOUNT_GROUP'] as const) {
      const read = await pair.adapter.readAccount(account(magicId(name), kind), context);
      expect(read).toMatchObject({ ok: true, aliases: [], requestId: expect.any(String), ...expected });
    }
    expect(pair.sandbox.ledger.some((entry) => entry.effect)).toBe(false);
  });

  it('with a status that is not documented is unknown, and the word is reported', async () => {
    expect(await pair.adapter.readAccount(account(magicId('undocumented-status')), context)).toMatchObject({ ok: true, state: 'UNKNOWN', providerStatus: 'FROZEN' });
    expect(pair.unmapped).toEqual([{ provider: 'bank', what: 'status', word: 'FROZEN', correlationId: 'correlation-1' }]);
  });

  const json = { 'content-type': 'application/json' };
  const problem = (status: number): SandboxStep => ({ status, headers: { 'content-type': 'application/problem+json' }, body: '{"type":"about:blank","title":"t"}' });
  const id = randomUUID();

  it.each<[string, SandboxStep, string]>([
    ['about another account', { status: 200, headers: json, body: `{"id":"${randomUUID()}","status":"CLOSED"}` }, 'PROVIDER_PROTOCOL_ERROR'],
    ['about no account', { status: 200, headers: json, body: '{"status":"CLOSED"}' }, 'PROVIDER_PROTOCOL_ERROR'],
    ['without a status', { status: 200, headers: json, body: `{"id":"${id}"}` }, 'PROVIDER_PROTOCOL_ERROR'],
    ['that is null', { status: 200, headers: json, body: 'null' }, 'PROVIDER_PROTOCOL_ERROR'],
    ['that is empty', { status: 200, headers: json }, 'PROVIDER_PROTOCOL_ERROR'],
    ['that is HTML', 'html-200', 'PROVIDER_PROTOCOL_ERROR'],
    ['404 as HTML', 'html-404', 'PROVIDER_PROTOCOL_ERROR'],
    ['a redirect', 'redirect-302', 'PROVIDER_PROTOCOL_ERROR'],
    ['an unexpected 204', 'bare-204', 'PROVIDER_PROTOCOL_ERROR'],
    ['a gzip bomb', 'gzip-bomb', 'PROVIDER_PROTOCOL_ERROR'],
    ['403', problem(403), 'PROVIDER_PERMISSION_DENIED'],
    ['429', 'throttled-seconds', 'PROVIDER_RATE_LIMITED'],
    ['500', problem(500), 'PROVIDER_UNAVAILABLE'],
    ['503', 'down-seconds', 'PROVIDER_UNAVAILABLE'],
    ['a reset', 'reset-before', 'PROVIDER_UNAVAILABLE'],
    ['silence', 'hang-before', 'PROVIDER_TIMEOUT'],
  ])('answered %s says nothing about the account', async (_what, step, code) => {
    pair.sandbox.script(id, 'read', [step]);
    expect(await pair.adapter.readAccount(account(id), context)).toMatchObject({ ok: false, code });
    expect(pair.calls.at(-1)).toMatchObject({ operation: 'read', outcome: code });
  });

  it('says when to come back, where the provider does', async () => {
    pair.sandbox.script(id, 'read', ['throttled-seconds']);
    expect(await pair.adapter.readAccount(account(id), context)).toMatchObject({ retryAfterMs: 1_000 });
  });
});

describe('the account after a close', () => {
  it('is closing, then closed', async () => {
    pair = await openPair({ closingMs: 600 });
    const request = closeRequest();
    await pair.adapter.requestClosure(request, send);
    const seen = new Set<string>();
    await until(async () => {
      const read = await pair.adapter.readAccount(request.account, context);
      if (read.ok) seen.add(read.state);
      return read.ok && read.state === 'CLOSED';
    });
    expect([...seen]).toEqual(['CLOSING', 'CLOSED']);
  });

  it('goes on looking open for a while where reads lag', async () => {
    pair = await openPair({ closingMs: 200, readLagMs: 800 });
    const request = closeRequest();
    await pair.adapter.requestClosure(request, send);
    expect(await pair.adapter.readAccount(request.account, context)).toMatchObject({ state: 'OPEN' });
    await until(async () => {
      const read = await pair.adapter.readAccount(request.account, context);
      return read.ok && read.state === 'CLOSED';
    });
  });

  it('is open again where the provider gave the closing up', async () => {
    pair = await openPair({ closingMs: 600 });
    const request = closeRequest({ account: account(magicId('fails')) });
    await pair.adapter.requestClosure(request, send);
    expect(await pair.adapter.readAccount(request.account, context)).toMatchObject({ state: 'CLOSING' });
    await until(async () => {
      const read = await pair.adapter.readAccount(request.account, context);
      return read.ok && read.state === 'OPEN';
    });
  });
});
