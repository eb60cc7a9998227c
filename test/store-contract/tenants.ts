import { closureRef } from '../../src/domain/account';
import { byWorker, type Current, idsOf, recorded } from './harness';

export function tenantContract(current: Current): void {
  describe('a tenant', () => {
    it("sees nothing of another tenant's closures by any way of looking", async () => {
      const { store } = current();
      const first = await recorded(current);
      const reports = [{ id: 'r', type: 'STATEMENT', createdAt: 5 }];
      const closure = (await store.commit(byWorker(first, { reports })))!;
      const { id, lockKey, subject, account } = closure;
      const key = closure.idempotencyKey!;
      const ref = closureRef(account);
      const looks = async (tenant: string) => [
        ...idsOf(await store.closures(tenant, [id])),
        (await store.byIdempotencyKey(tenant, subject, key))?.id ?? null,
        (await store.byLockKey(tenant, 'bank', lockKey))?.id ?? null,
        ...idsOf(await store.newestByRef(tenant, [ref])),
        idsOf(await store.list(tenant, {}, 10, null))[0] ?? null,
        idsOf(await store.list(tenant, { accountRef: ref }, 10, null))[0] ?? null,
        idsOf(await store.list(tenant, { key: { subject, idempotencyKey: key } }, 10, null))[0] ?? null,
        (await store.providersSeen(tenant))[0] ?? null,
        (await store.events(tenant, [id]))[0]?.[0] ? id : null,
        (await store.reports(tenant, [id]))[0]?.[0] ? id : null,
        (await store.accountRefs(tenant, [id]))[0]?.[0] ? id : null,
      ];
      expect(await looks('tenant-a')).toEqual([id, id, id, id, id, id, id, 'bank', id, id, id]);
      expect(await looks('tenant-b')).toEqual(Array.from({ length: 11 }, () => null));
    });

    it('has its own newest closure of an account that another tenant has too', async () => {
      const { store } = current();
      const ours = await recorded(current);
      const theirs = await recorded(current, { account: ours.account, tenant: 'tenant-b' });
      const ref = closureRef(ours.account);
      expect(idsOf(await store.newestByRef('tenant-a', [ref]))).toEqual([ours.id]);
      expect(idsOf(await store.newestByRef('tenant-b', [ref]))).toEqual([theirs.id]);
      expect(await store.byLockKey('tenant-a', 'bank', ours.lockKey)).toEqual(ours);
    });
  });

  describe('looking up', () => {
    it('by id keeps the order asked, with null for the unknown', async () => {
      const [one, two] = [await recorded(current), await recorded(current)];
      const found = await current().store.closures('tenant-a', [two.id, 'nobody', one.id, two.id]);
      expect(found).toEqual([two, null, one, two]);
      expect(await current().store.closures('tenant-a', [])).toEqual([]);
    });

    it("by key needs the subject's own", async () => {
      const closure = await recorded(current);
      const key = closure.idempotencyKey!;
      expect(await current().store.byIdempotencyKey('tenant-a', 'subject-a', key)).toEqual(closure);
      expect(await current().store.byIdempotencyKey('tenant-a', 'subject-b', key)).toBeNull();
      expect(await current().store.byIdempotencyKey('tenant-a', 'subject-a', 'another')).toBeNull();
    });
  });
}
