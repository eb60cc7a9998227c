import type { LiquidationOutcome } from '../../src/domain/liquidation';
import { createEngine } from '../../src/engine';
import { ADOPTED, pause, type SaleHarness, SELLS, startSales } from '../support/sales';
import { seen } from '../support/scripted-provider';
import { sale, type ScriptedSeller } from '../support/scripted-seller';

const LOST: LiquidationOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const DOWN = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' } as const;

let harness: SaleHarness;
let bank: ScriptedSeller;
async function start(...more: Parameters<typeof startSales>): Promise<void> {
  harness = await startSales(...more);
  ({ bank } = harness);
}
beforeEach(() => start());
afterEach(() => harness.dispose());

describe('a request to sell whose answer was lost', () => {
  beforeEach(() => {
    bank.sales = [LOST, { kind: 'accepted', sale: sale('OPEN') }];
  });

  it('is found in the list and not sent again', async () => {
    const { closure } = await harness.close({ liquidatePositions: true });
    const id = closure?.id ?? '';
    expect(closure).toMatchObject({ status: 'CLOSING', error: { code: 'OUTCOME_UNKNOWN' } });
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ error: null, liquidation: { id: 'sale-1' } });
    await harness.looks(2);
    expect(await harness.lines(id)).toEqual(['CLOSING', 'CLOSING: Whether the provider sells the positions is not known. The connection broke.', `CLOSING: ${ADOPTED}`]);
    expect(bank.requested).toHaveLength(1);
  });

  it('is sent again under the same key where the list shows nothing, and no sooner than that means something', async () => {
    bank.listed = [{ ok: true, sales: [] }];
    const id = await harness.sell();
    const { liquidation } = await harness.stored(id);
    await harness.stage(id, 'ACCEPTED');
    const [first, second] = bank.requested;
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    // The request's own deadline, and then what reads may lag.
    expect(liquidation?.notBefore).toBeGreaterThanOrEqual((liquidation?.markedAt ?? Infinity) + 60 + 40);
    expect(second?.at).toBeGreaterThanOrEqual(liquidation?.notBefore ?? Infinity);
    expect(bank.requested).toHaveLength(2);
  });

  it.each([
    ['a sale that was asked for long before', () => sale('OPEN', { requestedAt: Date.now() - 10_000 })],
    ['a sale that is cancelled', () => sale('CANCELLED')],
  ])('is not taken for %s', async (_what, other) => {
    bank.sales = [LOST, { kind: 'accepted', sale: sale('OPEN', { id: 'sale-2' }) }];
    bank.listed = [{ ok: true, sales: [other()] }];
    const id = await harness.sell();
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ liquidation: { id: 'sale-2' } });
    expect(bank.requested).toHaveLength(2);
  });

  it('is taken for the newest sale since, a clock that is a little behind included', async () => {
    bank.listed = [() => ({ ok: true, sales: [sale('OPEN', { id: 'old', requestedAt: Date.now() - 10_000 }), sale('OPEN', { id: 'ours', requestedAt: Date.now() - 25 })] })];
    expect(await harness.stage(await harness.sell(), 'ACCEPTED')).toMatchObject({ liquidation: { id: 'ours' } });
    expect(bank.requested).toHaveLength(1);
  });

  it('is never sent again while the list cannot be had', async () => {
    bank.listed = [DOWN];
    const id = await harness.sell();
    const { liquidation } = await harness.stored(id);
    while (Date.now() < (liquidation?.notBefore ?? 0)) await pause();
    await harness.looks(5);
    expect(bank.requested).toHaveLength(1);
    bank.listed = [{ ok: true, sales: [] }];
    await harness.stage(id, 'ACCEPTED');
    expect(bank.requested).toHaveLength(2);
  });

  it('is given up at the horizon, and the closing goes on', async () => {
    bank.sales = [LOST];
    bank.listed = [{ ok: true, sales: [] }];
    const id = await harness.sell();
    const given = await harness.stage(id, 'GIVEN_UP');
    expect(given).toMatchObject({ status: 'CLOSING', error: { code: 'MANUAL_INTERVENTION_REQUIRED' } });
    expect((await harness.lines(id)).at(-1)).toBe('CLOSING: The provider was asked to sell the positions, gave no usable answer and shows no sale.');
    const sent = bank.requested.length;
    expect(new Set(bank.requested.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    await harness.looks(3);
    expect(bank.requested).toHaveLength(sent);
    bank.states = [seen('CLOSED')];
    await harness.until(id, 'CLOSED');
  });

  it('is listed by the worker that comes after the one that died with it', async () => {
    await harness.dispose();
    await start({ closeWaitMs: 20 });
    let letGo: () => void = () => {};
    bank.sales = [() => new Promise((resolve) => { letGo = () => resolve(LOST); })];
    const id = await harness.sell();
    while (bank.requested.length === 0) await pause();
    expect((await harness.stored(id)).liquidation).toMatchObject({ stage: 'MARKED' });
    // Its lease is over, and nothing but the mark is left of it.
    const { version } = await harness.stored(id);
    await harness.store.commit({ id, guard: { version }, set: { dueAt: Date.now() }, visible: true, lease: 'release' });
    const second = createEngine(harness.parts);
    second.start();
    await harness.stage(id, 'ACCEPTED');
    await second.drain();
    letGo();
    expect((await harness.lines(id)).at(-1)).toBe(`CLOSING: ${ADOPTED}`);
    expect(bank.requested).toHaveLength(1);
  });
});

describe('an adapter that throws', () => {
  it('after the mark leaves the sale in doubt, and is reported', async () => {
    bank.sales = [() => Promise.reject(new Error('a bug'))];
    const id = await harness.sell();
    expect(harness.alarms.map(({ what }) => what)).toEqual(['an adapter threw']);
    await harness.stage(id, 'ACCEPTED');
    expect((await harness.lines(id)).at(-1)).toBe(`CLOSING: ${ADOPTED}`);
    expect(bank.requested).toHaveLength(1);
  });
});

describe('a store that does not take the mark of a request to sell', () => {
  it('is reported as what it is, and nothing is sent before it does', async () => {
    const { store } = harness;
    const commit = store.commit.bind(store);
    let isAway = true;
    store.commit = (change) => {
      if (change.set.liquidation?.stage !== 'MARKED' || !isAway) return commit(change);
      isAway = false;
      return Promise.reject(new Error('As the test has it.'));
    };
    const id = await harness.sell();
    await harness.stage(id, 'ACCEPTED');
    expect(harness.alarms.map(({ what }) => what)).toEqual(['a request could not be marked, and was not sent']);
    expect(bank.requested).toHaveLength(1);
  });
});

describe('a claim that is lost while the request to sell is on its way', () => {
  /** Somebody else writes while the provider still works on the request. */
  async function overtaken(outcome: LiquidationOutcome): Promise<string> {
    await harness.dispose();
    await start({ closeWaitMs: 20, pollMinMs: 60_000, pollMaxMs: 60_000 });
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    bank.sales = [() => gate.then(() => outcome)];
    const id = await harness.sell();
    while (bank.requested.length === 0) await pause();
    const { version } = await harness.stored(id);
    await harness.store.commit({ id, guard: { version }, set: { providerStatus: 'x', dueAt: Date.now() + 60_000 }, visible: true, lease: 'release' });
    letGo();
    return id;
  }

  it('keeps the answer', async () => {
    const id = await overtaken({ kind: 'accepted', sale: sale('OPEN') });
    await harness.stage(id, 'ACCEPTED');
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS}`]);
    expect(bank.requested).toHaveLength(1);
  });

  it('keeps a refusal', async () => {
    const id = await overtaken({ kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'x' });
    expect(await harness.stage(id, 'REFUSED')).toMatchObject({ status: 'CLOSING', error: { code: 'PROVIDER_REJECTED_REQUEST' } });
    expect(bank.requested).toHaveLength(1);
  });
});

describe('a request to sell that could not end within its lease', () => {
  it('does not leave, and is asked for by the next worker', async () => {
    await harness.dispose();
    let slow = false;
    let skew = 0;
    const clock = { now: () => Date.now(), monotonic: () => performance.now() + (slow ? (skew += 60_000) : skew) };
    await start({}, clock);
    bank.answers = [() => {
      slow = true;
      return { kind: 'accepted' };
    }];
    const id = await harness.sell();
    expect(bank.requested).toHaveLength(0);
    expect((await harness.stored(id)).liquidation).toBeNull();
    slow = false;
    await harness.stage(id, 'ACCEPTED');
    expect(bank.requested).toHaveLength(1);
  });
});
