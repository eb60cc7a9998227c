import type { Closure } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import { IllegalWrite } from '../../src/store/errors';
import { sampleAccount, sampleClosure, sampleEvent } from '../support/sample-closure';
import { byObserver, byWorker, countBy, type Current, LEASE_MS, recorded, stored } from './harness';

const record = (current: Current, closure: Closure) => current().store.record(closure, sampleEvent(), LEASE_MS);

/** The same account, asked for again by another request. */
const again = (closure: Closure, over: Partial<Closure> = {}) => sampleClosure({ account: closure.account, ...over });

export function recordContract(current: Current): void {
  describe('record', () => {
    it('gives the closure the first fence and keeps it', async () => {
      const closure = sampleClosure({ fence: 0 });
      const result = await record(current, closure);
      expect(result).toEqual({ kind: 'recorded', closure: { ...closure, fence: 1 } });
      expect(await stored(current, closure)).toEqual({ ...closure, fence: 1 });
    });

    it('keeps every field, nested values and any script', async () => {
      const closure = fullClosure();
      await record(current, closure);
      expect(await stored(current, closure)).toEqual(closure);
    });

    it('answers a known key with its closure as it is now, and writes nothing', async () => {
      const first = await recorded(current);
      const moved = await current().store.commit(byWorker(first, { set: { status: 'CLOSING' } }));
      const second = sampleClosure({ idempotencyKey: first.idempotencyKey });
      expect(await record(current, second)).toEqual({ kind: 'keyTaken', closure: moved });
      expect(await current().store.closures(second.tenant, [second.id])).toEqual([null]);
      expect((await record(current, again(second))).kind).toBe('recorded');
    });

    it('looks at the key before the account', async () => {
      const first = await recorded(current);
      const result = await record(current, again(first, { idempotencyKey: first.idempotencyKey }));
      expect(result).toEqual({ kind: 'keyTaken', closure: first });
    });

    it('binds a key to its tenant and subject only', async () => {
      const { idempotencyKey } = await recorded(current);
      expect((await record(current, sampleClosure({ idempotencyKey, subject: 'subject-b' }))).kind).toBe('recorded');
      expect((await record(current, sampleClosure({ idempotencyKey, tenant: 'tenant-b' }))).kind).toBe('recorded');
    });

    it('lets any number of closures have no key', async () => {
      await recorded(current, { idempotencyKey: null });
      expect((await record(current, sampleClosure({ idempotencyKey: null }))).kind).toBe('recorded');
    });

    it('answers an account that a live closure has with that closure, and binds no key', async () => {
      const first = await recorded(current);
      const second = again(first);
      expect(await record(current, second)).toEqual({ kind: 'accountTaken', closure: first });
      const { idempotencyKey } = second;
      expect((await record(current, sampleClosure({ idempotencyKey }))).kind).toBe('recorded');
    });

    it('keeps accounts of other providers and other tenants apart', async () => {
      const first = await recorded(current);
      const elsewhere = sampleAccount({ ...first.account, provider: 'other-bank' });
      expect((await record(current, sampleClosure({ account: elsewhere }))).kind).toBe('recorded');
      expect((await record(current, again(first, { tenant: 'tenant-b' }))).kind).toBe('recorded');
    });

    const outcomes: ClosureStatus[] = ['CLOSED', 'ANNOUNCED', 'REJECTED', 'FAILED', 'CANCELLED'];
    it.each(outcomes)('frees the account when its closure becomes %s', async (status) => {
      const first = await recorded(current);
      await current().store.commit(byWorker(first, { set: { status } }));
      expect((await record(current, again(first))).kind).toBe('recorded');
    });

    it('does not free the account of a closure that waits for a person', async () => {
      const first = await recorded(current);
      await current().store.commit(byWorker(first, { set: { status: 'NEEDS_REVIEW' } }));
      expect((await record(current, again(first))).kind).toBe('accountTaken');
    });

    it('records once when a hundred requests with one key come at once', async () => {
      const key = sampleClosure().idempotencyKey;
      const closures = Array.from({ length: 100 }, () => sampleClosure({ idempotencyKey: key }));
      const results = await Promise.all(closures.map((closure) => record(current, closure)));
      expect(countBy(results, ({ kind }) => kind)).toEqual({ recorded: 1, keyTaken: 99 });
      expect(new Set(results.map((result) => result.kind !== 'stale' && result.closure.id)).size).toBe(1);
    });

    it('records once when a hundred requests for one account come at once', async () => {
      const account = sampleAccount();
      const closures = Array.from({ length: 100 }, () => sampleClosure({ account }));
      const results = await Promise.all(closures.map((closure) => record(current, closure)));
      expect(countBy(results, ({ kind }) => kind)).toEqual({ recorded: 1, accountTaken: 99 });
      expect(await current().store.list('tenant-a', {}, 100, null)).toHaveLength(1);
    });
  });

  describe('record with the newest closure that its recorder knows of', () => {
    const recordAfter = (closure: Closure, newest: Pick<Closure, 'id' | 'status'> | null) => current().store.record(closure, sampleEvent(), LEASE_MS, { newest });
    const closed = async (account = sampleAccount()) => {
      const first = await recorded(current, { account });
      return (await current().store.commit(byWorker(first, { set: { status: 'CLOSED' }, lease: 'release' })))!;
    };

    it('records where that is still the newest, or there is still none', async () => {
      const old = await closed();
      expect((await recordAfter(again(old), old)).kind).toBe('recorded');
      expect((await recordAfter(sampleClosure(), null)).kind).toBe('recorded');
    });

    it('writes nothing where another one came and went in between', async () => {
      const old = await closed();
      const between = await closed(old.account);
      for (const newest of [null, old, { ...between, status: 'REQUESTED' as const }]) {
        const next = again(old);
        expect(await recordAfter(next, newest)).toEqual({ kind: 'stale' });
        expect(await current().store.closures(next.tenant, [next.id])).toEqual([null]);
      }
      expect((await recordAfter(again(old), between)).kind).toBe('recorded');
    });

    it('looks at a live closure, and at the key, first', async () => {
      const first = await recorded(current);
      expect((await recordAfter(again(first), null)).kind).toBe('accountTaken');
      expect((await recordAfter(again(first, { idempotencyKey: first.idempotencyKey }), null)).kind).toBe('keyTaken');
    });
  });

  describe('record with a change to another closure', () => {
    const closed = async () => {
      const first = await recorded(current);
      return (await current().store.commit(byWorker(first, { set: { status: 'CLOSED' }, lease: 'release' })))!;
    };
    const reopening = (closure: Closure) => byObserver(closure, { set: { status: 'REOPENED' }, event: sampleEvent({ to: 'REOPENED' }) });

    it('makes both in one commit', async () => {
      const old = await closed();
      const next = again(old);
      const result = await current().store.record(next, sampleEvent(), LEASE_MS, { also: reopening(old) });
      expect(result.kind).toBe('recorded');
      expect((await stored(current, old)).status).toBe('REOPENED');
      expect((await stored(current, next)).status).toBe('REQUESTED');
    });

    it('makes neither when the other closure has changed', async () => {
      const old = await closed();
      const change = reopening(old);
      await current().store.commit(byObserver(old, { set: { providerStatus: 'seen' } }));
      const before = await stored(current, old);
      const next = again(old);
      expect(await current().store.record(next, sampleEvent(), LEASE_MS, { also: change })).toEqual({ kind: 'stale' });
      expect(await stored(current, old)).toEqual(before);
      expect(await current().store.closures(next.tenant, [next.id])).toEqual([null]);
      expect((await record(current, next)).kind).toBe('recorded');
    });

    it('makes neither when the change is illegal', async () => {
      const old = await closed();
      const next = again(old);
      const change = byObserver(old, { set: { status: 'REQUESTED' } });
      await expect(current().store.record(next, sampleEvent(), LEASE_MS, { also: change })).rejects.toThrow(IllegalWrite);
      expect(await stored(current, old)).toEqual(old);
      expect(await current().store.closures(next.tenant, [next.id])).toEqual([null]);
    });

    it('makes neither when the key is taken', async () => {
      const old = await closed();
      const next = again(old, { idempotencyKey: old.idempotencyKey });
      const result = await current().store.record(next, sampleEvent(), LEASE_MS, { also: reopening(old) });
      expect(result).toEqual({ kind: 'keyTaken', closure: old });
      expect(await stored(current, old)).toEqual(old);
    });

    it('makes both once when fifty requests come at once', async () => {
      const old = await closed();
      const results = await Promise.all(
        Array.from({ length: 50 }, () => current().store.record(again(old), sampleEvent(), LEASE_MS, { also: reopening(old) })),
      );
      // Which of the two refusals the others get depends on who looks when.
      const { recorded: winners, accountTaken = 0, stale = 0 } = countBy(results, ({ kind }) => kind);
      expect([winners, accountTaken + stale]).toEqual([1, 49]);
      expect((await current().store.events('tenant-a', [old.id]))[0]!.filter(({ to }) => to === 'REOPENED')).toHaveLength(1);
    });
  });
}

/** Nothing in it is null, empty or zero. */
function fullClosure(): Closure {
  const blocker = {
    code: 'POSITIVE_BALANCE' as const,
    message: 'Es liegt noch Geld auf dem Konto: 12,50 €.',
    stage: 'COMPLETION' as const,
    resolvableBy: 'HOLDER' as const,
    selfResolving: true,
    amount: '12.50',
    currency: 'EUR',
    relatedIds: ['a', 'ß'],
  };
  return sampleClosure({
    account: sampleAccount({ idType: 'BBAN', country: 'ES', id: '20770024003102575766' }),
    reason: 'FRAUD',
    reasonText: "L'été, 口座を閉じる, اغلق, 👩🏽‍💻, a\u0301, \"'; DROP TABLE closure; --\n",
    reasonMapping: 'LOSSY',
    initiator: 'AUTHORITY',
    announceOnly: true,
    liquidatePositions: true,
    includeAccounts: true,
    status: 'ACTION_REQUIRED',
    statusSince: 1_790_000_000_001,
    updatedAt: 1_790_000_000_002,
    closedAt: 1_790_000_000_003,
    providerStatus: 'IN PRÜFUNG',
    blockers: [blocker],
    requiredAction: { type: 'SIGN', url: 'https://bank.example/sign?x=1', expiresAt: 1_790_000_000_004 },
    blockersUnknown: ['OPEN_POSITIONS', 'OUTSTANDING_FEES'],
    expectedCloseAt: 1_790_000_000_005,
    error: {
      code: 'CLOSURE_BLOCKED',
      message: 'Something is in the way.',
      retryAfterSeconds: 30,
      field: ['input', 'account', 'id'],
      blockers: [blocker],
      provider: 'bank',
      providerErrors: [{ code: 'E1', message: 'nö', level: 'error', type: 'about:blank', httpStatus: 422 }],
      providerRequestId: 'request-1',
      correlationId: 'correlation-1',
    },
    dueAt: 1_790_000_000_006,
    attempts: 3,
    quietSteps: 4,
    pendingRead: 'UNDOCUMENTED',
    closingSeenAt: 1_790_000_000_007,
    openSeenAt: 1_790_000_000_008,
    notFoundSince: 1_790_000_000_009,
    accountsListed: true,
    liquidation: {
      stage: 'ACCEPTED',
      idempotencyKey: '0190a000-0000-7000-8000-000000000001',
      markedAt: 1_790_000_000_010,
      doubtSince: 1_790_000_000_011,
      notBefore: 1_790_000_000_012,
      id: 'sale-1',
      providerStatus: 'PROCESSING',
    },
    version: 7,
  });
}
