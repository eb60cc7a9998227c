import type { ClosureEvent } from '../../src/domain/closure';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { byObserver, byWorker, type Current, LEASE_MS, recorded } from './harness';

const FULL_EVENT: ClosureEvent = {
  from: 'REQUESTED',
  to: 'CLOSING',
  at: 1_790_000_000_000,
  cause: 'WEBHOOK',
  detail: 'Angenommen – 承認',
  actor: 'operator-ø',
  correlationId: 'correlation-2',
  providerRequestId: 'request-2',
};

export function historyContract(current: Current): void {
  describe('history', () => {
    it('begins with the event of the recording and keeps every field of every event, oldest first', async () => {
      const { store } = current();
      const closure = sampleClosure();
      const first = sampleEvent({ at: 2_000_000_000_000 });
      const bare = { ...FULL_EVENT, detail: null, actor: null, providerRequestId: null };
      await store.record(closure, first, LEASE_MS);
      await store.commit(byWorker(closure, { event: FULL_EVENT }));
      await store.commit(byObserver({ ...closure, version: 2 }, { event: bare }));
      expect(await store.events(closure.tenant, [closure.id])).toEqual([[first, FULL_EVENT, bare]]);
    });

    it('is given for each closure in the order asked', async () => {
      const { store } = current();
      const one = await recorded(current);
      const two = await recorded(current, { status: 'CLOSING' });
      const words = (await store.events('tenant-a', [two.id, 'nobody', one.id, two.id])).map((events) => events.map(({ to }) => to));
      expect(words).toEqual([['CLOSING'], [], ['REQUESTED'], ['CLOSING']]);
      expect(await store.events('tenant-a', [])).toEqual([]);
    });
  });

  describe('reports', () => {
    it('are kept once each, oldest first, for each closure in the order asked', async () => {
      const { store } = current();
      const one = await recorded(current);
      const two = await recorded(current);
      const late = { id: 'report-late', type: 'ACCOUNT_CLOSING', createdAt: 20 };
      const early = { id: 'report-early', type: 'ACCOUNT_CLOSING', createdAt: 10 };
      await store.commit(byWorker(one, { reports: [late] }));
      await store.commit(byWorker(one, { reports: [late, early] }));
      await store.commit(byWorker(two, { reports: [late] }));
      expect(await store.reports('tenant-a', [two.id, 'nobody', one.id])).toEqual([[late], [], [early, late]]);
      expect(await store.reports('tenant-a', [])).toEqual([]);
    });

    it('attach to a closure that is over', async () => {
      const closure = await recorded(current, { status: 'CLOSED' });
      const report = { id: 'report-1', type: 'ACCOUNT_CLOSING', createdAt: 10 };
      expect(await current().store.commit(byObserver(closure, { reports: [report] }))).toMatchObject({ version: 2 });
      expect(await current().store.reports(closure.tenant, [closure.id])).toEqual([[report]]);
    });
  });
}
