import type { Closure } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import { sampleClosure, sampleEvent, sampleMark } from '../support/sample-closure';
import { byObserver, byWorker, type Current, LEASE_MS, recorded, stored } from './harness';

/** Where its next look would be, ms from now. */
const LATER_MS = 1_000_000;

/** A closure that moves has those looked at again that wait for it. */
export function wakingContract(current: Current): void {
  /** A closure that is due later, claimed by a worker, and waits for the other. */
  const waitingFor = async (child: Closure, over: Partial<Closure> = {}): Promise<Closure> => {
    const { store, clock } = current();
    const closure = sampleClosure({ dueAt: clock.now() + LATER_MS, includeAccounts: true, ...over });
    const twin = sampleClosure({ account: child.account, idempotencyKey: null });
    const result = await store.record(closure, sampleEvent(), LEASE_MS, { children: [{ closure: twin, event: sampleEvent() }] });
    if (result.kind !== 'recorded') throw new Error(`The parent was not recorded: ${result.kind}`);
    return result.closure;
  };
  const awake = (parent: Closure) => ({ ...parent, dueAt: current().clock.now(), fence: parent.fence + 1 });

  describe('the move of a closure', () => {
    it.each<ClosureStatus>(['CLOSING', 'CLOSED', 'REJECTED', 'CANCELLED', 'NEEDS_REVIEW', 'UNCONFIRMED'])(
      'to %s makes those due that wait for it, and ends their claims',
      async (status) => {
        const { store } = current();
        const child = await recorded(current);
        const parents = [await waitingFor(child), await waitingFor(child)] as const;
        await store.commit(byWorker(child, { set: { status, dueAt: null } }));
        for (const parent of parents) {
          expect(await stored(current, parent)).toEqual(awake(parent));
          expect(await store.commit(byWorker(parent, { mark: sampleMark(1) }))).toBeNull();
          expect(await store.attempts(parent.id)).toEqual([]);
        }
        const claimed = (await store.claimDue(10, LEASE_MS)).map(({ closure }) => closure.id);
        expect(claimed.toSorted()).toEqual(parents.map(({ id }) => id).toSorted());
      },
    );

    it('does so by a write without a claim, too', async () => {
      const child = await recorded(current);
      const parent = await waitingFor(child);
      await current().store.commit(byObserver(child, { set: { status: 'CLOSED' } }));
      expect(await stored(current, parent)).toEqual(awake(parent));
    });

    it('does so in the commit that records a closure in its place', async () => {
      const open = await recorded(current);
      const parent = await waitingFor(open);
      const child = (await current().store.commit(byWorker(open, { set: { status: 'CLOSED' } })))!;
      const before = await stored(current, parent);
      const next = sampleClosure({ account: child.account });
      await current().store.record(next, sampleEvent(), LEASE_MS, { also: byObserver(child, { set: { status: 'REOPENED' } }) });
      expect(await stored(current, parent)).toEqual(awake(before));
    });

    it.each<[string, Partial<Closure>]>([
      ['has sent a request', { attempts: 1 }],
      ['is in doubt', { status: 'UNCONFIRMED', attempts: 1 }],
      ['was put off', { error: { code: 'PROVIDER_RATE_LIMITED', message: 'm', blockers: [], providerErrors: [], correlationId: 'c' } }],
    ])('ends the claim on one that %s, and leaves it its time', async (_what, over) => {
      const child = await recorded(current);
      const parent = await waitingFor(child, over);
      await current().store.commit(byWorker(child, { set: { status: 'CLOSING' } }));
      expect(await stored(current, parent)).toEqual({ ...parent, fence: parent.fence + 1 });
    });

    it('leaves alone one with a request on its way', async () => {
      const child = await recorded(current);
      const parent = await waitingFor(child);
      const marked = await current().store.commit(byWorker(parent, { mark: sampleMark(1, { markedAt: current().clock.now() }), set: { attempts: 1 } }));
      await current().store.commit(byWorker(child, { set: { status: 'REJECTED' } }));
      expect(await stored(current, parent)).toEqual(marked);
    });

    it('from CLOSING to CLOSED wakes nobody', async () => {
      const child = await recorded(current, { status: 'CLOSING' });
      const parent = await waitingFor(child);
      await current().store.commit(byWorker(child, { set: { status: 'CLOSED' } }));
      expect(await stored(current, parent)).toEqual(parent);
    });

    it.each<[string, Partial<Closure>]>([
      ['is closing', { status: 'CLOSING' }],
      ['is over', { status: 'REJECTED', dueAt: null }],
      ['does not include its accounts', { includeAccounts: false }],
    ])('leaves one alone that %s', async (_what, over) => {
      const child = await recorded(current);
      const parent = await waitingFor(child, over);
      await current().store.commit(byWorker(child, { set: { status: 'CLOSED' } }));
      expect(await stored(current, parent)).toEqual(parent);
      expect(await current().store.commit(byWorker(parent, { set: { providerStatus: 'x' } }))).not.toBeNull();
    });

    it('leaves those alone that wait for another', async () => {
      const [child, other] = [await recorded(current), await recorded(current)];
      const parent = await waitingFor(other);
      await current().store.commit(byWorker(child, { set: { status: 'CLOSED' } }));
      expect(await stored(current, parent)).toEqual(parent);
    });

    it('is none where only something else about it changes', async () => {
      const child = await recorded(current);
      const parent = await waitingFor(child);
      await current().store.commit(byWorker(child, { set: { providerStatus: 'x', status: 'REQUESTED' }, event: sampleEvent() }));
      await current().store.commit(byWorker(child, { set: { quietSteps: 1 }, visible: false }));
      expect(await stored(current, parent)).toEqual(parent);
    });
  });
}
