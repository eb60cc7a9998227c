import type { Current } from './harness';
import { LEASE_MS, recorded } from './harness';

const event = (id: string, payload = '{}') => ({ id, type: 'NEWS', payload });

export function inboxContract(current: Current): void {
  describe('the webhook inbox', () => {
    it('gives events in the order received, each as it came, until they are settled', async () => {
      const { store } = current();
      await store.keepEvents('bank', [event('one', '{"a":"é"}'), event('two')], 1_000);
      await store.keepEvents('bank', [event('three')], 2_000);
      expect(await store.claimEvents(2, LEASE_MS)).toEqual([
        { provider: 'bank', ...event('one', '{"a":"é"}'), receivedAt: 1_000 },
        { provider: 'bank', ...event('two'), receivedAt: 1_000 },
      ]);
      await store.settleEvent('bank', 'one', 'APPLIED');
      expect((await store.claimEvents(10, LEASE_MS)).map(({ id }) => id)).toEqual(['three']);
    });

    it('keeps an event once, however often and however concurrently it comes', async () => {
      const { store } = current();
      await Promise.all(Array.from({ length: 100 }, () => store.keepEvents('bank', [event('one')], 1_000)));
      expect(await store.claimEvents(10, LEASE_MS)).toHaveLength(1);
      await store.settleEvent('bank', 'one', 'IGNORED');
      await store.keepEvents('bank', [event('one')], 2_000);
      expect(await store.claimEvents(10, LEASE_MS)).toEqual([]);
    });

    it('keeps all events of a delivery or none', async () => {
      const { store } = current();
      const broken = { ...event('two'), type: null as unknown as string };
      await expect(store.keepEvents('bank', [event('one'), broken, event('three')], 1_000)).rejects.toThrow();
      expect(await store.claimEvents(10, LEASE_MS)).toEqual([]);
    });

    it('keeps the first of two that one delivery has under one id', async () => {
      const { store } = current();
      const numbered = Array.from({ length: 100 }, (_none, index) => event('one', String(index)));
      await store.keepEvents('bank', [event('two', 'a'), ...numbered, event('two', 'b')], 1_000);
      expect((await store.claimEvents(10, LEASE_MS)).map(({ id, payload }) => [id, payload])).toEqual([['two', 'a'], ['one', '0']]);
    });

    it('knows the events of one provider from those of another', async () => {
      const { store } = current();
      await store.keepEvents('bank', [event('one')], 1_000);
      await store.keepEvents('other', [event('one')], 1_001);
      await store.settleEvent('bank', 'one', 'UNREADABLE');
      expect((await store.claimEvents(10, LEASE_MS)).map(({ provider }) => provider)).toEqual(['other']);
    });

    it('gives a claimed event again when the claim runs out', async () => {
      const { store, clock } = current();
      await store.keepEvents('bank', [event('one')], 1_000);
      expect(await store.claimEvents(10, 1_000)).toHaveLength(1);
      expect(await store.claimEvents(10, 1_000)).toEqual([]);
      await clock.advance(1_001);
      expect(await store.claimEvents(10, 1_000)).toHaveLength(1);
    });

    it('survives a reopen', async () => {
      await current().store.keepEvents('bank', [event('one')], 1_000);
      const store = await current().reopen();
      expect(await store.claimEvents(10, LEASE_MS)).toHaveLength(1);
    });
  });

  describe('the closures of an account', () => {
    it('are the newest of each tenant, by any of its names, and of no other provider', async () => {
      const { store } = current();
      const older = await recorded(current, { status: 'REJECTED' });
      const { account, lockKey } = older;
      const newer = await recorded(current, { account, lockKey });
      const theirs = await recorded(current, { account, lockKey, tenant: 'other' });
      const elsewhere = { ...account, provider: 'elsewhere' };
      await recorded(current, { account: elsewhere, lockKey });
      const found = await store.newestOfAccount(account.provider, lockKey);
      expect(found.map(({ id }) => id).toSorted()).toEqual([newer.id, theirs.id].toSorted());
      expect(await store.newestOfAccount(account.provider, 'nothing')).toEqual([]);
    });
  });
}
