import type { LiquidationOutcome } from '../../src/domain/liquidation';
import { createEngine } from '../../src/engine';
import { pause, type SaleHarness, SELLS, SETTLED, startSales } from '../support/sales';
import { ScriptedProvider, seen } from '../support/scripted-provider';
import { sale, type ScriptedSeller } from '../support/scripted-seller';

const LOST: LiquidationOutcome = { kind: 'unknown', detail: 'The connection broke.' };

let harness: SaleHarness;
let bank: ScriptedSeller;
beforeEach(async () => {
  harness = await startSales();
  ({ bank } = harness);
});
afterEach(() => harness.dispose());

describe('a sale whose closure ends first', () => {
  it('is followed on, and its end is a line of the closed closure', async () => {
    bank.listed = [{ ok: true, sales: [sale('OPEN')] }];
    bank.states = [seen('CLOSED')];
    const id = await harness.sell();
    const closed = await harness.until(id, 'CLOSED');
    expect(closed.dueAt).not.toBeNull();
    const { lists } = bank;
    while (bank.lists < lists + 3) await pause();
    const { version } = await harness.stored(id);
    expect(version).toBe(closed.version);
    bank.listed = [{ ok: true, sales: [sale('SETTLED')] }];
    const settled = await harness.when(id, ({ dueAt }) => dueAt === null);
    expect(settled).toMatchObject({ status: 'CLOSED', closedAt: closed.closedAt, statusSince: closed.statusSince, error: null, version: version + 1 });
    expect((await harness.history(id)).at(-1)).toMatchObject({ from: 'CLOSED', to: 'CLOSED', detail: SETTLED });
  });

  it('is told as cancelled without an error on what is closed', async () => {
    bank.listed = [{ ok: true, sales: [sale('OPEN')] }];
    bank.states = [seen('CLOSED')];
    const id = await harness.sell();
    await harness.until(id, 'CLOSED');
    bank.listed = [{ ok: true, sales: [sale('CANCELLED')] }];
    expect(await harness.when(id, ({ dueAt }) => dueAt === null)).toMatchObject({ status: 'CLOSED', error: null });
    expect((await harness.lines(id)).at(-1)).toBe('CLOSED: The provider cancelled the sale of the positions.');
  });

  it('is listed while in doubt, until that means something, and never asked for again', async () => {
    bank.sales = [LOST];
    bank.listed = [{ ok: true, sales: [] }];
    bank.states = [seen('CLOSED')];
    const id = await harness.sell();
    const { liquidation } = await harness.until(id, 'CLOSED');
    const settled = await harness.when(id, ({ dueAt }) => dueAt === null);
    expect(settled.updatedAt).toBeGreaterThanOrEqual(liquidation?.notBefore ?? Infinity);
    expect((await harness.lines(id)).at(-1)).toBe('CLOSED: The provider shows no sale of the positions.');
    expect(bank.requested).toHaveLength(1);
  });

  it('is followed after a closing that the provider gave up', async () => {
    bank.states = [seen('FAILED')];
    bank.listed = [{ ok: true, sales: [sale('OPEN')] }];
    const id = await harness.sell();
    const failed = await harness.until(id, 'FAILED');
    bank.listed = [{ ok: true, sales: [sale('SETTLED')] }];
    expect(await harness.when(id, ({ dueAt }) => dueAt === null)).toMatchObject({ status: 'FAILED', error: failed.error });
    expect((await harness.lines(id)).at(-1)).toBe(`FAILED: ${SETTLED}`);
    expect(harness.alarms).toEqual([]);
  });
});

describe('a provider that sells nothing any more', () => {
  it('lets a closing with a sale under way come to its end', async () => {
    const id = await harness.sell();
    await harness.stage(id, 'ACCEPTED');
    await harness.engine.drain();
    const without = new ScriptedProvider();
    without.states = [seen('CLOSING'), seen('CLOSED')];
    const provider = without.configured();
    const second = createEngine({ ...harness.parts, providers: { find: () => provider, all: () => [provider] } });
    second.start();
    await harness.until(id, 'CLOSED');
    await second.drain();
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS}`, 'CLOSED']);
  });
});
