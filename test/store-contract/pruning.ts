import { CLOSURE_STATUSES, TERMINAL_STATUSES } from '../../src/domain/closure-status';
import type { Closure } from '../../src/domain/closure';
import type { EventOutcome } from '../../src/ports/store';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { byWorker, type Current, idsOf, LEASE_MS, recorded, stored } from './harness';

/** Everything before it is old. */
const BORDER = 1_000_000;
const ALL = { keysBefore: BORDER, eventsBefore: BORDER, unreadableBefore: BORDER };
const MANY = 100;

export function pruningContract(current: Current): void {
  const prune = (over: Partial<typeof ALL> = {}, limit = MANY) => current().store.prune({ ...ALL, ...over }, limit);

  async function old(over: Partial<Closure> = {}): Promise<Closure> {
    return recorded(current, { status: 'REJECTED', dueAt: null, statusSince: BORDER - 1, ...over });
  }

  async function received(id: string, receivedAt: number, outcome: EventOutcome | null, provider = 'bank'): Promise<void> {
    const { store } = current();
    await store.keepEvents(provider, [{ id, type: 'NEWS', payload: '{}' }], receivedAt);
    if (outcome) await store.settleEvent(provider, id, outcome);
  }

  /** True where an event that comes again is told to be one that came before. */
  async function isRemembered(id: string): Promise<boolean> {
    const { store } = current();
    await store.keepEvents('bank', [{ id, type: 'NEWS', payload: '{}' }], BORDER + 1);
    const claimed = await store.claimEvents(MANY, LEASE_MS);
    return claimed.every((event) => event.id !== id);
  }

  describe('pruned keys', () => {
    it.each(CLOSURE_STATUSES)('of a closure that is %s go only where that is its end', async (status) => {
      const closure = await old({ status });
      const ended = (TERMINAL_STATUSES as readonly string[]).includes(status);
      expect(await prune()).toEqual({ keys: ended ? 1 : 0, events: 0 });
      const found = await current().store.byIdempotencyKey('tenant-a', 'subject-a', closure.idempotencyKey!);
      expect(found === null).toBe(ended);
    });

    it('are those of closures that ended before the border, and not at it', async () => {
      const before = await old({ requestedAt: 1 });
      const at = await old({ requestedAt: 1, statusSince: BORDER });
      expect(await prune()).toEqual({ keys: 1, events: 0 });
      expect((await stored(current, before)).idempotencyKey).toBeNull();
      expect(await stored(current, at)).toEqual(at);
    });

    it('leave the closure, its version, its history and its attempts as they were', async () => {
      const closure = await old();
      const events = await current().store.events([closure.id]);
      await prune();
      expect(await stored(current, closure)).toEqual({ ...closure, idempotencyKey: null, fingerprint: '' });
      expect(await current().store.events([closure.id])).toEqual(events);
      expect(idsOf([await current().store.byLockKey('tenant-a', 'bank', closure.lockKey)])).toEqual([closure.id]);
    });

    it('may be used for a new request, and belong to it then', async () => {
      const { idempotencyKey, account, lockKey } = await old();
      await prune();
      const again = sampleClosure({ idempotencyKey, account, lockKey });
      expect((await current().store.record(again, sampleEvent(), LEASE_MS)).kind).toBe('recorded');
      expect(await current().store.list('tenant-a', { key: { subject: 'subject-a', idempotencyKey: idempotencyKey! } }, 10, null)).toHaveLength(1);
      expect(await prune()).toEqual({ keys: 0, events: 0 });
    });

    it('count from the last end: a closure that came back keeps its key for longer', async () => {
      const closure = await old({ status: 'CLOSED' });
      await current().store.commit(byWorker(closure, { set: { status: 'REOPENED', statusSince: BORDER } }));
      expect(await prune()).toEqual({ keys: 0, events: 0 });
    });

    it('of every tenant and subject go', async () => {
      await Promise.all([old({ tenant: 'one' }), old({ tenant: 'two' }), old({ subject: 'somebody-else' })]);
      expect(await prune()).toEqual({ keys: 3, events: 0 });
    });

    it('do not count closures that never had one', async () => {
      await old({ idempotencyKey: null });
      expect(await prune()).toEqual({ keys: 0, events: 0 });
    });
  });

  describe('pruned events', () => {
    it('are settled ones received before the border', async () => {
      await received('applied', BORDER - 1, 'APPLIED');
      await received('ignored', BORDER - 1, 'IGNORED');
      await received('recent', BORDER, 'APPLIED');
      expect(await prune()).toEqual({ keys: 0, events: 2 });
      expect(await isRemembered('applied')).toBe(false);
      expect(await isRemembered('ignored')).toBe(false);
      expect(await isRemembered('recent')).toBe(true);
    });

    it('are never those that nobody applied yet', async () => {
      await received('waiting', 1, null);
      await received('claimed', 1, null);
      await current().store.claimEvents(1, LEASE_MS);
      expect(await prune()).toEqual({ keys: 0, events: 0 });
      expect(await current().store.claimEvents(MANY, LEASE_MS)).toHaveLength(1);
    });

    it('that could not be read have a border of their own', async () => {
      await received('unreadable', BORDER - 1, 'UNREADABLE');
      expect(await prune({ unreadableBefore: BORDER - 1 })).toEqual({ keys: 0, events: 0 });
      expect(await isRemembered('unreadable')).toBe(true);
      expect(await prune({ eventsBefore: 0 })).toEqual({ keys: 0, events: 1 });
    });
  });

  describe('pruning', () => {
    it('takes no more of a kind than its limit, and the rest the next time', async () => {
      for (let count = 0; count < 5; count += 1) {
        await old();
        await received(`event-${count}`, 1, count < 2 ? 'UNREADABLE' : 'APPLIED');
      }
      const counts = [await prune({}, 2), await prune({}, 2), await prune({}, 2), await prune({}, 2)];
      expect(counts).toEqual([{ keys: 2, events: 2 }, { keys: 2, events: 2 }, { keys: 1, events: 1 }, { keys: 0, events: 0 }]);
    });

    it('done twice at once forgets everything once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => old()));
      const counts = await Promise.all([prune(), prune(), prune()]);
      expect(counts.reduce((sum, { keys }) => sum + keys, 0)).toBe(20);
    });

    it('is still done after a reopen', async () => {
      const closure = await old();
      await prune();
      await current().reopen();
      expect((await stored(current, closure)).idempotencyKey).toBeNull();
    });
  });
}
