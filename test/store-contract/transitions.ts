import { canBecome, CLOSURE_STATUSES } from '../../src/domain/closure-status';
import { IllegalWrite } from '../../src/store/errors';
import { sampleEvent, sampleMark } from '../support/sample-closure';
import { byWorker, type Current, recorded, stored } from './harness';

export function transitionContract(current: Current): void {
  describe('transitions', () => {
    it.each(CLOSURE_STATUSES)('from %s go where the state machine allows, and nowhere else', async (from) => {
      for (const to of CLOSURE_STATUSES.filter((status) => status !== from)) {
        const closure = await recorded(current, { status: from });
        const change = byWorker(closure, { set: { status: to }, event: sampleEvent({ from, to }), mark: sampleMark(1) });
        if (canBecome(from, to)) {
          expect(await current().store.commit(change)).toMatchObject({ status: to });
        } else {
          await expect(current().store.commit(change)).rejects.toThrow(IllegalWrite);
          expect(await stored(current, closure)).toEqual(closure);
          expect(await current().store.attempts(closure.id)).toEqual([]);
          expect(await current().store.events(closure.tenant, [closure.id])).toEqual([[expect.objectContaining({ to: from })]]);
        }
      }
    });

    it.each(CLOSURE_STATUSES)('include staying %s', async (status) => {
      const closure = await recorded(current, { status });
      const after = await current().store.commit(byWorker(closure, { set: { status, providerStatus: 'x' } }));
      expect(after).toMatchObject({ status, providerStatus: 'x' });
    });

    it('that are illegal by now are null for a worker that lost its claim', async () => {
      const closure = await recorded(current, { status: 'CLOSED' });
      const change = byWorker(closure, { set: { status: 'CLOSING' }, guard: { fence: 99 } });
      expect(await current().store.commit(change)).toBeNull();
    });
  });
}
