import type { ClosureProgress } from '../../src/domain/closure';
import type { ClosureChange } from '../../src/ports/store';
import { sampleAccount, sampleClosure, sampleEvent, sampleMark } from '../support/sample-closure';
import { byObserver, byWorker, type Current, LEASE_MS, recorded, stored } from './harness';

const PROGRESS: ClosureProgress = {
  status: 'CLOSING',
  statusSince: 11,
  updatedAt: 12,
  closedAt: 13,
  providerStatus: 'closing',
  blockers: [{ code: 'OTHER', message: 'm', stage: 'REQUEST', resolvableBy: 'TIME', selfResolving: false, relatedIds: [] }],
  blockersUnknown: ['OTHER'],
  requiredAction: { type: 'CALL' },
  expectedCloseAt: 14,
  error: { code: 'INTERNAL', message: 'm', blockers: [], providerErrors: [], correlationId: 'c' },
  dueAt: 15,
  attempts: 16,
  quietSteps: 17,
  pendingRead: 'CONFLICT',
  closingSeenAt: 18,
  openSeenAt: 19,
  notFoundSince: 20,
  accountsListed: true,
  liquidation: { stage: 'MARKED', idempotencyKey: 'k', markedAt: 21, notBefore: 22 },
};

export function commitContract(current: Current): void {
  describe('commit', () => {
    it.each(Object.keys(PROGRESS) as (keyof ClosureProgress)[])('sets %s and nothing else', async (property) => {
      const closure = await recorded(current);
      const after = await current().store.commit(byWorker(closure, { set: { [property]: PROGRESS[property] } }));
      expect(after).toEqual({ ...closure, [property]: PROGRESS[property], version: 2 });
      expect(await stored(current, closure)).toEqual(after);
    });

    it('sets a property back to null', async () => {
      const closure = await recorded(current, { ...PROGRESS, status: 'REQUESTED' });
      const nothing = { closedAt: null, providerStatus: null, blockersUnknown: null, requiredAction: null, expectedCloseAt: null, error: null };
      const none = { ...nothing, dueAt: null, pendingRead: null, closingSeenAt: null, openSeenAt: null, notFoundSince: null, liquidation: null };
      expect(await current().store.commit(byWorker(closure, { set: none }))).toEqual({ ...closure, ...none, version: 2 });
    });

    it('leaves the version when no caller could see a difference', async () => {
      const closure = await recorded(current);
      const after = await current().store.commit(byWorker(closure, { set: { quietSteps: 1 }, visible: false }));
      expect(after).toEqual({ ...closure, quietSteps: 1 });
    });

    const everything = (change: ClosureChange): ClosureChange => ({
      ...change,
      set: { status: 'CLOSED', providerStatus: 'closed' },
      event: sampleEvent({ to: 'CLOSED' }),
      mark: sampleMark(2),
      answers: [{ number: 1, effect: 'ACCEPTED', answeredAt: 5, evidence: {} }],
      aliases: [{ account: sampleAccount({ id: 'alias' }), lockKey: 'alias' }],
      reports: [{ id: 'r', type: 'STATEMENT', createdAt: 5 }],
    });

    it.each([
      ['fence', { fence: 99 }],
      ['version', { version: 99 }],
    ])('writes nothing at all when the %s does not match', async (_, guard) => {
      const { store } = current();
      const closure = await recorded(current);
      const before = await store.commit(byWorker(closure, { mark: sampleMark(1) }));
      expect(await store.commit({ ...everything(byWorker(closure)), guard })).toBeNull();
      expect(await stored(current, closure)).toEqual(before);
      expect(await store.attempts(closure.id)).toEqual([expect.objectContaining({ number: 1, effect: 'MARKED' })]);
      expect(await store.events(closure.tenant, [closure.id])).toEqual([[expect.objectContaining({ to: 'REQUESTED' })]]);
      expect(await store.reports(closure.tenant, [closure.id])).toEqual([[]]);
      expect(await store.byLockKey('tenant-a', 'bank', 'alias')).toBeNull();
      const second = await store.record(sampleClosure({ account: closure.account }), sampleEvent(), LEASE_MS);
      expect(second.kind).toBe('accountTaken');
    });

    it('writes everything of a change that matches', async () => {
      const { store } = current();
      const closure = await recorded(current);
      await store.commit(byWorker(closure, { mark: sampleMark(1) }));
      expect(await store.commit(everything(byWorker(closure)))).toMatchObject({ status: 'CLOSED', version: 3 });
      const attempts = await store.attempts(closure.id);
      expect(attempts.map(({ number, effect }) => [number, effect])).toEqual([[1, 'ACCEPTED'], [2, 'MARKED']]);
      expect((await store.events(closure.tenant, [closure.id]))[0]!.map(({ to }) => to)).toEqual(['REQUESTED', 'CLOSED']);
      expect(await store.reports(closure.tenant, [closure.id])).toEqual([[{ id: 'r', type: 'STATEMENT', createdAt: 5 }]]);
      expect(await store.byLockKey('tenant-a', 'bank', 'alias')).toMatchObject({ id: closure.id });
    });

    it('answers null for a closure that is not there', async () => {
      expect(await current().store.commit(byWorker(sampleClosure()))).toBeNull();
    });

    it('lets one of fifty writers with the same version win', async () => {
      const closure = await recorded(current);
      const writers = Array.from({ length: 50 }, (_, index) => byObserver(closure, { set: { quietSteps: index } }));
      const results = await Promise.all(writers.map((change) => current().store.commit(change)));
      const winners = results.filter((result) => result !== null);
      expect(winners).toHaveLength(1);
      expect(await stored(current, closure)).toEqual(winners[0]);
    });
  });

  describe('a write without a claim', () => {
    it.each(['keep', 'release', LEASE_MS] as const)('ends the claim and raises the fence (lease: %s)', async (lease) => {
      const { store } = current();
      const closure = await recorded(current);
      const after = await store.commit(byObserver(closure, { set: { providerStatus: 'x' }, lease }));
      expect(after).toMatchObject({ version: 2, fence: 2 });
      expect(await store.commit(byWorker(closure, { set: { providerStatus: 'y' } }))).toBeNull();
      expect(await store.claimDue(10, LEASE_MS)).toEqual([{ closure: { ...after, fence: 3 }, attempts: [] }]);
    });

    it('is refused after a change that a caller could see, and not after book-keeping', async () => {
      const { store } = current();
      const closure = await recorded(current);
      await store.commit(byWorker(closure, { set: { quietSteps: 1 }, visible: false }));
      const seen = await store.commit(byObserver(closure, { set: { providerStatus: 'x' } }));
      expect(seen).toMatchObject({ version: 2 });
      expect(await store.commit(byObserver(closure, { set: { providerStatus: 'y' } }))).toBeNull();
    });
  });
}
