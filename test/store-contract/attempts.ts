import type { AttemptEffect } from '../../src/domain/closure';
import type { AttemptAnswer } from '../../src/ports/store';
import { IllegalWrite } from '../../src/store/errors';
import { sampleMark } from '../support/sample-closure';
import { byWorker, type Current, LEASE_MS, recorded, stored } from './harness';

const DOUBTFUL: AttemptEffect[] = ['MARKED', 'UNKNOWN', 'UNAVAILABLE'];
const DEFINITE: AttemptEffect[] = ['ACCEPTED', 'COMPLETED', 'REFUSED', 'NOT_APPLIED', 'NOT_SENT'];

const answer = (over: Partial<AttemptAnswer> = {}): AttemptAnswer => ({
  number: 1,
  effect: 'ACCEPTED',
  answeredAt: 2000,
  evidence: { requestId: 'request-1', httpStatus: 202, providerErrors: [{ code: 'E', message: 'grüße' }] },
  ...over,
});

export function attemptContract(current: Current): void {
  const marked = async (effect: AttemptEffect = 'MARKED', over = {}) => {
    const closure = await recorded(current, over);
    return (await current().store.commit(byWorker(closure, { mark: sampleMark(1, { effect }) })))!;
  };
  const effects = async (id: string) => (await current().store.attempts(id)).map((attempt) => attempt.effect);

  describe('attempts', () => {
    it('are kept in order, as they were marked', async () => {
      const closure = await recorded(current);
      const marks = [sampleMark(1), sampleMark(2, { markedAt: 5, deadlineMs: 7 }), sampleMark(3)];
      for (const mark of marks) await current().store.commit(byWorker(closure, { mark }));
      expect(await current().store.attempts(closure.id)).toEqual(marks);
    });

    it.each([0, 1, 3])('refuse a second mark with number %i, with all of its change', async (number) => {
      const closure = await marked();
      const change = byWorker(closure, { mark: sampleMark(number), set: { attempts: 2 } });
      await expect(current().store.commit(change)).rejects.toThrow(IllegalWrite);
      expect(await stored(current, closure)).toEqual(closure);
      expect(await effects(closure.id)).toEqual(['MARKED']);
    });

    it.each(DOUBTFUL)('take an answer while %s', async (effect) => {
      const closure = await marked(effect);
      await current().store.commit(byWorker(closure, { answers: [answer()] }));
      const { number: _, ...kept } = answer();
      expect(await current().store.attempts(closure.id)).toEqual([expect.objectContaining(kept)]);
    });

    it.each(DEFINITE)('keep %s whatever comes after', async (effect) => {
      const closure = await marked();
      await current().store.commit(byWorker(closure, { answers: [answer({ effect })] }));
      const before = await current().store.attempts(closure.id);
      const later = answer({ effect: effect === 'REFUSED' ? 'ACCEPTED' : 'REFUSED', answeredAt: 3000, evidence: {} });
      expect(await current().store.commit(byWorker(closure, { answers: [later] }))).not.toBeNull();
      expect(await current().store.attempts(closure.id)).toEqual(before);
    });

    it('take several answers and the next mark in one commit', async () => {
      const closure = await marked();
      await current().store.commit(byWorker(closure, { mark: sampleMark(2) }));
      const answers = [answer({ effect: 'NOT_APPLIED' }), answer({ number: 2, effect: 'UNKNOWN' })];
      await current().store.commit(byWorker(closure, { answers, mark: sampleMark(3) }));
      expect(await effects(closure.id)).toEqual(['NOT_APPLIED', 'UNKNOWN', 'MARKED']);
    });

    it('refuse an answer to what was never marked, with all of its change', async () => {
      const closure = await marked();
      const change = byWorker(closure, { answers: [answer({ number: 2 })], set: { providerStatus: 'x' } });
      await expect(current().store.commit(change)).rejects.toThrow(IllegalWrite);
      expect(await stored(current, closure)).toEqual(closure);
    });

    it('are none for a closure that is not there', async () => {
      expect(await current().store.attempts('nobody')).toEqual([]);
    });
  });

  describe('a late answer', () => {
    it('is kept, makes the closure due at once, and takes the ground from whoever decided without it', async () => {
      const { store, clock } = current();
      const closure = await marked('MARKED', { dueAt: clock.now() + 500_000 });
      await store.recordLateAnswer(closure.id, answer());
      expect(await effects(closure.id)).toEqual(['ACCEPTED']);
      expect(await stored(current, closure)).toEqual({ ...closure, dueAt: clock.now(), fence: closure.fence + 1, version: closure.version + 1 });
      expect(await store.commit(byWorker(closure, { mark: sampleMark(2) }))).toBeNull();
      expect(await store.commit({ id: closure.id, guard: { version: closure.version }, set: {}, visible: false, lease: 'release' })).toBeNull();
      const [claim] = await store.claimDue(1, LEASE_MS);
      expect(claim).toMatchObject({ closure: { id: closure.id }, attempts: [{ effect: 'ACCEPTED' }] });
    });

    it('is kept beside a terminal closure, and changes nothing about it', async () => {
      const { store } = current();
      const closure = await marked();
      const closed = await store.commit(byWorker(closure, { set: { status: 'CLOSED', dueAt: null }, lease: 'release' }));
      await store.recordLateAnswer(closure.id, answer());
      expect(await effects(closure.id)).toEqual(['ACCEPTED']);
      expect(await stored(current, closure)).toEqual(closed);
    });

    it.each(DEFINITE)('does not replace %s, and wakes nobody', async (effect) => {
      const { store } = current();
      const closure = await marked();
      const before = await store.commit(byWorker(closure, { answers: [answer({ effect })], set: { dueAt: null } }));
      await store.recordLateAnswer(closure.id, answer({ effect: 'UNKNOWN', evidence: {} }));
      expect(await effects(closure.id)).toEqual([effect]);
      expect(await stored(current, closure)).toEqual(before);
    });

    it('is refused for what was never marked', async () => {
      const closure = await recorded(current);
      await expect(current().store.recordLateAnswer(closure.id, answer())).rejects.toThrow(IllegalWrite);
      await expect(current().store.recordLateAnswer('nobody', answer())).rejects.toThrow(IllegalWrite);
    });
  });
}
