import { sampleAccount } from '../support/sample-closure';
import { byWorker, type Current, recorded } from './harness';

/** What a subject, or all of a tenant, may ask for in an hour is counted by this. */
export function quotaContract(current: Current): void {
  const requestedAt = (subject: string | null, place: number, tenant = 'tenant-a') => current().store.requestedAt(tenant, subject, place);
  const places = async (subject: string | null, ...wanted: number[]) => {
    const found: (number | null)[] = [];
    for (const place of wanted) found.push(await requestedAt(subject, place));
    return found;
  };

  describe('when the newest but so many was requested', () => {
    beforeEach(async () => {
      await recorded(current, { subject: 'anna', requestedAt: 1_000 });
      await recorded(current, { subject: 'bert', requestedAt: 2_000 });
      await recorded(current, { subject: 'anna', requestedAt: 3_000 });
      await recorded(current, { subject: 'anna', requestedAt: 4_000 });
    });

    it('is told of one subject, from the newest on, with null behind the last', async () => {
      expect(await places('anna', 1, 2, 3, 4, 100)).toEqual([4_000, 3_000, 1_000, null, null]);
      expect(await places('bert', 1, 2)).toEqual([2_000, null]);
      expect(await places('nobody', 1)).toEqual([null]);
    });

    it('is told of the tenant as a whole', async () => {
      expect(await places(null, 1, 2, 3, 4, 5)).toEqual([4_000, 3_000, 2_000, 1_000, null]);
    });

    it('leaves out what a provider began, and nobody else of its name', async () => {
      await recorded(current, { subject: 'bank', idempotencyKey: null, requestedAt: 5_000 });
      expect(await places(null, 1, 4, 5)).toEqual([4_000, 1_000, null]);
      expect(await places('bank', 1)).toEqual([null]);
      await recorded(current, { subject: 'bank', requestedAt: 6_000 });
      await recorded(current, { subject: 'bank', account: sampleAccount({ provider: 'other-bank' }), requestedAt: 7_000 });
      expect(await places(null, 1, 2, 3, 6, 7)).toEqual([7_000, 6_000, 4_000, 1_000, null]);
      expect(await places('bank', 1, 2, 3)).toEqual([7_000, 6_000, null]);
    });

    it("leaves out another tenant's", async () => {
      await recorded(current, { tenant: 'tenant-b', subject: 'anna', requestedAt: 5_000 });
      expect(await places('anna', 1, 4)).toEqual([4_000, null]);
      expect(await places(null, 1, 5)).toEqual([4_000, null]);
      expect([await requestedAt('anna', 1, 'tenant-b'), await requestedAt(null, 1, 'tenant-b'), await requestedAt(null, 2, 'tenant-b')]).toEqual([5_000, 5_000, null]);
      expect(await requestedAt(null, 1, 'tenant-c')).toBeNull();
    });

    it('counts what is over and what has lost its key', async () => {
      const { store } = current();
      const closure = await recorded(current, { subject: 'anna', requestedAt: 5_000 });
      await store.commit(byWorker(closure, { set: { status: 'REJECTED', statusSince: 5_000 } }));
      expect(await store.prune({ keysBefore: 6_000, eventsBefore: 0, unreadableBefore: 0 }, 10)).toMatchObject({ keys: 1 });
      expect(await places('anna', 1, 2)).toEqual([5_000, 4_000]);
    });
  });
}
