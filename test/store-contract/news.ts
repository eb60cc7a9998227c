import type { StoreNews } from '../../src/ports/store';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { byObserver, byWorker, type Current, LEASE_MS, recorded } from './harness';

export function newsContract(current: Current): void {
  const listening = () => {
    const changed = new Set<string>();
    const waiting = new Set<() => void>();
    const end = current().store.onNews((news: StoreNews) => {
      if (news.kind === 'changed') changed.add(news.id);
      for (const look of waiting) look();
    });
    /** Resolves when there was news of all of them. */
    const heardOf = (...ids: string[]) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (ids.every((id) => changed.has(id))) resolve();
        };
        waiting.add(look);
        look();
      });
    return { changed, heardOf, end };
  };

  describe('news', () => {
    it('come of each closure that is recorded or gets a new line in its history', async () => {
      const { heardOf, end } = listening();
      const closure = await recorded(current);
      await heardOf(closure.id);
      end();
      const again = listening();
      await current().store.commit(byWorker(closure, { set: { status: 'CLOSING' }, event: sampleEvent({ to: 'CLOSING' }) }));
      await again.heardOf(closure.id);
      again.end();
    });

    it('come of what a caller could see and no line in the history tells', async () => {
      const closure = await recorded(current);
      const { heardOf, end } = listening();
      await current().store.commit(byWorker(closure, { set: { providerStatus: 'LOCKED' }, visible: true }));
      await heardOf(closure.id);
      end();
    });

    it('come of what the same commit does to others', async () => {
      const { store } = current();
      const open = await recorded(current);
      const closed = (await store.commit(byWorker(open, { set: { status: 'CLOSED' }, lease: 'release' })))!;
      const { heardOf, end } = listening();
      const also = byObserver(closed, { set: { status: 'REOPENED' }, event: sampleEvent({ to: 'REOPENED' }) });
      const [parent, child] = [sampleClosure(), sampleClosure({ account: closed.account })];
      await store.record(parent, sampleEvent(), LEASE_MS, { children: [{ closure: child, event: sampleEvent(), also }] });
      await heardOf(parent.id, child.id, closed.id);
      end();
    });

    it('do not come of book-keeping, of what was not written, or after they were ended', async () => {
      const { heardOf, changed, end } = listening();
      const [closure, quiet] = [await recorded(current), await recorded(current)];
      await heardOf(closure.id, quiet.id);
      changed.clear();
      const event = sampleEvent({ to: 'CLOSING' });
      await current().store.commit(byWorker(quiet, { set: { quietSteps: 1 }, visible: false }));
      await current().store.commit({ ...byWorker(quiet, { event }), guard: { fence: 99 } });
      const ended = listening();
      ended.end();
      await current().store.commit(byWorker(closure, { event }));
      // News come in the order of the commits, so what was to come before this has come.
      await heardOf(closure.id);
      expect(changed.has(quiet.id)).toBe(false);
      expect(ended.changed).toEqual(new Set());
      end();
    });
  });
}
