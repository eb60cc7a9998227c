import type { LiquidationOutcome } from '../../src/domain/liquidation';
import { createEngine } from '../../src/engine';
import { ADOPTED, pause, type SaleHarness, SELLS, startSales } from '../support/sales';
import { ScriptedProvider, seen } from '../support/scripted-provider';
import { sale, type ScriptedSeller } from '../support/scripted-seller';

const LOST: LiquidationOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const REFUSED: LiquidationOutcome = { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'x' };
const DENIED = { ok: false, code: 'PROVIDER_PERMISSION_DENIED', message: 'No right to list.' } as const;
const DOWN = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' } as const;
const LOST_TRACK = 'What became of the sale of the positions could not be found out.';

let harness: SaleHarness;
let bank: ScriptedSeller;
async function start(...more: Parameters<typeof startSales>): Promise<void> {
  harness = await startSales(...more);
  ({ bank } = harness);
}
beforeEach(() => start());
afterEach(() => harness.dispose());

const alarms = (): string[] => harness.alarms.map(({ what }) => what);

describe('a list that says nothing of the sale', () => {
  it.each([
    ['is refused', DENIED, 'PROVIDER_PERMISSION_DENIED', 'the provider refused the gateway: PROVIDER_PERMISSION_DENIED'],
    ['has a word that nobody knows', { ok: true, sales: [sale('UNKNOWN')] }, 'PROVIDER_PROTOCOL_ERROR', 'a sale of positions cannot be followed: PROVIDER_PROTOCOL_ERROR'],
    ['does not have it', { ok: true, sales: [sale('SETTLED', { id: 'sale-2' })] }, 'PROVIDER_PROTOCOL_ERROR', 'a sale of positions cannot be followed: PROVIDER_PROTOCOL_ERROR'],
  ] as const)('because it %s shows in the error and alarms once, until it says something again', async (_why, list, code, alarm) => {
    const id = await harness.sell();
    bank.listed = [typeof list === 'object' && list.ok ? { ok: true, sales: [...list.sales] } : DENIED];
    const troubled = await harness.when(id, ({ error }) => error !== null);
    expect(troubled).toMatchObject({ status: 'CLOSING', error: { code }, liquidation: { stage: 'ACCEPTED', id: 'sale-1' } });
    await harness.looks(4);
    expect(await harness.stored(id)).toMatchObject({ version: troubled.version });
    expect(alarms()).toEqual([alarm]);
    bank.listed = [{ ok: true, sales: [sale('OPEN')] }];
    await harness.when(id, ({ error }) => error === null);
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS}`]);
  });

  it('does not end the sale that is not visible yet', async () => {
    await harness.dispose();
    const far = Date.now() + 3_600_000;
    let ahead = false;
    await start({}, { now: () => (ahead ? far : Date.now()), monotonic: () => performance.now() });
    bank.listed = [{ ok: true, sales: [] }];
    const id = await harness.sell();
    expect(await harness.stored(id)).toMatchObject({ error: null, liquidation: { stage: 'ACCEPTED' } });
    ahead = true;
    await harness.when(id, ({ error }) => error !== null);
  });

  it('keeps the first request from leaving', async () => {
    bank.listedBefore = [DENIED];
    const id = await harness.sell();
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSING', error: { code: DENIED.code }, liquidation: { stage: 'WAITING' } });
    await harness.looks(3);
    expect({ requested: bank.requested.length, alarms: alarms() }).toEqual({ requested: 0, alarms: [`the provider refused the gateway: ${DENIED.code}`] });
    bank.listedBefore = [{ ok: true, sales: [] }];
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ error: null });
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: The positions are not sold so far. ${DENIED.message}`, `CLOSING: ${SELLS}`]);
    expect(bank.requested).toHaveLength(1);
  });

  it('leaves a request in doubt, which shows again once the list is back', async () => {
    bank.sales = [LOST];
    bank.listed = [DENIED, () => ({ ok: true, sales: [] })];
    const id = await harness.sell();
    await harness.when(id, ({ error }) => error?.code === DENIED.code);
    expect(await harness.when(id, ({ error }) => error?.code === 'OUTCOME_UNKNOWN')).toMatchObject({ liquidation: { stage: 'MARKED' } });
  });

  it.each([
    ['cannot be had', DOWN],
    ['is refused', DENIED],
  ])('because it %s ends a request in doubt at the horizon', async (_why, list) => {
    bank.sales = [LOST];
    bank.listed = [list];
    const id = await harness.sell();
    expect(await harness.stage(id, 'GIVEN_UP')).toMatchObject({ status: 'CLOSING', error: { code: 'MANUAL_INTERVENTION_REQUIRED', message: LOST_TRACK } });
    expect((await harness.lines(id)).at(-1)).toBe(`CLOSING: ${LOST_TRACK}`);
    expect(bank.requested).toHaveLength(1);
  });

  it.each([
    ['cannot be had', DOWN],
    ['is refused', DENIED],
    ['does not have it', { ok: true as const, sales: [] }],
    ['has a word that nobody knows', { ok: true as const, sales: [sale('UNKNOWN')] }],
  ])('because it %s is asked for no longer than the horizon after the closing', async (_why, list) => {
    const id = await harness.sell();
    await harness.stage(id, 'ACCEPTED');
    bank.listed = [list];
    bank.states = [seen('CLOSED')];
    const { statusSince, dueAt } = await harness.until(id, 'CLOSED');
    expect(dueAt).not.toBeNull();
    const ended = await harness.when(id, (closure) => closure.dueAt === null);
    expect(ended).toMatchObject({ status: 'CLOSED', error: null, liquidation: { stage: 'GIVEN_UP' } });
    expect(ended.updatedAt).toBeGreaterThanOrEqual(statusSince + harness.parts.settings.reconcileHorizonMs);
    expect((await harness.lines(id)).at(-1)).toBe(`CLOSED: ${LOST_TRACK}`);
  });

  it('because its provider sells nothing any more ends in the same way', async () => {
    const id = await harness.sell();
    await harness.stage(id, 'ACCEPTED');
    await harness.engine.drain();
    const without = new ScriptedProvider();
    without.states = [seen('CLOSING')];
    const provider = without.configured();
    const second = createEngine({ ...harness.parts, providers: { find: () => provider, all: () => [provider] } });
    second.start();
    await harness.when(id, ({ error }) => error?.code === 'UNSUPPORTED_BY_PROVIDER');
    without.states = [seen('CLOSED')];
    await harness.when(id, ({ dueAt }) => dueAt === null);
    await second.drain();
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS}`, 'CLOSED', `CLOSED: ${LOST_TRACK}`]);
    expect(alarms()).toEqual(['a sale of positions cannot be followed: UNSUPPORTED_BY_PROVIDER']);
  });

  it('because the adapter throws is reported, and the closing goes on', async () => {
    bank.listed = [() => Promise.reject(new Error('a bug'))];
    const id = await harness.sell();
    expect(await harness.when(id, ({ error }) => error !== null)).toMatchObject({ status: 'CLOSING', error: { code: 'INTERNAL' } });
    expect(alarms()).toContain('an adapter threw');
    expect(alarms()).not.toContain('work on a closure stopped');
    bank.states = [seen('CLOSED')];
    await harness.until(id, 'CLOSED');
  });
});

describe('a refusal of a request to sell', () => {
  it('says nothing of an earlier one that is in doubt: it is looked for, and found', async () => {
    bank.sales = [LOST, REFUSED];
    bank.listed = [{ ok: true, sales: [] }];
    const id = await harness.sell();
    while (bank.requested.length < 2) await pause();
    const first = bank.requested[0]?.at ?? 0;
    bank.listed = [{ ok: true, sales: [sale('OPEN', { requestedAt: first })] }];
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ error: null, liquidation: { id: 'sale-1' } });
    const lines = await harness.lines(id);
    expect(lines.slice(2)).toEqual([
      'CLOSING: Whether an earlier request began the sale of the positions is being found out. Asked again, the provider refused. x',
      `CLOSING: ${ADOPTED}`,
    ]);
    expect(bank.requested).toHaveLength(2);
  });

  it('ends with that one at the horizon', async () => {
    bank.sales = [LOST, REFUSED];
    bank.listed = [{ ok: true, sales: [] }];
    const id = await harness.sell();
    expect(await harness.stage(id, 'GIVEN_UP')).toMatchObject({ status: 'CLOSING', error: { code: 'MANUAL_INTERVENTION_REQUIRED' } });
  });
});

describe('a writer without a claim', () => {
  it('that read the closure before the mark does not write after it', async () => {
    let before = 0;
    let written = true;
    bank.saleTrouble = { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x' };
    const id = await harness.sell();
    await harness.looks(2);
    bank.listedBefore = [async () => {
      before = (await harness.stored(id)).version;
      return { ok: true, sales: [] };
    }];
    bank.sales = [async () => {
      const set = { status: 'CLOSED', dueAt: null } as const;
      written = (await harness.store.commit({ id, guard: { version: before }, set, visible: true, lease: 'release' })) !== null;
      return { kind: 'accepted', sale: sale('OPEN') };
    }];
    bank.saleTrouble = null;
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ status: 'CLOSING' });
    expect(written).toBe(false);
  });
});
