import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/domain/caller';
import type { LiquidationOutcome } from '../../src/domain/liquidation';
import { CALLER } from '../support/engine';
import { pause, type SaleHarness, SELLS, SETTLED, startSales } from '../support/sales';
import { seen } from '../support/scripted-provider';
import { sale, type ScriptedSeller } from '../support/scripted-seller';

const LOST: LiquidationOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const WAITS = 'CLOSING: The positions are not sold so far. x';
const DOWN = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' } as const;

let harness: SaleHarness;
let bank: ScriptedSeller;
async function start(...more: Parameters<typeof startSales>): Promise<void> {
  harness = await startSales(...more);
  ({ bank } = harness);
}
beforeEach(() => start());
afterEach(() => harness.dispose());

describe('a sale that is wanted', () => {
  it('is asked for once, in the claim in which the close was accepted, and told in the history', async () => {
    const { closure } = await harness.close({ liquidatePositions: true });
    expect(closure).toMatchObject({ status: 'CLOSING', error: null, attempts: 1 });
    const id = closure?.id ?? '';
    expect(await harness.history(id)).toMatchObject([
      { from: null, to: 'REQUESTED' },
      { from: 'REQUESTED', to: 'CLOSING', cause: 'RESPONSE', detail: null },
      { from: 'CLOSING', to: 'CLOSING', cause: 'RESPONSE', detail: SELLS },
    ]);
    await harness.looks(3);
    expect(bank.requested).toMatchObject([{ account: { id: 'acc-1' }, correlationId: CALLER.correlationId, idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
  });

  it('is followed to its end beside the closing', async () => {
    bank.listed = [{ ok: true, sales: [sale('OPEN')] }, { ok: true, sales: [sale('SETTLED')] }];
    bank.states = [seen('CLOSING'), seen('CLOSING'), seen('CLOSING'), seen('CLOSED')];
    const id = await harness.sell();
    const closed = await harness.until(id, 'CLOSED');
    expect(closed).toMatchObject({ error: null, liquidation: { stage: 'SETTLED', providerStatus: 'settled' } });
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS}`, `CLOSING: ${SETTLED}`, 'CLOSED']);
    expect({ requested: bank.requested.length, lists: bank.lists }).toEqual({ requested: 1, lists: 2 });
  });

  it('tells what is over at once in one line', async () => {
    bank.sales = [{ kind: 'accepted', sale: sale('SETTLED') }];
    const id = await harness.sell();
    await harness.stage(id, 'SETTLED');
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS} ${SETTLED}`]);
  });

  it('raises no version while it goes on, whatever words the provider has for that', async () => {
    bank.listed = ['NEW', 'PROCESSING', 'FILLED'].map((providerStatus) => ({ ok: true, sales: [sale('OPEN', { providerStatus })] }));
    const id = await harness.sell();
    await harness.looks(1);
    const { version } = await harness.stored(id);
    await harness.when(id, ({ liquidation }) => liquidation?.providerStatus === 'FILLED');
    await harness.looks(3);
    expect((await harness.stored(id)).version).toBe(version);
  });

  it('is left as it is by a list that cannot be had for a while', async () => {
    const id = await harness.sell();
    const { version } = await harness.stage(id, 'ACCEPTED');
    bank.listed = [DOWN];
    await harness.looks(3);
    expect(await harness.stored(id)).toMatchObject({ version, error: null, liquidation: { stage: 'ACCEPTED', id: 'sale-1' } });
    expect(harness.alarms).toEqual([]);
  });

  it('is not asked for where one is under way already, whoever began it: that one is followed', async () => {
    const theirs = { id: 'theirs', requestedAt: Date.now() - 60_000 };
    bank.listedBefore = [{ ok: true, sales: [sale('SETTLED'), sale('OPEN', theirs), sale('CANCELLED')] }];
    const id = await harness.sell();
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ error: null, liquidation: { id: 'theirs' } });
    expect(await harness.lines(id)).toEqual(['CLOSING', 'CLOSING: The provider sells the positions: a sale was under way already.']);
    await harness.looks(2);
    expect(bank.requested).toEqual([]);
  });

  it('is not asked for again where an earlier closing had it begun', async () => {
    bank.sales = [{ kind: 'accepted', sale: sale('OPEN') }];
    bank.states = [seen('FAILED')];
    await harness.until(await harness.sell(), 'FAILED');
    bank.states = [seen('CLOSING')];
    expect(await harness.stage(await harness.sell(), 'ACCEPTED')).toMatchObject({ liquidation: { id: 'sale-1' } });
    expect(bank.requested).toHaveLength(1);
  });

  it.each([
    ['nobody wants it', { liquidatePositions: false }, {}],
    ['the close is refused', {}, { answers: [{ kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'x' }] }],
    ['the account is closed at once', {}, { answers: [{ kind: 'closed' }] }],
    ['the close is in doubt', {}, { answers: [{ kind: 'unknown', detail: 'x' }], states: [DOWN] }],
  ] as const)('is not asked for where %s', async (_what, input, script) => {
    Object.assign(bank, script);
    await harness.sell(input);
    for (let look = 0; look < 5; look += 1) await pause();
    expect({ requested: bank.requested.length, lists: bank.lists }).toEqual({ requested: 0, lists: 0 });
  });

  it('is asked for once a read shows that the close was applied', async () => {
    bank.answers = [{ kind: 'unknown', detail: 'The connection broke.' }];
    const id = await harness.sell();
    await harness.stage(id, 'ACCEPTED');
    expect(await harness.lines(id)).toEqual(['UNCONFIRMED: The connection broke.', 'CLOSING', `CLOSING: ${SELLS}`]);
  });
});

describe('a refused sale', () => {
  const REFUSED: LiquidationOutcome = {
    kind: 'rejected',
    code: 'PROVIDER_PERMISSION_DENIED',
    message: 'The account may not be sold from.',
    requestId: 'request-1',
    providerErrors: [{ type: 'forbidden', httpStatus: 403 }],
  };
  beforeEach(() => {
    bank.sales = [REFUSED];
  });

  it('shows in the error and the history, is not tried again, and does not fail the closure', async () => {
    const { closure, error } = await harness.close({ liquidatePositions: true });
    const id = closure?.id ?? '';
    expect(error).toBeNull();
    expect(closure).toMatchObject({
      status: 'CLOSING',
      error: { code: 'PROVIDER_PERMISSION_DENIED', providerRequestId: 'request-1', providerErrors: [{ type: 'forbidden', httpStatus: 403 }] },
    });
    await harness.looks(3);
    expect(await harness.lines(id)).toEqual(['CLOSING', 'CLOSING: The positions are not sold. The account may not be sold from.']);
    expect({ requested: bank.requested.length, lists: bank.lists }).toEqual({ requested: 1, lists: 0 });
    expect(harness.alarms.map(({ what }) => what)).toEqual(['the provider refused the gateway: PROVIDER_PERMISSION_DENIED']);
    bank.states = [seen('CLOSED')];
    expect(await harness.until(id, 'CLOSED')).toMatchObject({ error: null });
  });

  it('shows neither detail nor provider text of a sensitive closure to whoever may not operate', async () => {
    const id = await harness.sell({ reason: 'FRAUD' });
    const caller: Caller = { ...CALLER, scopes: new Set(['closures:read', 'closures:write']) };
    const [seenByCaller] = await harness.engine.service.closures(caller, [id]);
    if (!seenByCaller) throw new Error('It is not seen.');
    expect(seenByCaller).toMatchObject({ reason: 'OTHER', error: { code: 'PROVIDER_PERMISSION_DENIED', providerErrors: [] } });
    const [events] = await harness.engine.service.events(caller, [seenByCaller]);
    expect(events?.map(({ detail }) => detail)).toEqual([null, null, null]);
  });
});

describe('a sale that the provider cancels', () => {
  beforeEach(() => {
    bank.listed = [{ ok: true, sales: [sale('CANCELLED')] }];
  });

  it('shows in the error and the history, and the closing goes on', async () => {
    const id = await harness.sell();
    expect(await harness.stage(id, 'CANCELLED')).toMatchObject({
      status: 'CLOSING',
      error: { code: 'ACCOUNT_STATE_CONFLICT', message: 'The provider cancelled the sale of the positions.' },
    });
    await harness.looks(2);
    expect(await harness.lines(id)).toEqual(['CLOSING', `CLOSING: ${SELLS}`, 'CLOSING: The provider cancelled the sale of the positions.']);
    expect({ requested: bank.requested.length, lists: bank.lists }).toEqual({ requested: 1, lists: 1 });
  });
});

describe('a request to sell that was not applied', () => {
  it('is tried again under the same key', async () => {
    bank.sales = [{ kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x' }, { kind: 'accepted', sale: sale('OPEN') }];
    bank.listed = [{ ok: true, sales: [] }];
    const { closure } = await harness.close({ liquidatePositions: true });
    expect(closure).toMatchObject({ status: 'CLOSING', error: { code: 'PROVIDER_RATE_LIMITED' } });
    expect(await harness.stage(closure?.id ?? '', 'ACCEPTED')).toMatchObject({ error: null });
    const [first, second] = bank.requested;
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    expect({ requested: bank.requested.length, lines: await harness.lines(closure?.id ?? '') }).toEqual({ requested: 2, lines: ['CLOSING', WAITS, `CLOSING: ${SELLS}`] });
  });

  it('waits as long as the provider asked, while the account is read as ever', async () => {
    bank.sales = [{ kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x', retryAfterMs: 60_000 }];
    const id = await harness.sell();
    await harness.looks(4);
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSING', liquidation: { stage: 'WAITING' } });
    expect({ requested: bank.requested.length, lists: bank.lists }).toEqual({ requested: 1, lists: 0 });
  });

  it('comes back when the provider asked for it, though the next read is far', async () => {
    await harness.dispose();
    await start({ pollMinMs: 60_000, pollMaxMs: 60_000 });
    bank.sales = [{ kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x', retryAfterMs: 50 }, { kind: 'accepted', sale: sale('OPEN') }];
    const id = await harness.sell();
    const { liquidation, dueAt } = await harness.stored(id);
    expect(dueAt).toBe(liquidation?.notBefore);
    await harness.stage(id, 'ACCEPTED');
  });

  it('because it never left has no mark, and raises no version by being tried', async () => {
    // Each answer has an id of its own.
    bank.saleTrouble = () => ({ kind: 'notApplied', code: 'PROVIDER_AUTHENTICATION_FAILED', message: 'No token.', requestId: randomUUID() });
    const id = await harness.sell();
    const { version, error, liquidation } = await harness.stored(id);
    expect({ code: error?.code, stage: liquidation?.stage }).toEqual({ code: 'PROVIDER_AUTHENTICATION_FAILED', stage: 'WAITING' });
    await harness.looks(3);
    expect((await harness.stored(id)).version).toBe(version);
    bank.saleTrouble = null;
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ error: null });
    expect(bank.requested).toHaveLength(1);
  });

  it('is told once, also where the closing ends before it is', async () => {
    let count = 0;
    bank.saleTrouble = () => ({ kind: 'notApplied', code: (count += 1) % 2 ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_RATE_LIMITED', message: 'x' });
    const id = await harness.sell();
    await harness.looks(3);
    bank.states = [seen('CLOSED')];
    expect(await harness.until(id, 'CLOSED')).toMatchObject({ error: null, dueAt: null });
    expect(await harness.lines(id)).toEqual(['CLOSING', WAITS, 'CLOSED']);
  });

  it('does not clear an earlier one that is in doubt', async () => {
    bank.sales = [LOST, { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x' }, { kind: 'accepted', sale: sale('OPEN', { id: 'sale-2' }) }];
    bank.listed = [{ ok: true, sales: [] }];
    const id = await harness.sell();
    while (bank.requested.length < 2) await pause();
    // The first one was only slow.
    bank.listed = [{ ok: true, sales: [sale('OPEN', { requestedAt: bank.requested[0]?.at ?? 0 })] }];
    expect(await harness.stage(id, 'ACCEPTED')).toMatchObject({ liquidation: { id: 'sale-1' } });
    expect(bank.requested).toHaveLength(2);
  });
});
