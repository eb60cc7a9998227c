import { randomUUID } from 'node:crypto';
import type { CloseOutcomeKind } from '../../../src/domain/outcome';
import { FAULT_NAMES, type FaultName, faultId } from '../../../src/provider-kit/sandbox-faults';
import { MAGIC_ACCOUNTS, MAGIC_PROBLEMS } from '../../../providers/upvest/sandbox/magic';
import { account, closeRequest, openPair, type Pair, send } from './support';

let pair: Pair;

beforeEach(async () => {
  pair = await openPair();
});

afterEach(() => pair.dispose());

describe('a close request', () => {
  it('closes an account with DELETE and no query', async () => {
    const request = closeRequest();
    const outcome = await pair.adapter.requestClosure(request, send);
    expect(outcome).toMatchObject({ kind: 'accepted', providerStatus: 'CLOSING', httpStatus: 202, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(pair.sandbox.ledger.filter((entry) => entry.operation === 'close')).toMatchObject([
      { method: 'DELETE', path: `/accounts/${request.account.id}`, query: '', status: 202, effect: true },
    ]);
  });

  it.each([
    ['CUSTOMER_REQUEST', '?closure_reason=user_initiated', 'EXACT'],
    ['DELINQUENT', '?closure_reason=dunning', 'EXACT'],
    ['POWER_OF_ATTORNEY', '?closure_reason=power_of_attorney', 'EXACT'],
    ['LOSS_OF_LEGAL_CAPACITY', '?closure_reason=loss_of_legal_capacity', 'EXACT'],
    ['FINANCIAL_CRIME', '?closure_reason=aml', 'EXACT'],
    ['OUT_OF_RISK_APPETITE', '?closure_reason=risk_based', 'EXACT'],
    ['TERMS_VIOLATION', '?closure_reason=contract_breach', 'EXACT'],
    ['ACCOUNT_SWITCHED', '?closure_reason=user_initiated', 'LOSSY'],
    ['SANCTIONS', '?closure_reason=aml', 'LOSSY'],
    ['FRAUD', '?closure_reason=risk_based', 'LOSSY'],
    ['IDENTITY_THEFT', '?closure_reason=risk_based', 'LOSSY'],
    ['HOLDER_DECEASED', '', 'NOT_SENT'],
    ['OTHER', '', 'NOT_SENT'],
  ] as const)('tells a group\'s reason %s as %j (%s)', async (reason, query, mapping) => {
    const request = closeRequest({ account: account(undefined, 'ACCOUNT_GROUP'), reason });
    expect(await pair.adapter.requestClosure(request, send)).toMatchObject({ kind: 'accepted' });
    expect(pair.adapter.mapReason(request)).toBe(mapping);
    expect(pair.sandbox.ledger.at(-1)).toMatchObject({ path: `/account_groups/${request.account.id}`, query, effect: true });
  });

  it('tells no reason for a single account', () => {
    expect(pair.adapter.mapReason(closeRequest())).toBe('NOT_SENT');
  });

  it('announces a group\'s closing without closing anything', async () => {
    const group = account(undefined, 'ACCOUNT_GROUP');
    expect(await pair.adapter.requestClosure(closeRequest({ account: group, announceOnly: true }), send)).toMatchObject({ kind: 'announced' });
    expect(pair.sandbox.ledger.at(-1)).toMatchObject({ query: '?closure_reason=user_initiated&notification_only=true', effect: false });
    expect(await pair.adapter.readAccount(group, { correlationId: 'c', purpose: 'POLL', blockers: true })).toMatchObject({ state: 'OPEN' });
  });

  it('refuses a path that is no single id, and an account kind that the provider does not have', async () => {
    await expect(pair.adapter.requestClosure(closeRequest({ account: account('..') }), send)).rejects.toThrow(/not a path segment/);
    await expect(pair.adapter.requestClosure(closeRequest({ account: account(undefined, 'VIRTUAL_ACCOUNT') }), send)).rejects.toThrow(/no virtual/);
    expect(pair.sandbox.closeRequests()).toBe(0);
  });

  it('does not leave when its mark cannot be written', async () => {
    const sent = pair.adapter.requestClosure(closeRequest(), { freshToken: false, beforeFirstByte: () => Promise.reject(new Error('no mark')) });
    await expect(sent).rejects.toThrow('no mark');
    expect(pair.sandbox.closeRequests()).toBe(0);
  });

  it('is marked after the token was had and before anything of it leaves', async () => {
    const seen: string[] = [];
    await pair.adapter.requestClosure(closeRequest(), {
      freshToken: false,
      beforeFirstByte: async () => {
        seen.push(...pair.sandbox.ledger.map((entry) => entry.operation));
      },
    });
    expect(seen).toEqual(['token']);
    expect(pair.sandbox.ledger.map((entry) => entry.operation)).toEqual(['token', 'close']);
  });

  it('is reported with its outcome, its ids and nothing about the account', async () => {
    const request = closeRequest();
    const { requestId } = await pair.adapter.requestClosure(request, send);
    expect(pair.calls.at(-1)).toMatchObject({ provider: 'bank', operation: 'close', outcome: 'accepted', httpStatus: 202, requestId, correlationId: 'correlation-1' });
    expect(JSON.stringify(pair.calls)).not.toContain(request.account.id);
  });
});

describe('an answer to the close', () => {
  const byProblem: Record<string, { kind: CloseOutcomeKind; code?: string }> = {
    invalid_request: { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' },
    unauthorised: { kind: 'authFailed' },
    forbidden: { kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED' },
    not_found: { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND' },
    not_acceptable: { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' },
    conflict: { kind: 'conflict' },
    too_many_requests: { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED' },
    internal: { kind: 'unknown' },
    unavailable: { kind: 'unavailable' },
    gateway_timeout: { kind: 'unknown' },
  };

  it.each(MAGIC_PROBLEMS.map((magic) => [magic.name, magic] as const))('%s', async (name, { id }) => {
    const slug = name.replace(/-once$/, '');
    const request = closeRequest({ account: account(id) });
    const outcome = await pair.adapter.requestClosure(request, send);
    expect(outcome).toMatchObject({ ...byProblem[slug], requestId: expect.any(String) });
    expect(outcome.providerErrors).toEqual([
      expect.objectContaining({ type: `https://docs.upvest.co/errors/${slug}`, httpStatus: outcome.httpStatus }),
    ]);
    expect(pair.unmapped).toEqual([]);
    const again = await pair.adapter.requestClosure(request, send);
    expect(again.kind).toBe(name.endsWith('-once') ? 'accepted' : outcome.kind);
  });

  const lost = { kind: 'unknown' } as const;
  const byFault: Record<FaultName, { kind: CloseOutcomeKind; retryAfterMs?: unknown; documented?: boolean }> = {
    'reset-before': lost,
    'reset-after': lost,
    'hang-before': lost,
    'hang-after': lost,
    'html-200': lost,
    'html-403': lost,
    'html-404': lost,
    'html-502': lost,
    'applied-500': lost,
    truncated: lost,
    'invalid-json': lost,
    'wrong-media-type': lost,
    empty: lost,
    'gzip-bomb': lost,
    'slow-drip': lost,
    'redirect-301': lost,
    'redirect-302': lost,
    'redirect-303': lost,
    'redirect-307': lost,
    'redirect-308': lost,
    'bare-200': lost,
    // The one documented success, which has no body.
    'bare-202': { kind: 'accepted' },
    'bare-204': lost,
    teapot: { kind: 'conflict', documented: false },
    'throttled-seconds': { kind: 'notApplied', retryAfterMs: 1_000 },
    'throttled-date': { kind: 'notApplied', retryAfterMs: expect.any(Number) },
    'throttled-nonsense': { kind: 'notApplied', retryAfterMs: undefined },
    'down-seconds': { kind: 'unavailable', retryAfterMs: 1_000 },
    'down-date': { kind: 'unavailable', retryAfterMs: expect.any(Number) },
    'down-nonsense': { kind: 'unavailable', retryAfterMs: undefined },
  };

  it.each(FAULT_NAMES)('fault %s', async (fault) => {
    const outcome = await pair.adapter.requestClosure(closeRequest({ account: account(faultId(fault)) }), send);
    expect(outcome).toMatchObject(byFault[fault]);
    expect(pair.sandbox.closeRequests(faultId(fault))).toBe(1);
    expect(pair.sandbox.strayRequests()).toBe(0);
  });

  it('is a conflict for every account that cannot be closed as it is, and accepted for the others', async () => {
    const kinds = await Promise.all(
      MAGIC_ACCOUNTS.map(async ({ name, id }) => [name, (await pair.adapter.requestClosure(closeRequest({ account: account(id) }), send)).kind]),
    );
    expect(Object.fromEntries(kinds)).toEqual({
      'pending-approval': 'conflict',
      locked: 'conflict',
      closing: 'conflict',
      closed: 'conflict',
      withdrawals: 'conflict',
      'never-done': 'accepted',
      fails: 'accepted',
      'undocumented-status': 'conflict',
      // What stands in the way of completion alone does not refuse the close.
      positions: 'accepted',
      orders: 'accepted',
      cash: 'accepted',
      overdrawn: 'accepted',
      'pending-cash': 'accepted',
      'reserved-cash': 'accepted',
      fees: 'accepted',
      children: 'accepted',
      'sale-cancelled': 'accepted',
      'sale-forbidden': 'accepted',
      'sale-invalid': 'accepted',
      'sale-lost': 'accepted',
      'sale-not-acceptable': 'accepted',
      'sale-slow': 'accepted',
    });
  });

  it('is a conflict the second time', async () => {
    const request = closeRequest();
    await pair.adapter.requestClosure(request, send);
    expect(await pair.adapter.requestClosure(request, send)).toMatchObject({ kind: 'conflict', documented: true });
    expect(pair.sandbox.effectiveCloses(request.account.id)).toBe(1);
  });

  it('of a problem type that no table has falls back to its status, and the word is reported', async () => {
    const request = closeRequest();
    const body = JSON.stringify({ type: 'https://docs.upvest.co/errors/novel', title: 'Novel', status: 403 });
    pair.sandbox.script(request.account.id, 'close', [{ status: 403, headers: { 'content-type': 'application/problem+json' }, body }]);
    expect(await pair.adapter.requestClosure(request, send)).toMatchObject({ kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED' });
    expect(pair.unmapped).toEqual([{ provider: 'bank', what: 'error', word: 'https://docs.upvest.co/errors/novel', correlationId: 'correlation-1' }]);
  });

  it('never comes when nobody listens: the request was not applied', async () => {
    await pair.sandbox.dispose();
    expect(await pair.adapter.requestClosure(closeRequest(), send)).toMatchObject({ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE' });
  });
});

describe('many close requests at once', () => {
  it('share one token and each have a signature of their own', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => pair.adapter.requestClosure(closeRequest({ account: account(randomUUID()) }), send)));
    // The sandbox refuses a nonce that it has seen.
    expect(outcomes.every((outcome) => outcome.kind === 'accepted')).toBe(true);
    expect(pair.sandbox.ledger.filter((entry) => entry.operation === 'token')).toHaveLength(1);
  });
});
