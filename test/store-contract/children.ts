import { closureRef, lockKey } from '../../src/domain/account';
import type { Closure } from '../../src/domain/closure';
import type { ChildClosure, RecordResult } from '../../src/ports/store';
import { IllegalWrite } from '../../src/store/errors';
import { sampleAccount, sampleClosure, sampleEvent } from '../support/sample-closure';
import { byObserver, byWorker, type Current, idsOf, LEASE_MS, recorded, stored } from './harness';

/** Closures that wait for others; how the waiting ends is in `waking.ts`. */
export function childrenContract(current: Current): void {
  const child = (over: Partial<Closure> = {}): ChildClosure => ({
    closure: sampleClosure({ idempotencyKey: null, dueAt: current().clock.now(), ...over }),
    event: sampleEvent(),
  });
  const group = (over: Partial<Closure> = {}) => sampleClosure({ dueAt: current().clock.now(), includeAccounts: true, ...over });
  const record = (closure: Closure, children: ChildClosure[]): Promise<RecordResult> =>
    current().store.record(closure, sampleEvent(), LEASE_MS, { children });
  const childIds = async (parent: Closure) => idsOf((await current().store.children(parent.tenant, [parent.id]))[0]!);
  const parentId = async (closure: Closure) => idsOf(await current().store.parents(closure.tenant, [closure.id]))[0];
  const present = async (...closures: Closure[]) =>
    (await current().store.closures('tenant-a', closures.map(({ id }) => id))).map((found) => found !== null);
  /** A closed account with the change that its next closure brings. */
  const closedBefore = async () => {
    const open = await recorded(current);
    const closed = (await current().store.commit(byWorker(open, { set: { status: 'CLOSED', dueAt: null }, lease: 'release' })))!;
    const also = byObserver(closed, { set: { status: 'REOPENED' }, event: sampleEvent({ to: 'REOPENED' }) });
    return { closed, again: { ...child({ account: closed.account }), also } };
  };
  /** Somebody else writes first. */
  const overtaken = async () => {
    const { closed, again } = await closedBefore();
    await current().store.commit(byObserver(closed, { set: { providerStatus: 'seen' } }));
    return { closed, again };
  };

  describe('record with children', () => {
    it('records and links all of them, each with its first event', async () => {
      const [parent, one, two] = [group(), child(), child({ status: 'CLOSING' })];
      expect(await record(parent, [two, one])).toEqual({ kind: 'recorded', closure: { ...parent, fence: 1 } });
      expect(await current().store.children('tenant-a', [parent.id])).toEqual([[one.closure, two.closure]]);
      expect(await current().store.events([one.closure.id, two.closure.id])).toEqual([[one.event], [two.event]]);
      expect(await current().store.newestByRef('tenant-a', [closureRef(one.closure.account)])).toEqual([one.closure]);
      expect(await parentId(one.closure)).toBe(parent.id);
    });

    it('gives the recorder no claim on them: whoever asks first has them', async () => {
      const children = [child(), child()];
      await record(group(), children);
      const claims = await current().store.claimDue(10, LEASE_MS);
      expect(claims.map(({ closure }) => closure.id).toSorted()).toEqual(children.map(({ closure }) => closure.id).toSorted());
    });

    it('keeps an account of theirs from being closed by anybody else', async () => {
      const { closure, event } = child();
      await record(group(), [{ closure, event }]);
      expect(await record(sampleClosure({ account: closure.account }), [])).toEqual({ kind: 'accountTaken', closure });
    });

    it('links the live closure that has the account, by any of its names, and records no other', async () => {
      const [own, named, alias] = [await recorded(current), await recorded(current), sampleAccount()];
      await current().store.commit(byWorker(named, { aliases: [{ account: alias, lockKey: lockKey(alias, false) }] }));
      const before = [await stored(current, own), await stored(current, named)];
      const [parent, first, second] = [group(), child({ account: own.account }), child({ account: alias })];
      await record(parent, [first, second]);
      expect(await present(first.closure, second.closure)).toEqual([false, false]);
      expect(await current().store.children('tenant-a', [parent.id])).toEqual([before]);
    });

    it('records one for an account that was closed before, or that another tenant closes', async () => {
      const { closed } = await closedBefore();
      const theirs = await recorded(current, { tenant: 'tenant-b' });
      const [parent, first, second] = [group(), child({ account: closed.account }), child({ account: theirs.account })];
      await record(parent, [first, second]);
      expect(await childIds(parent)).toEqual([first.closure.id, second.closure.id]);
      expect(await current().store.byLockKey('tenant-a', 'bank', closed.lockKey)).toEqual(first.closure);
    });

    it('takes an account that is named twice once', async () => {
      const [parent, one] = [group(), child()];
      const twin = child({ account: one.closure.account });
      await record(parent, [one, twin]);
      expect(await childIds(parent)).toEqual([one.closure.id]);
      expect(await present(twin.closure)).toEqual([false]);
    });

    it('makes the changes to earlier closures in the same commit', async () => {
      const [one, two] = [await closedBefore(), await closedBefore()];
      const parent = group();
      expect((await record(parent, [one.again, two.again])).kind).toBe('recorded');
      expect([(await stored(current, one.closed)).status, (await stored(current, two.closed)).status]).toEqual(['REOPENED', 'REOPENED']);
      expect(await childIds(parent)).toEqual([one.again.closure.id, two.again.closure.id]);
    });

    it('writes nothing where one of these changes does not match any more', async () => {
      const [good, bad] = [await closedBefore(), await overtaken()];
      const [parent, plain] = [group(), child()];
      expect(await record(parent, [plain, good.again, bad.again])).toEqual({ kind: 'stale' });
      expect(await stored(current, good.closed)).toEqual(good.closed);
      expect(await present(parent, plain.closure, good.again.closure, bad.again.closure)).toEqual([false, false, false, false]);
      expect((await record(parent, [plain, good.again])).kind).toBe('recorded');
    });

    it('writes nothing where one of them is illegal', async () => {
      const [good, bad] = [await closedBefore(), await closedBefore()];
      const illegal = { ...bad.again, also: { ...bad.again.also, set: { status: 'REQUESTED' as const } } };
      const parent = group();
      await expect(record(parent, [good.again, illegal])).rejects.toThrow(IllegalWrite);
      expect(await stored(current, good.closed)).toEqual(good.closed);
      expect(await present(parent, good.again.closure, illegal.closure)).toEqual([false, false, false]);
    });

    it('writes nothing where the key or the account is taken', async () => {
      const first = await recorded(current);
      const { closed, again } = await closedBefore();
      for (const over of [{ idempotencyKey: first.idempotencyKey }, { account: first.account }]) {
        expect((await record(group(over), [again])).kind).toMatch(/Taken$/);
      }
      expect(await stored(current, closed)).toEqual(closed);
      expect(await present(again.closure)).toEqual([false]);
      expect(await parentId(first)).toBeNull();
    });

    it('records each account once when fifty groups that share them come at once', async () => {
      const accounts = Array.from({ length: 10 }, () => sampleAccount());
      const parents = Array.from({ length: 50 }, () => group());
      const results = await Promise.all(
        parents.map((parent, index) => record(parent, accounts.slice(index % 5).map((account) => child({ account })))),
      );
      expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['recorded']));
      const lists = await current().store.children('tenant-a', parents.map(({ id }) => id));
      expect(lists.map(({ length }) => length)).toEqual(parents.map((_, index) => accounts.length - (index % 5)));
      const children = new Map(lists.flat().map((closure) => [closure.id, closure.account.id]));
      expect([...children.values()].toSorted()).toEqual(accounts.map(({ id }) => id).toSorted());
      expect(await current().store.list('tenant-a', {}, 100, null)).toHaveLength(parents.length + accounts.length);
    });
  });

  describe('commit with children', () => {
    it('adds them to those that are there, and links none twice', async () => {
      const [parent, one, two] = [group(), child(), child()];
      await record(parent, [one]);
      const twin = child({ account: one.closure.account });
      const after = await current().store.commit({ ...byWorker({ ...parent, fence: 1 }), set: { providerStatus: 'x' }, children: [twin, two] });
      expect(after).toEqual({ ...parent, fence: 1, providerStatus: 'x', version: 2 });
      expect(await current().store.children('tenant-a', [parent.id])).toEqual([[one.closure, two.closure]]);
      expect((await current().store.claimDue(10, LEASE_MS)).map(({ closure }) => closure.id)).not.toContain(parent.id);
    });

    it('writes nothing where the guard does not match', async () => {
      const parent = await recorded(current);
      const { closed, again } = await closedBefore();
      const change = byWorker({ ...parent, fence: 99 }, { set: { providerStatus: 'x' }, children: [again] });
      expect(await current().store.commit(change)).toBeNull();
      expect(await stored(current, closed)).toEqual(closed);
      expect(await present(again.closure)).toEqual([false]);
    });

    it('writes nothing where a change to an earlier closure does not match', async () => {
      const parent = await recorded(current);
      const [good, bad] = [await closedBefore(), await overtaken()];
      const event = sampleEvent({ to: 'CLOSING' });
      const change = byWorker(parent, { set: { status: 'CLOSING' }, event, lease: 'release', children: [child(), good.again, bad.again] });
      expect(await current().store.commit(change)).toBeNull();
      expect(await stored(current, parent)).toEqual(parent);
      expect(await stored(current, good.closed)).toEqual(good.closed);
      expect(await childIds(parent)).toEqual([]);
      expect((await current().store.events([parent.id]))[0]).toHaveLength(1);
      expect(await current().store.claimDue(10, LEASE_MS)).toEqual([]);
    });

    it('leaves the writer its claim where it replaces a child of its own', async () => {
      const [parent, one] = [group(), child()];
      await record(parent, [one]);
      const closed = (await current().store.commit(byObserver(one.closure, { set: { status: 'CLOSED', dueAt: null } })))!;
      const [claim] = await current().store.claimDue(1, LEASE_MS);
      const next = child({ account: closed.account });
      const also = byObserver(closed, { set: { status: 'REOPENED' } });
      const after = await current().store.commit(byWorker(claim!.closure, { visible: false, children: [{ ...next, also }] }));
      expect(after).toEqual(claim!.closure);
      expect(await childIds(parent)).toEqual([closed.id, next.closure.id]);
      expect(await current().store.commit(byWorker(after!, { set: { providerStatus: 'x' } }))).not.toBeNull();
    });
  });

  describe('children and parents', () => {
    it('come in the order asked, children oldest first, the newest parent', async () => {
      const [one, two] = [child(), child()];
      const [older, newer, alone] = [group(), group(), await recorded(current)];
      await record(newer, [two, one]);
      await record(older, [child({ account: two.closure.account })]);
      const { store } = current();
      const lists = await store.children('tenant-a', [newer.id, alone.id, older.id, 'nobody', newer.id]);
      const both = [one.closure.id, two.closure.id];
      expect(lists.map(idsOf)).toEqual([both, [], [two.closure.id], [], both]);
      const parents = await store.parents('tenant-a', [two.closure.id, alone.id, one.closure.id, 'nobody', two.closure.id]);
      expect(idsOf(parents)).toEqual([newer.id, null, newer.id, null, newer.id]);
      expect([await store.children('tenant-a', []), await store.parents('tenant-a', [])]).toEqual([[], []]);
    });

    it('are hidden from other tenants', async () => {
      const [parent, one] = [group(), child()];
      await record(parent, [one]);
      expect(await current().store.children('tenant-b', [parent.id])).toEqual([[]]);
      expect(await current().store.parents('tenant-b', [one.closure.id])).toEqual([null]);
    });

    it('are there when the store is opened again', async () => {
      const held = await recorded(current);
      const [parent, one] = [group(), child()];
      await record(parent, [one, child({ account: held.account })]);
      await current().reopen();
      expect(await childIds(parent)).toEqual([held.id, one.closure.id]);
      expect([await parentId(held), await parentId(one.closure)]).toEqual([parent.id, parent.id]);
    });
  });

  describe('commit with changes to other closures', () => {
    it('holds all of them or none', async () => {
      const { store } = current();
      const [first, second, third] = [await recorded(current), await recorded(current), await recorded(current)];
      const cancelled = (closure: Closure) => byObserver(closure, { set: { status: 'CANCELLED' }, event: sampleEvent({ to: 'CANCELLED' }) });
      await store.commit(byObserver(third, { set: { providerStatus: 'seen' } }));
      expect(await store.commit({ ...cancelled(first), also: [cancelled(second), cancelled(third)] })).toBeNull();
      expect([await stored(current, first), await stored(current, second)]).toEqual([first, second]);

      const [now] = await store.closures('tenant-a', [third.id]);
      await store.commit({ ...cancelled(first), also: [cancelled(second), cancelled(now!)] });
      const all = await store.closures('tenant-a', [first.id, second.id, third.id]);
      expect(all.map((closure) => closure?.status)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    });
  });
}
