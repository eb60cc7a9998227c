import { closureRef } from '../../src/domain/account';
import { sampleAccount, sampleClosure, sampleEvent, sampleMark } from '../support/sample-closure';
import { byObserver, byWorker, type Current, LEASE_MS, recorded, stored } from './harness';

export function lifecycleContract(current: Current): void {
  describe('opened again', () => {
    it('the store has everything that was written', async () => {
      const closure = await recorded(current);
      const alias = sampleAccount();
      const mark = sampleMark(1);
      const report = { id: 'report-1', type: 'STATEMENT', createdAt: 1 };
      const written = await current().store.commit(
        byObserver(closure, {
          set: { status: 'CLOSING', providerStatus: 'closing' },
          event: sampleEvent({ to: 'CLOSING' }),
          mark,
          aliases: [{ account: alias, lockKey: 'alias' }],
          reports: [report],
        }),
      );
      const events = await current().store.events(closure.tenant, [closure.id]);
      const store = await current().reopen();
      expect(await stored(current, closure)).toEqual(written);
      expect(await store.attempts(closure.id)).toEqual([mark]);
      expect(await store.events(closure.tenant, [closure.id])).toEqual(events);
      expect(await store.reports(closure.tenant, [closure.id])).toEqual([[report]]);
      expect(await store.newestByRef('tenant-a', [closureRef(alias)])).toEqual([written]);
      const second = await store.record(sampleClosure({ account: closure.account }), sampleEvent(), LEASE_MS);
      expect(second.kind).toBe('accountTaken');
      const [claim] = await store.claimDue(1, LEASE_MS);
      expect(claim).toMatchObject({ closure: { id: closure.id }, attempts: [mark] });
    });

    it('the store has what was under way when it was disposed', async () => {
      const closures = Array.from({ length: 20 }, () => sampleClosure());
      const { store } = current();
      const writes = closures.map((closure) => store.record(closure, sampleEvent(), LEASE_MS));
      const reopened = await current().reopen();
      for (const write of writes) expect((await write).kind).toBe('recorded');
      const found = await reopened.closures('tenant-a', closures.map(({ id }) => id));
      expect(found).not.toContain(null);
    });
  });

  describe('the store', () => {
    it('answers a ping while it takes writes', async () => {
      await expect(current().store.ping()).resolves.toBeUndefined();
      await expect(current().store.ping()).resolves.toBeUndefined();
    });

    it('refuses everything after it was disposed, and may be disposed twice', async () => {
      const closure = await recorded(current);
      const { store } = current();
      await store.dispose();
      await store.dispose();
      await expect(store.ping()).rejects.toThrow();
      await expect(store.commit(byWorker(closure))).rejects.toThrow();
      await expect(store.closures('tenant-a', [closure.id])).rejects.toThrow();
    });

    it('rejects a second closure with the same id and keeps the first', async () => {
      const closure = await recorded(current);
      const twin = sampleClosure({ id: closure.id });
      await expect(current().store.record(twin, sampleEvent(), LEASE_MS)).rejects.toThrow();
      expect(await stored(current, closure)).toEqual(closure);
      expect(await current().store.byLockKey('tenant-a', 'bank', twin.lockKey)).toBeNull();
    });
  });
}
