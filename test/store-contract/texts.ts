import { sampleEvent } from '../support/sample-closure';
import { byWorker, type Current, LEASE_MS, recorded, stored } from './harness';

/** A NUL, and one half of a pair: not every database has a place for them, and a provider may send them. */
const HOSTILE = 'a\0b\uD800c';

/** What a provider or a caller sends must not make a write impossible, or a read fail. */
export function textContract(current: Current): void {
  describe('text that no database likes', () => {
    it('is kept, if need be with the bad characters replaced', async () => {
      const closure = await recorded(current);
      const { store } = current();
      const after = await store.commit(
        byWorker(closure, {
          set: { providerStatus: HOSTILE, error: { code: 'INTERNAL', message: HOSTILE, blockers: [], providerErrors: [], correlationId: HOSTILE } },
          event: sampleEvent({ detail: HOSTILE, actor: HOSTILE, providerRequestId: HOSTILE }),
          reports: [{ id: HOSTILE, type: HOSTILE, createdAt: 1 }],
          aliases: [{ account: { ...closure.account, id: HOSTILE }, lockKey: HOSTILE }],
        }),
      );
      expect(after?.providerStatus).toMatch(/^a.b.+c$/s);
      expect(await stored(current, closure)).toEqual(after);
      expect(await store.events([closure.id])).toHaveLength(1);
      expect(await store.reports([closure.id])).toHaveLength(1);
    });

    it('finds nothing, and does no harm', async () => {
      const { store } = current();
      await recorded(current);
      expect(await store.closures('tenant-a', [HOSTILE])).toEqual([null]);
      expect(await store.byIdempotencyKey('tenant-a', HOSTILE, HOSTILE)).toBeNull();
      expect(await store.byLockKey('tenant-a', 'bank', HOSTILE)).toBeNull();
      expect(await store.newestByRef(HOSTILE, [HOSTILE])).toEqual([null]);
      expect(await store.list('tenant-a', { accountRef: HOSTILE, provider: HOSTILE }, 10, HOSTILE)).toEqual([]);
      expect(await store.commit({ id: HOSTILE, guard: { version: 1 }, set: {}, visible: true, lease: 'release' })).toBeNull();
    });

    it('is kept in the inbox', async () => {
      const { store } = current();
      await store.keepEvents('bank', [{ id: HOSTILE, type: HOSTILE, payload: HOSTILE }], 1);
      const [event] = await store.claimEvents(1, LEASE_MS);
      await store.settleEvent('bank', event!.id, 'UNREADABLE');
      expect(await store.claimEvents(1, 0)).toEqual([]);
    });
  });
}
