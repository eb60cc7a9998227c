import type { Checkpoint } from '../../src/domain/audit-checkpoint';
import type { EventEvidence } from '../../src/domain/closure';
import type { AuditTrail } from '../../src/ports/audit';
import { IllegalWrite } from '../../src/store/errors';
import { auditKey, verified } from '../support/audit';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { byObserver, byWorker, type Current, LEASE_MS, recorded } from './harness';

const EVIDENCE: EventEvidence = {
  httpStatus: 422,
  providerStatus: 'geschlossen – 閉鎖',
  providerErrors: [{ code: 'A', message: 'line\u0000 of "text"', httpStatus: 422 }],
  webhookEventId: 'event-1',
};

export function auditContract(current: Current): void {
  const key = auditKey();
  async function withTrail<T>(look: (trail: AuditTrail) => Promise<T>): Promise<T> {
    const trail = await current().auditTrail();
    try {
      return await look(trail);
    } finally {
      await trail.dispose();
    }
  }
  const verify = () => withTrail((trail) => verified(trail, [key]));
  const audited = (id: string) => withTrail((trail) => trail.closure(id));
  const seal = (limit = 100) => current().store.sealCheckpoint(limit, key.signer);
  const sealsOf = (checkpoint: number) => withTrail((trail) => trail.seals(checkpoint));
  const toClosing = (detail: string | null = null) => ({ set: { status: 'CLOSING' } as const, event: sampleEvent({ from: 'REQUESTED', to: 'CLOSING', detail }) });

  describe('the audit trail', () => {
    it('has an entry for each event, with its evidence, and its end in the closure', async () => {
      const closure = await recorded(current, { reasonText: 'weg – 離' });
      const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSING', detail: 'ä', providerRequestId: 'r', evidence: EVIDENCE });
      await current().store.commit(byWorker(closure, { set: { status: 'CLOSING' }, event }));
      expect(await current().store.events([closure.id])).toEqual([[expect.anything(), event]]);
      const { row, entries, seals } = (await audited(closure.id))!;
      expect(entries.map(({ seq, from, to, evidence }) => [seq, from, to, evidence && JSON.parse(evidence)])).toEqual([
        [1, null, 'REQUESTED', null],
        [2, 'REQUESTED', 'CLOSING', EVIDENCE],
      ]);
      expect(row).toMatchObject({ status: 'CLOSING', head: entries[1]!.hash, count: 2, sealed: 0 });
      expect(row?.intent).toMatchObject({ id: closure.id, account: closure.account, reasonText: 'weg – 離', requestedAt: closure.requestedAt });
      expect(seals).toEqual([]);
      expect(await verify()).toMatchObject({ found: [], closures: 1, entries: 2, unsealed: 2 });
    });

    it('holds for children, for changes that come with them, and when the store is opened again', async () => {
      const { store } = current();
      const open = await recorded(current);
      const closed = (await store.commit(byWorker(open, { set: { status: 'CLOSED' }, event: sampleEvent({ to: 'CLOSED' }), lease: 'release' })))!;
      const also = byObserver(closed, { set: { status: 'REOPENED' }, event: sampleEvent({ from: 'CLOSED', to: 'REOPENED' }) });
      const again = { closure: sampleClosure({ account: closed.account, idempotencyKey: null }), event: sampleEvent(), also };
      const child = { closure: sampleClosure({ idempotencyKey: null }), event: sampleEvent() };
      expect(await store.record(sampleClosure(), sampleEvent(), LEASE_MS, { children: [child, again] })).toMatchObject({ kind: 'recorded' });
      await current().reopen();
      expect(await verify()).toMatchObject({ found: [], closures: 4, entries: 6 });
    });

    it('is chained over texts as the database keeps them, whatever was in them', async () => {
      const hostile = 'a\0b\uD800c';
      const closure = await recorded(current, { reasonText: hostile, subject: hostile });
      const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSING', detail: hostile, actor: hostile, evidence: { providerStatus: hostile } });
      await current().store.commit(byWorker(closure, { set: { status: 'CLOSING' }, event }));
      expect(await verify()).toMatchObject({ found: [], entries: 2 });
      expect((await audited(closure.id))?.entries[1]?.evidence).toBe(JSON.stringify({ providerStatus: hostile }));
    });

    it('is not touched by writes that are refused or undone', async () => {
      const closure = await recorded(current);
      const before = await audited(closure.id);
      expect(await current().store.commit({ ...byWorker(closure, toClosing()), guard: { fence: 99 } })).toBeNull();
      const illegal = byWorker(closure, { set: { status: 'REOPENED' }, event: sampleEvent({ to: 'REOPENED' }) });
      await expect(current().store.commit(illegal)).rejects.toThrow(IllegalWrite);
      const unmarked = byWorker(closure, { ...toClosing(), answers: [{ number: 9, effect: 'ACCEPTED', answeredAt: 1 }] });
      await expect(current().store.commit(unmarked)).rejects.toThrow(IllegalWrite);
      expect(await audited(closure.id)).toEqual(before);
    });

    it('stays whole under many writers at once', async () => {
      const closures = await Promise.all(Array.from({ length: 20 }, () => recorded(current)));
      const writes = closures.flatMap((closure) => Array.from({ length: 5 }, (_, index) => byObserver(closure, toClosing(`writer ${index}`))));
      const seals = Array.from({ length: 3 }, () => seal(7));
      await Promise.all([...writes.map((change) => current().store.commit(change)), ...seals]);
      while (await seal(7));
      expect(await verify()).toMatchObject({ found: [], closures: 20, entries: 40, unsealed: 0 });
    });

    it('comes in pages by id, each closure once', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 5; index += 1) ids.push((await recorded(current)).id);
      await seal();
      await withTrail(async (trail) => {
        const first = await trail.closures('', 2);
        const second = await trail.closures(first.at(-1)!.id, 2);
        const third = await trail.closures(second.at(-1)!.id, 2);
        expect([first, second, third].map((page) => page.map(({ id }) => id))).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
        expect(await trail.closure('nobody')).toBeNull();
      });
    });
  });

  describe('a checkpoint', () => {
    it('is not made of nothing', async () => {
      expect(await seal()).toBeNull();
      await recorded(current);
      expect(await seal()).not.toBeNull();
      expect(await seal()).toBeNull();
    });

    it('lists what grew since it was last listed, and no more than was asked for', async () => {
      const closures = [await recorded(current), await recorded(current), await recorded(current)];
      expect(await seal(2)).toMatchObject({ number: 1, closures: 2 });
      await current().store.commit(byWorker(closures[0]!, toClosing()));
      expect(await seal(2)).toMatchObject({ number: 2, closures: 2 });
      expect((await sealsOf(1)).map(({ closureId, count }) => [closureId, count])).toEqual([[closures[0]!.id, 1], [closures[1]!.id, 1]]);
      expect((await sealsOf(2)).map(({ closureId, count }) => [closureId, count])).toEqual([[closures[0]!.id, 2], [closures[2]!.id, 1]]);
      expect(await audited(closures[0]!.id)).toMatchObject({ row: { sealed: 2 }, seals: [{ checkpoint: 1, count: 1 }, { checkpoint: 2, count: 2 }] });
      expect(await verify()).toMatchObject({ found: [], checkpoints: 2, unsealed: 0 });
    });

    it('is kept as it was given, and goes on from the one before when the store is opened again', async () => {
      await recorded(current);
      const { closures: _listed, ...first } = (await seal())!;
      await current().reopen();
      await recorded(current);
      const { closures: _alsoListed, ...second } = (await seal())!;
      const kept = await withTrail(async (trail): Promise<(Checkpoint | null)[]> => [...(await trail.checkpoints(0, 10)), await trail.newestCheckpoint()]);
      expect(kept).toEqual([first, second, second]);
      expect(await withTrail((trail) => trail.checkpoints(1, 10))).toEqual([second]);
      expect(await verify()).toMatchObject({ found: [], checkpoints: 2, newest: second });
    });

    it('is one at a time, whoever asks at once', async () => {
      for (let index = 0; index < 10; index += 1) await recorded(current);
      const made = await Promise.all(Array.from({ length: 6 }, () => seal(3)));
      expect(made.map((one) => one?.closures ?? 0).toSorted()).toEqual([0, 0, 1, 3, 3, 3]);
      expect(await verify()).toMatchObject({ found: [], checkpoints: 4 });
    });

    it('that cannot be signed is not made', async () => {
      await recorded(current);
      const sign = () => {
        throw new Error('no key');
      };
      await expect(current().store.sealCheckpoint(10, { keyId: 'x', sign })).rejects.toThrow('no key');
      expect(await withTrail((trail) => trail.newestCheckpoint())).toBeNull();
      expect(await seal()).toMatchObject({ number: 1, closures: 1 });
    });
  });
}
