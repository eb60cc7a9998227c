import type { Census } from '../../src/ports/census';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { byWorker, type Current, LEASE_MS, recorded } from './harness';

const MOST = 100;

export function censusContract(current: Current): void {
  /** Counts as "provider STATUS": number, without what is zero. */
  function countsOf({ closures }: Census): Record<string, number> {
    return Object.fromEntries(closures.filter(({ count }) => count > 0).map(({ provider, status, count }) => [`${provider} ${status}`, count]));
  }
  const event = (id: string) => ({ id, type: 'NEWS', payload: '{}' });

  describe('the census', () => {
    it('of an empty store is empty', async () => {
      const census = await current().store.census(MOST);
      expect(census).toEqual({ closures: [], due: { count: 0, oldestMs: null }, inbox: { count: 0, oldestMs: null } });
    });

    it('counts closures by provider and status, whosever they are and however they came there', async () => {
      const { store } = current();
      const first = await recorded(current);
      await recorded(current, { tenant: 'tenant-b' });
      await recorded(current, { status: 'CLOSING' });
      const { account } = sampleClosure();
      await recorded(current, { account: { ...account, provider: 'other' } });
      expect(countsOf(await store.census(MOST))).toEqual({ 'bank REQUESTED': 2, 'bank CLOSING': 1, 'other REQUESTED': 1 });
      await store.commit(byWorker(first, { set: { status: 'CLOSED' } }));
      expect(countsOf(await store.census(MOST))).toEqual({ 'bank REQUESTED': 1, 'bank CLOSING': 1, 'bank CLOSED': 1, 'other REQUESTED': 1 });
      const reopened = await current().reopen();
      expect(countsOf(await reopened.census(MOST))).toEqual({ 'bank REQUESTED': 1, 'bank CLOSING': 1, 'bank CLOSED': 1, 'other REQUESTED': 1 });
    });

    it('does not count what was not written', async () => {
      const { store } = current();
      const closure = await recorded(current);
      await store.record(sampleClosure({ account: closure.account, lockKey: closure.lockKey }), sampleEvent(), LEASE_MS);
      await store.commit({ ...byWorker(closure, { set: { status: 'CLOSED' } }), guard: { fence: 99 } });
      await expect(store.commit(byWorker(closure, { set: { status: 'REOPENED' } }))).rejects.toThrow();
      expect(countsOf(await store.census(MOST))).toEqual({ 'bank REQUESTED': 1 });
    });

    it('says how long the oldest closure has been in its status, unless that is its end', async () => {
      const { store, clock } = current();
      const now = clock.now();
      await recorded(current, { statusSince: now - 5_000 });
      await recorded(current, { statusSince: now - 7_000 });
      await recorded(current, { status: 'REJECTED', statusSince: now - 9_000 });
      const ages = (await store.census(MOST)).closures.map(({ status, oldestMs }) => [status, oldestMs]);
      expect(Object.fromEntries(ages)).toEqual({ REQUESTED: 7_000, REJECTED: null });
    });

    it('counts what is due, the first of it and not more than asked for', async () => {
      const { store, clock } = current();
      const now = clock.now();
      for (const dueAt of [now - 3_000, now - 2_000, now, now + 1_000, null]) await recorded(current, { dueAt });
      expect((await store.census(MOST)).due).toEqual({ count: 3, oldestMs: 3_000 });
      expect((await store.census(2)).due).toEqual({ count: 2, oldestMs: 3_000 });
    });

    it('counts webhook events that wait', async () => {
      const { store, clock } = current();
      const now = clock.now();
      await store.keepEvents('bank', [event('one'), event('two')], now - 4_000);
      await store.keepEvents('bank', [event('three')], now - 2_000);
      expect((await store.census(MOST)).inbox).toEqual({ count: 3, oldestMs: 4_000 });
      await store.claimEvents(1, LEASE_MS);
      await store.settleEvent('bank', 'one', 'APPLIED');
      await store.settleEvent('bank', 'two', 'UNREADABLE');
      expect((await store.census(MOST)).inbox).toEqual({ count: 1, oldestMs: 2_000 });
      expect((await store.census(0)).inbox.count).toBe(0);
    });
  });
}
