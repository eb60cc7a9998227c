import type { Closure } from '../../src/domain/closure';
import type { NotNow } from '../../src/ports/store';
import { sampleAccount, sampleMark } from '../support/sample-closure';
import { byWorker, type Current, LEASE_MS, recorded } from './harness';

export function claimContract(current: Current): void {
  /** Recorded, and let go of by its recorder. */
  const waiting = async (dueInMs: number | null, over: Partial<Closure> = {}) => {
    const dueAt = dueInMs === null ? null : current().clock.now() + dueInMs;
    const closure = await recorded(current, { dueAt, ...over });
    return (await current().store.commit(byWorker(closure, { lease: 'release', visible: false })))!;
  };
  const claimedIds = async (limit = 100) =>
    (await current().store.claimDue(limit, LEASE_MS)).map(({ closure }) => closure.id);

  describe('claimDue', () => {
    it('claims what is due, the longest due first, up to the limit', async () => {
      const second = await waiting(-20);
      const third = await waiting(-10);
      const first = await waiting(-30);
      expect(await claimedIds(2)).toEqual([first.id, second.id]);
      expect(await claimedIds(2)).toEqual([third.id]);
      expect(await claimedIds(2)).toEqual([]);
    });

    it('leaves what is due later or never', async () => {
      const later = await waiting(1000);
      await waiting(null);
      expect(await claimedIds()).toEqual([]);
      await current().clock.advance(1000);
      expect(await claimedIds()).toEqual([later.id]);
    });

    it('raises the fence and gives the attempts along, and leaves the version', async () => {
      const closure = await waiting(-2);
      const other = await waiting(-1);
      const mark = sampleMark(1);
      await current().store.commit(byWorker(closure, { mark, visible: false }));
      expect(await current().store.claimDue(5, LEASE_MS)).toEqual([
        { closure: { ...closure, fence: closure.fence + 1 }, attempts: [mark] },
        { closure: { ...other, fence: other.fence + 1 }, attempts: [] },
      ]);
    });

    it('claims for every tenant, and a closure that is over but still watched', async () => {
      const first = await waiting(-2, { tenant: 'tenant-b' });
      const closed = await waiting(-1, { status: 'CLOSED' });
      expect(await claimedIds()).toEqual([first.id, closed.id]);
    });

    it('does not give a closure to two workers until the claim runs out', async () => {
      const { store, clock } = current();
      const closure = await waiting(0);
      const [claim] = await store.claimDue(1, 5000);
      expect(await claimedIds()).toEqual([]);
      await clock.advance(4000);
      expect(await claimedIds()).toEqual([]);
      await clock.advance(1000);
      const [next] = await store.claimDue(1, 5000);
      expect(next!.closure.id).toBe(closure.id);
      expect(await store.commit(byWorker(claim!.closure, { set: { providerStatus: 'late' } }))).toBeNull();
      expect(await store.commit(byWorker(next!.closure, { set: { providerStatus: 'x' } }))).not.toBeNull();
    });

    it('shares fifty closures among twenty workers without giving one twice', async () => {
      for (let index = 0; index < 50; index += 1) await waiting(-index);
      const claims = await Promise.all(Array.from({ length: 20 }, () => claimedIds(4)));
      const ids = claims.flat();
      expect(ids).toHaveLength(50);
      expect(new Set(ids).size).toBe(50);
    });
  });

  describe('a claim', () => {
    it('is the recorder\'s at first, for as long as it asked', async () => {
      const closure = await recorded(current, {}, 5000);
      expect(await claimedIds()).toEqual([]);
      await current().clock.advance(5000);
      expect(await claimedIds()).toEqual([closure.id]);
    });

    it('outlasts a change that keeps it, and ends with one that releases it', async () => {
      const closure = await recorded(current);
      await current().store.commit(byWorker(closure, { lease: 'keep' }));
      expect(await claimedIds()).toEqual([]);
      await current().store.commit(byWorker(closure, { lease: 'release' }));
      expect(await claimedIds()).toEqual([closure.id]);
    });

    it('is renewed from now on', async () => {
      const { store, clock } = current();
      const closure = await recorded(current, {}, 5000);
      await clock.advance(4000);
      await store.commit(byWorker(closure, { lease: 5000 }));
      await clock.advance(4000);
      expect(await claimedIds()).toEqual([]);
      await clock.advance(1000);
      expect(await claimedIds()).toEqual([closure.id]);
    });
  });

  describe('nextDueAt', () => {
    it('is null when nothing waits', async () => {
      expect(await current().store.nextDueAt()).toBeNull();
      await waiting(null);
      expect(await current().store.nextDueAt()).toBeNull();
    });

    it('is the earliest due time of what nobody has claimed', async () => {
      const { store, clock } = current();
      await waiting(300);
      const sooner = await waiting(200);
      expect(await store.nextDueAt()).toBe(clock.now() + 200);
      await store.commit(byWorker(sooner, { set: { dueAt: null } }));
      expect(await store.nextDueAt()).toBe(clock.now() + 300);
    });

    it('is the end of the claim on what is due already', async () => {
      await recorded(current, { dueAt: current().clock.now() }, 5000);
      expect(await current().store.nextDueAt()).toBe(current().clock.now() + 5000);
    });

    it('is the due time where the claim ends before it', async () => {
      await recorded(current, { dueAt: current().clock.now() + 9000 }, 5000);
      expect(await current().store.nextDueAt()).toBe(current().clock.now() + 9000);
    });
  });

  describe('with several providers', () => {
    const waitingAt = (provider: string, dueInMs: number) => waiting(dueInMs, { account: sampleAccount({ provider }) });
    const claimed = async (notNow: NotNow, limit = 100) =>
      (await current().store.claimDue(limit, LEASE_MS, notNow)).map(({ closure }) => closure.id);
    const NOBODY: NotNow = { closures: [], providers: [] };

    it('claims the longest due first, whichever provider it is at, up to the limit', async () => {
      const third = await waitingAt('a', -10);
      const first = await waitingAt('c', -40);
      const second = await waitingAt('b', -20);
      const fourth = await waitingAt('c', -5);
      expect(await claimed(NOBODY, 3)).toEqual([first.id, second.id, third.id]);
      // What was passed over for the limit is nobody's, and comes next.
      expect(await claimed(NOBODY, 3)).toEqual([fourth.id]);
    });

    it('leaves alone the providers and closures that are named, and claims them when they are not', async () => {
      const full = await waitingAt('a', -30);
      const busy = await waitingAt('b', -20);
      const free = await waitingAt('b', -10);
      const unknown = await waitingAt('z', -5);
      expect(await claimed({ closures: [busy.id], providers: ['a'] })).toEqual([free.id, unknown.id]);
      expect(await claimed({ closures: [], providers: ['a', 'b', 'z'] })).toEqual([]);
      expect(await claimed(NOBODY)).toEqual([full.id, busy.id]);
    });

    it('knows when the next is due of those that are not left alone', async () => {
      const { store, clock } = current();
      const first = await waitingAt('a', 100);
      const second = await waitingAt('b', 200);
      await waitingAt('b', 300);
      const claimedNow = await recorded(current, { dueAt: clock.now(), account: sampleAccount({ provider: 'c' }) }, 5000);
      expect(await store.nextDueAt(NOBODY)).toBe(clock.now() + 100);
      expect(await store.nextDueAt({ closures: [first.id], providers: [] })).toBe(clock.now() + 200);
      expect(await store.nextDueAt({ closures: [second.id], providers: ['a'] })).toBe(clock.now() + 300);
      expect(await store.nextDueAt({ closures: [], providers: ['a', 'b'] })).toBe(clock.now() + 5000);
      expect(await store.nextDueAt({ closures: [claimedNow.id], providers: ['a', 'b'] })).toBeNull();
      expect(await store.nextDueAt({ closures: [], providers: ['a', 'b', 'c'] })).toBeNull();
    });

    it('finds one that is due behind any number that wait at another provider', async () => {
      await Promise.all(Array.from({ length: 300 }, (_, index) => waitingAt('a', -1000 + index)));
      const other = await waitingAt('b', -1);
      expect(await claimed({ closures: [], providers: ['a'] }, 10)).toEqual([other.id]);
      expect(await current().store.nextDueAt({ closures: [other.id], providers: ['a'] })).toBeNull();
    });
  });
}
